import type { JSONSchemaProps } from "@kubets/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { aCronTab, aDefinition, cronTabs, define, definitions } from "./testing/cron-tabs.ts";

// What these ask for would take hours, or the whole stack, if it were done as it is written.
const bounded = 20_000;

/** What a server says to a definition whose schema has this at `spec`. */
async function answerTo(spec: JSONSchemaProps): Promise<string> {
  await using world = await startTestServer();
  const { status, json } = await world.send("POST", definitions, { body: aDefinition({ type: "object", properties: { spec } }) });
  return `${status} ${json.message ?? ""}`;
}

describe("definitions are refused in bounded time", () => {
  test.each([
    ["repetitions of repetitions", "(a{1000}){1000}", "invalid repeat count"],
    ["what takes more than linear time", "(?=a)b", "invalid or unsupported Perl syntax"],
  ])("for patterns with %s", async (_name, pattern, problem) => {
    expect(await answerTo({ type: "string", pattern })).toMatch(new RegExp(`^422 .*${problem}`, "v"));
  });

  test("for rules that may cost too much", async () => {
    const rule = "self.all(x, self.all(y, x.all(z, y.all(w, z == w))))";
    const lists: JSONSchemaProps = { type: "array", items: { type: "array", items: { type: "string" } } };
    expect(await answerTo({ ...lists, "x-kubernetes-validations": [{ rule }] })).toMatch(/^422 .*estimated rule cost exceeds budget/v);
  });

  test.each([
    ["parentheses", "(".repeat(5000) + "true" + ")".repeat(5000)],
    ["alternatives", Array.from({ length: 20_000 }, () => "self == 'a'").join(" || ")],
  ])("for rules of too many %s", { timeout: bounded }, async (_name, rule) => {
    expect(await answerTo({ type: "string", maxLength: 5, "x-kubernetes-validations": [{ rule }] })).toMatch(/^422 /v);
  });

  test("for schemas that are too deep", { timeout: bounded }, async () => {
    let schema: JSONSchemaProps = { type: "string" };
    for (let level = 0; level < 900; level++) schema = { type: "object", properties: { a: schema } };
    expect(await answerTo(schema)).toMatch(/^400 .*exceeded max depth/v);
  });
});

describe("objects are judged in bounded time", () => {
  let world: TestServer;
  const choices = Array.from({ length: 20_000 }, (_, index) => `choice-${index}`);
  const texts: JSONSchemaProps = { type: "array", items: { type: "string" } };

  beforeAll(async () => {
    world = await startTestServer();
    const properties: Readonly<Record<string, JSONSchemaProps>> = {
      text: { type: "string", pattern: "^(a+)+$" },
      names: { ...texts, "x-kubernetes-list-type": "set" },
      choice: { type: "string", enum: choices },
      sum: {
        ...texts,
        maxItems: 300,
        items: { type: "string", maxLength: 8 },
        "x-kubernetes-validations": [{ rule: "self.all(x, self.exists_one(y, x == y))", message: "each once" }],
      },
    };
    await define(world, aDefinition({ type: "object", properties, "x-kubernetes-preserve-unknown-fields": true }));
  }, bounded);

  afterAll(() => world[Symbol.asyncDispose]());

  async function answerTo(rest: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, json } = await world.send("POST", cronTabs, { body: aCronTab("a", rest) });
    return `${status} ${json.message ?? ""}`;
  }

  test("with patterns that backtrack elsewhere", { timeout: bounded }, async () => {
    expect(await answerTo({ text: `${"a".repeat(200_000)}b` })).toMatch(/^422 .*should match/v);
  });

  test("with large sets", { timeout: bounded }, async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `n${index % 99_999}`);
    expect(await answerTo({ names })).toMatch(/^422 .*names\[99999\]: Duplicate value: "n0"/v);
  });

  test("with many choices", async () => {
    expect(await answerTo({ choice: "none" })).toMatch(/^422 .*Unsupported value: "none": supported values: "choice-0"/v);
  });

  test("with rules that ask about every pair", { timeout: bounded }, async () => {
    const sum = Array.from({ length: 300 }, (_, index) => `n${index % 299}`);
    expect(await answerTo({ sum })).toMatch(/^422 .*sum: Invalid value: .*each once/v);
  });

  test("with values too deep to be walked", async () => {
    const value = '{"a":'.repeat(3000) + "1" + "}".repeat(3000);
    const { status } = await world.send("POST", cronTabs, { body: `{"value":${value},${JSON.stringify(aCronTab("a")).slice(1)}` });
    expect(status).toBe(400);
  });
});

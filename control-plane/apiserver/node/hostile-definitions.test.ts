import type { JSONSchemaProps } from "@kubets/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aCronTab, aDefinition, cronTabs, define, definitions } from "../custom-resources/testing/cron-tabs.ts";
import { type BusyServer, startBusyServer } from "../testing/while-others-read.ts";

// Definitions, and objects of them, that were made to keep the processor busy: ten of each at once, over the network, while somebody else reads
// all the time. Next door (`custom-resources/hostile.test.ts`) each is shown by itself.

let busy: BusyServer;
beforeAll(async () => {
  busy = await startBusyServer();
  const texts: JSONSchemaProps = { type: "array", items: { type: "string", maxLength: 8 }, maxItems: 300 };
  const rule = "self.all(x, self.exists_one(y, x == y))";
  const properties: Readonly<Record<string, JSONSchemaProps>> = {
    text: { type: "string", pattern: "^(a+)+$" },
    names: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
    sum: { ...texts, "x-kubernetes-validations": [{ rule, message: "each once" }] },
  };
  await define(busy.world, aDefinition({ type: "object", properties }));
}, 60_000);
afterAll(() => busy[Symbol.asyncDispose]());

const atOnce = 10;
// Milliseconds of this thread that nobody else has.
const longestTurn = 500;

const json = "application/json";
const definitionOf = (spec: JSONSchemaProps): string =>
  JSON.stringify(aDefinition({ type: "object", properties: { spec } }, { group: "hostile.example.com" }));
const withRule = (schema: JSONSchemaProps, rule: string): JSONSchemaProps => ({ ...schema, "x-kubernetes-validations": [{ rule }] });
const text: JSONSchemaProps = { type: "string", maxLength: 5 };
const lists: JSONSchemaProps = { type: "array", items: { type: "array", items: { type: "string" } } };
const many = (count: number, schema: JSONSchemaProps): JSONSchemaProps => ({
  type: "object",
  properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, schema])),
});
let deep: JSONSchemaProps = { type: "string" };
for (let level = 0; level < 900; level++) deep = { type: "object", properties: { a: deep } };

test.each<readonly [what: string, schema: JSONSchemaProps, code: number, says: string]>([
  ["repetitions of repetitions", { type: "string", pattern: "(a{1000}){1000}" }, 422, "invalid repeat count"],
  ["a pattern that takes more than linear time", { type: "string", pattern: "(?=a)b" }, 422, "invalid or unsupported Perl syntax"],
  ["a thousand long patterns that are none", many(1000, { type: "string", pattern: `${"a{1000}".repeat(20)}(` }), 422, "missing closing"],
  [
    "a rule that may cost too much",
    withRule(lists, "self.all(x, self.all(y, x.all(z, y.all(w, z == w))))"),
    422,
    "estimated rule cost exceeds budget",
  ],
  [
    "a thousand rules that may cost too much",
    many(1000, withRule(lists, "self.all(x, self.all(y, x.all(z, y.all(w, z == w))))")),
    422,
    "cost exceeds budget",
  ],
  ["a rule of five thousand parentheses", withRule(text, `${"(".repeat(5000)}true${")".repeat(5000)}`), 422, "Invalid"],
  [
    "a rule of twenty thousand alternatives",
    withRule(text, Array.from({ length: 20_000 }, () => "self == 'a'").join(" || ")),
    422,
    "Invalid",
  ],
  ["a schema too deep to be walked", deep, 400, "exceeded max depth"],
])("ten definitions of %s are refused while others are served", { timeout: 120_000 }, async (_what, schema, code, says) => {
  const body = definitionOf(schema);
  const { answer, reads, longest } = await busy.whileOthersRead(() =>
    Promise.all(Array.from({ length: atOnce }, () => busy.send("POST", definitions, { type: json, body }))),
  );
  expect(new Set(answer.map(({ status }) => status)), answer[0]!.text.slice(0, 500)).toEqual(new Set([code]));
  expect(answer[0]!.text).toContain(says);
  expect(reads).toBeGreaterThan(0);
  expect(longest).toBeLessThan(longestTurn);
});

test.each<readonly [what: string, rest: Readonly<Record<string, unknown>>, says: string]>([
  ["a text on which other engines would never end", { text: `${"a".repeat(100_000)}b` }, "should match"],
  [
    "a set of fifty thousand with one thing twice",
    { names: Array.from({ length: 50_000 }, (_, index) => `n${index % 49_999}`) },
    "Duplicate value",
  ],
  ["a list whose every pair is compared", { sum: Array.from({ length: 300 }, (_, index) => `n${index % 299}`) }, "each once"],
])("ten objects with %s are refused while others are served", { timeout: 120_000 }, async (_what, rest, says) => {
  const body = JSON.stringify(aCronTab("a", rest));
  const { answer, reads, longest } = await busy.whileOthersRead(() =>
    Promise.all(Array.from({ length: atOnce }, () => busy.send("POST", cronTabs, { type: json, body }))),
  );
  expect(new Set(answer.map(({ status }) => status)), answer[0]!.text.slice(0, 500)).toEqual(new Set([422]));
  expect(answer[0]!.text).toContain(says);
  expect(reads).toBeGreaterThan(0);
  expect(longest).toBeLessThan(longestTurn);
});

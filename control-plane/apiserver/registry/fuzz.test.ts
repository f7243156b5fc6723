import { kinds } from "@kubets/api";
import {
  apiVersionOf,
  applyDefaults,
  decodeObject,
  type FieldError,
  groupResourceOf,
  type Kind,
  messageOf,
  type Random,
  seededRandom,
  validateObjectMeta,
  validateSchema,
} from "@kubets/machinery";
import { afterAll, beforeAll, expect, test } from "vitest";
import { below, mutated } from "../testing/mutations.ts";
import { type Answer, startTestServer, type TestServer } from "../testing/test-server.ts";
import { validObjects } from "../testing/valid-objects.ts";

/** A failure replays with the seed that it names. */
const seed = 20_260_101;
const rounds = 8;

const fuzzed = kinds.filter(({ verbs }) => verbs.includes("create") && verbs.includes("update"));
const nameOf = (kind: Kind): string => `${groupResourceOf(kind)}/${kind.version}`;
const validOf = (kind: Kind): Readonly<Record<string, unknown>> => validObjects[nameOf(kind)] ?? {};

let world: TestServer;
beforeAll(async () => {
  world = await startTestServer();
});
afterAll(() => world[Symbol.asyncDispose]());

test("there is a valid object of every kind to begin with", () => {
  expect(fuzzed.map(nameOf).filter((name) => validObjects[name] === undefined)).toEqual([]);
});

test.each(fuzzed.map((kind) => [nameOf(kind), kind] as const))(
  "whatever is done to %s is answered, and what is kept of it is valid",
  async (name, kind) => {
    const path = pathOf(kind);
    const valid = complete(kind, validOf(kind));
    const first = await world.send("POST", path, { body: valid });
    expect([first.status, first.status === 201 ? "" : first.text]).toEqual([201, ""]);
    expect(problemsOf(kind, first.json)).toEqual([]);
    const object = `${path}/${first.json.metadata.name}`;
    for (let round = 0; round < rounds; round++) {
      const random = seededRandom(seed + round * 1_000 + kinds.indexOf(kind));
      for (const request of await requests(kind, { path, object, valid, random })) {
        const answer = await world.send(request.method, request.target, request);
        const told = `${name}, seed ${seed}, round ${round}: ${request.method} ${request.headers?.["content-type"] ?? ""}`;
        expect(
          `${answer.status < 500 ? "" : answer.text}${problemsOfAnswer(kind, answer).join("; ")}`,
          `${told} ${show(request.body)}`,
        ).toBe("");
      }
    }
  },
);

interface FuzzedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Bases {
  readonly path: string;
  readonly object: string;
  readonly valid: object;
  readonly random: Random;
}

/** One request of each sort. The object may have become anything in the round before, or be gone. */
async function requests(kind: Kind, { path, object, valid, random }: Bases): Promise<readonly FuzzedRequest[]> {
  const { node } = kind.schema;
  const present = await world.send("GET", object);
  if (present.status === 404) await world.send("POST", path, { body: valid });
  const current = present.status === 200 ? present.json : valid;
  const patch = (type: string, body: unknown, query = ""): FuzzedRequest => ({
    method: "PATCH",
    target: `${object}${query}`,
    headers: { "content-type": `application/${type}` },
    body,
  });
  return [
    { method: "POST", target: path, body: mutated({ ...valid, metadata: { generateName: "fuzz-" } }, node, random) },
    { method: "PUT", target: object, body: mutated(current, node, random) },
    patch("merge-patch+json", mutated(valid, node, random)),
    patch("strategic-merge-patch+json", mutated(valid, node, random)),
    patch("json-patch+json", jsonPatch(current, random)),
    patch("apply-patch+yaml", mutated(valid, node, random), "?fieldManager=fuzzer&force=true"),
    ...(kind.subresources.status === true ? [{ method: "PUT", target: `${object}/status`, body: mutated(current, node, random) }] : []),
  ];
}

function jsonPatch(object: object, random: Random): unknown {
  const paths = pointersOf(object, "");
  return Array.from({ length: 1 + below(random, 3) }, () => ({
    op: ["add", "remove", "replace", "copy", "move", "test", "jump"][below(random, 7)],
    path: paths[below(random, paths.length)],
    from: paths[below(random, paths.length)],
    value: [null, 1, "x", [], {}, -1, true, { a: 1 }][below(random, 8)],
  }));
}

function pointersOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Object.entries(value).flatMap(([key, inner]) =>
    pointersOf(inner, `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
  return [path, `${path}/-`, ...steps];
}

function pathOf(kind: Kind): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return `${root}/${kind.scope === "Namespaced" ? "namespaces/default/" : ""}${kind.resource}`;
}

function complete(kind: Kind, body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const version = kind.storedAs === undefined ? "fuzz" : `fuzz-${kind.version}`;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...body,
    metadata: { name: version, ...(body["metadata"] as object | undefined) },
  };
}

function problemsOfAnswer(kind: Kind, { status, json }: Answer): readonly string[] {
  return status < 300 && json.kind === kind.kind ? problemsOf(kind, json) : [];
}

/** What is wrong with an object that the server says it keeps. */
function problemsOf(kind: Kind, kept: unknown): readonly string[] {
  const { object, unknownFields } = decodeObject(kind.schema, kept);
  const defaulted = applyDefaults(kind.schema, object);
  const read = kind.strategy.defaults?.(defaulted) ?? defaulted;
  const errors: readonly FieldError[] = [
    ...validateSchema(kind.schema, read),
    ...validateObjectMeta(kind, read.metadata),
    ...(kind.strategy.validate?.(read) ?? []),
  ];
  return [...unknownFields, ...errors.map((error) => `${error.field}: ${messageOf(error)}`)];
}

function show(body: unknown): string {
  const text = JSON.stringify(body) ?? "";
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
}

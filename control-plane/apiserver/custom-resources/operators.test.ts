import { applyMergePatch, type Dialer } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { definitions } from "./testing/cron-tabs.ts";
import { meshes, type Operator, operators } from "./testing/operators/index.ts";

type Json = Readonly<Record<string, unknown>>;

/** Converts by the function of an operator, as its webhook would. */
function converter({ convert = (object) => object }: Operator): Dialer {
  return {
    async request(_target, { body }) {
      const { request } = JSON.parse(new TextDecoder().decode(body)) as { readonly request: ConversionRequest };
      const convertedObjects = request.objects.map((object) => convert(object, request.desiredAPIVersion));
      const response = { uid: request.uid, result: { status: "Success" }, convertedObjects };
      const answer = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response };
      const bytes = new TextEncoder().encode(JSON.stringify(answer));
      return { status: 200, headers: {}, body: [bytes].values() as unknown as AsyncIterable<Uint8Array> };
    },
    async upgrade() {
      throw new Error("a webhook is asked by plain requests");
    },
  };
}

interface ConversionRequest {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly Json[];
}

async function installed(operator: Operator): Promise<TestServer> {
  const world = await startTestServer({ dialer: converter(operator) });
  const { status, json } = await world.send("POST", definitions, { body: operator.definition });
  if (status !== 201) throw new Error(`The definition was refused: ${json.message}`);
  await world.tasks.settle();
  return world;
}

function pathOf({ definition: { spec } }: Operator, version: string): string {
  const where = spec.scope === "Namespaced" ? "/namespaces/default" : "";
  return `/apis/${spec.group}/${version}${where}/${spec.names.plural}`;
}

function objectOf(operator: Operator, name: string, change: unknown): object {
  const { group, names } = operator.definition.spec;
  const apiVersion = `${group}/${operator.version}`;
  return { apiVersion, kind: names.kind, metadata: { name }, spec: applyMergePatch(operator.spec, change) };
}

async function problemsOf(
  world: TestServer,
  operator: Operator,
  change: unknown,
): Promise<readonly [status: number, ...problems: string[]]> {
  const { status, json } = await world.send("POST", pathOf(operator, operator.version), { body: objectOf(operator, "a", change) });
  return [status, ...(json.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)];
}

describe.each(operators.map((operator) => [operator.definition.spec.names.kind, operator] as const))("%s", (_kind, operator) => {
  test("takes what is valid, and says of what isn't which field is wrong", async () => {
    await using world = await installed(operator);
    const { valid, invalid } = operator;
    expect([Object.keys(valid).length, Object.keys(invalid).length]).toEqual([10, 10]);
    for (const [index, [about, change]] of Object.entries(valid).entries()) {
      const { status, json } = await world.send("POST", pathOf(operator, operator.version), {
        body: objectOf(operator, `valid-${index}`, change),
      });
      expect([about, status, json.details?.causes]).toEqual([about, 201, undefined]);
    }
    for (const [about, [change, field, message]] of Object.entries(invalid)) {
      const [status, ...problems] = await problemsOf(world, operator, change);
      expect([about, status, ...problems]).toEqual([about, 422, ...problems]);
      expect(problems, about).toContainEqual(expect.stringMatching(startingWith(`${field}: ${message}`)));
    }
    const { items } = (await world.send("GET", pathOf(operator, operator.version))).json;
    expect(items).toHaveLength(10);
  });

  test("refuses a change that a transition rule speaks against", async () => {
    await using world = await installed(operator);
    const path = pathOf(operator, operator.version);
    const [change, field, message] = operator.refusedUpdate;
    await world.send("POST", path, { body: objectOf(operator, "a", {}) });
    const { json } = await world.send("PATCH", `${path}/a`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { spec: change },
    });
    expect(json.details.causes).toMatchObject([{ field, message: expect.stringMatching(startingWith(message)) }]);
  });

  test("is served in every version, and described in each", async () => {
    await using world = await installed(operator);
    await world.send("POST", pathOf(operator, operator.version), { body: objectOf(operator, "a", {}) });
    const { group, names, versions } = operator.definition.spec;
    for (const { name } of versions) {
      const { json } = await world.send("GET", `${pathOf(operator, name)}/a`);
      expect([json.apiVersion, json.kind]).toEqual([`${group}/${name}`, names.kind]);
    }
  });
});

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
}

test("the definition of a mesh is larger than a megabyte and names ten thousand properties, in three versions", () => {
  const text = JSON.stringify(meshes.definition);
  expect(text.length).toBeGreaterThan(1_000_000);
  expect(countProperties(meshes.definition)).toBeGreaterThan(10_000);
  expect(meshes.definition.spec.versions).toHaveLength(3);
});

function countProperties(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (name === "properties" ? Object.keys(inner as Json).length : 0) + countProperties(inner),
    0,
  );
}

test("others have their turn while a large definition is checked", async () => {
  await using world = await startTestServer({ dialer: converter(meshes) });
  const answers: number[] = [];
  const creating = world.send("POST", definitions, { body: meshes.definition }).then(({ status }) => answers.push(status));
  let meanwhile = 0;
  while (answers.length === 0) {
    await world.send("GET", "/api/v1/namespaces/default");
    await world.tasks.turn();
    meanwhile++;
  }
  await creating;
  expect(answers).toEqual([201]);
  expect(meanwhile).toBeGreaterThan(50);
});

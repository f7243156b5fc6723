import type { JSONSchemaProps, ValidationRule } from "@kubets/api";
import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { aCronTab, aDefinition, cronTabs, define, definitions } from "./testing/cron-tabs.ts";

/** A schema of CronTabs whose spec has these properties and rules. */
function specWith(properties: Readonly<Record<string, JSONSchemaProps>>, ...rules: readonly ValidationRule[]): JSONSchemaProps {
  return {
    type: "object",
    properties: { spec: { type: "object", properties, ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }) } },
  };
}

const integer: JSONSchemaProps = { type: "integer" };

/** What is wrong with writing a spec, as `field: message`. */
async function problemsOf(world: TestServer, spec: unknown, { name = "a" } = {}): Promise<readonly string[]> {
  const { json } = await world.send("POST", cronTabs, { body: aCronTab(name, { spec }) });
  return (json.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

async function problemsOfPatch(world: TestServer, patch: unknown): Promise<readonly string[]> {
  const headers = { "content-type": "application/merge-patch+json" };
  const { json } = await world.send("PATCH", `${cronTabs}/a`, { headers, body: { spec: patch } });
  return (json.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

test("a rule that an object breaks is said with its message, at the field that it names", async () => {
  await using world = await startTestServer();
  const schema = specWith(
    { min: integer, max: integer },
    { rule: "self.min <= self.max", message: "min must not be above max" },
    { rule: "self.max < 100" },
    { rule: "self.max != 13", reason: "FieldValueForbidden", fieldPath: ".max", messageExpression: "self.max > 5 ? 'never' : 'no'" },
  );
  await define(world, aDefinition(schema));
  expect(await problemsOf(world, { min: 200, max: 150 })).toEqual([
    "spec: Invalid value: min must not be above max",
    "spec: Invalid value: failed rule: self.max < 100",
  ]);
  expect(await problemsOf(world, { min: 1, max: 13 })).toEqual(["spec.max: Forbidden: never"]);
  expect(await problemsOf(world, { min: 1, max: 2 })).toEqual([]);
});

test("a transition rule compares with what was, and isn't asked of what is new", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(specWith({ size: integer }, { rule: "self.size >= oldSelf.size", message: "may not shrink" })));
  expect(await problemsOf(world, { size: 5 })).toEqual([]);
  expect(await problemsOfPatch(world, { size: 4 })).toEqual(["spec: Invalid value: may not shrink"]);
  expect(await problemsOfPatch(world, { size: 6 })).toEqual([]);
});

test("with optionalOldSelf a rule is asked of what is new as well", async () => {
  await using world = await startTestServer();
  const rule = "oldSelf.hasValue() || self.size == 1";
  await define(world, aDefinition(specWith({ size: integer }, { rule, optionalOldSelf: true, message: "begins with one" })));
  expect(await problemsOf(world, { size: 5 })).toEqual(["spec: Invalid value: begins with one"]);
  expect(await problemsOf(world, { size: 1 })).toEqual([]);
  expect(await problemsOfPatch(world, { size: 5 })).toEqual([]);
});

test("items of an associative list are compared with those of their keys", async () => {
  await using world = await startTestServer();
  const items: JSONSchemaProps = {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, port: integer },
    "x-kubernetes-validations": [{ rule: "self.port == oldSelf.port", message: "a port stays" }],
  };
  const ports: JSONSchemaProps = { type: "array", items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };
  await define(world, aDefinition(specWith({ ports })));
  await problemsOf(world, {
    ports: [
      { name: "a", port: 1 },
      { name: "b", port: 2 },
    ],
  });
  expect(
    await problemsOfPatch(world, {
      ports: [
        { name: "c", port: 3 },
        { name: "b", port: 2 },
      ],
    }),
  ).toEqual([]);
  expect(await problemsOfPatch(world, { ports: [{ name: "b", port: 4 }] })).toEqual(["spec.ports[0]: Invalid value: a port stays"]);
});

test("what was invalid already may stay while it doesn't change", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(specWith({ size: integer, color: { type: "string" } })));
  await problemsOf(world, { size: 5, color: "green" });
  const stricter = aDefinition(
    specWith({ size: { ...integer, maximum: 3 }, color: { type: "string", "x-kubernetes-validations": [{ rule: "self == 'red'" }] } }),
  );
  const headers = { "content-type": "application/merge-patch+json" };
  await world.send("PATCH", `${definitions}/crontabs.stable.example.com`, { headers, body: { spec: stricter.spec } });
  await world.tasks.settle();
  expect(await problemsOfPatch(world, { size: 6 })).toEqual([
    "spec.size: Invalid value: 6: spec.size in body should be less than or equal to 3",
  ]);
  expect(await problemsOfPatch(world, { size: 2 })).toEqual([]);
  expect(await problemsOfPatch(world, { color: "blue" })).toEqual(["spec.color: Invalid value: \"blue\": failed rule: self == 'red'"]);
});

test("rules are not asked of what is of the wrong type, and that is said", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(specWith({ size: integer }, { rule: "self.size > 0" })));
  expect(await problemsOf(world, { size: "x" })).toEqual([
    'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  ]);
});

/** What is wrong with a definition of such a schema. */
async function problemsOfDefinition(schema: JSONSchemaProps): Promise<readonly string[]> {
  await using world = await startTestServer();
  const { json } = await world.send("POST", definitions, { body: aDefinition(schema) });
  return (json.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

const specPath = "spec.versions[0].schema.openAPIV3Schema.properties[spec]";

test("a rule that can't be compiled refuses the definition", async () => {
  const [problem = ""] = await problemsOfDefinition(specWith({ size: integer }, { rule: "self.sise > 0" }));
  expect(problem).toContain(`${specPath}.x-kubernetes-validations[0].rule: Invalid value`);
  expect(problem).toContain("compilation failed: ERROR: <input>:1:5: undefined field 'sise'");
  const [type = ""] = await problemsOfDefinition(specWith({ size: integer }, { rule: "self.size" }));
  expect(type).toContain("cel expression must evaluate to a bool");
});

test("a rule that could cost too much refuses the definition, and says by how much", async () => {
  const names: JSONSchemaProps = { type: "array", items: { type: "string" } };
  const rule = "self.names.all(a, self.names.all(b, a == b))";
  expect(await problemsOfDefinition(specWith({ names }, { rule }))).toEqual(
    [
      `${specPath}.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
      "spec.versions[0].schema.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)",
    ].flatMap((each, index) =>
      index === 0
        ? [
            each,
            `${specPath}.x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
          ]
        : [each],
    ),
  );
});

test("oldSelf can't be used where items can't be followed", async () => {
  const list: JSONSchemaProps = {
    type: "array",
    maxItems: 3,
    items: { ...integer, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] },
  };
  expect(await problemsOfDefinition(specWith({ list }))).toEqual([
    `${specPath}.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${specPath}.properties[list]`,
  ]);
});

test("a default must keep the rules of its schema", async () => {
  const size: JSONSchemaProps = { ...integer, default: 5, "x-kubernetes-validations": [{ rule: "self < 3" }] };
  expect(await problemsOfDefinition(specWith({ size }))).toEqual([
    `${specPath}.properties[size].default: Invalid value: 5: failed rule: self < 3`,
  ]);
});

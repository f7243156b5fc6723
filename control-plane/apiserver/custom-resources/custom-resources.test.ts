import { expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";
import { aCronTab, aDefinition, cronTabs, define, definitions } from "./testing/cron-tabs.ts";

const spec = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["cronSpec"],
      properties: {
        cronSpec: { type: "string", pattern: String.raw`^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$` },
        image: { type: "string", default: "cron:1" },
        replicas: { type: "integer", minimum: 1, maximum: 10 },
      },
    },
    status: { type: "object", properties: { ready: { type: "integer" } } },
  },
} as const;
const everyMinute = { cronSpec: "* * * * *" };

test("a definition gets its names, is established, and its objects can be created, read, listed, patched and deleted", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(spec));
  const { json: definition } = await world.send("GET", `${definitions}/crontabs.stable.example.com`);
  expect(definition.status).toMatchObject({
    acceptedNames: { plural: "crontabs", singular: "crontab", shortNames: ["ct"], kind: "CronTab", listKind: "CronTabList" },
    conditions: [
      { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
      { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" },
    ],
    storedVersions: ["v1"],
  });
  const created = await world.send("POST", cronTabs, { body: aCronTab("a", { spec: everyMinute }) });
  expect([created.status, created.json]).toMatchObject([
    201,
    { metadata: { name: "a", generation: 1 }, spec: { ...everyMinute, image: "cron:1" } },
  ]);
  const headers = { "content-type": "application/merge-patch+json" };
  const patched = await world.send("PATCH", `${cronTabs}/a`, { headers, body: { spec: { replicas: 2 } } });
  expect(patched.json).toMatchObject({ metadata: { generation: 2 }, spec: { ...everyMinute, image: "cron:1", replicas: 2 } });
  const { json: list } = await world.send("GET", cronTabs);
  expect(list).toMatchObject({
    kind: "CronTabList",
    items: [{ kind: "CronTab", apiVersion: "stable.example.com/v1", metadata: { name: "a" } }],
  });
  expect((await world.send("DELETE", `${cronTabs}/a`)).json).toMatchObject({
    status: "Success",
    details: { name: "a", group: "stable.example.com", kind: "crontabs" },
  });
  expect((await world.send("GET", `${cronTabs}/a`)).json).toMatchObject({
    reason: "NotFound",
    message: 'crontabs.stable.example.com "a" not found',
  });
});

test("a watch of custom objects tells of each change", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(spec));
  const watch = await world.watch(`${cronTabs}?watch=true`);
  await world.send("POST", cronTabs, { body: aCronTab("a", { spec: everyMinute }) });
  await world.send("PATCH", `${cronTabs}/a`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { spec: { replicas: 2 } },
  });
  await world.send("DELETE", `${cronTabs}/a`);
  expect((await watch.events()).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    "ADDED a",
    "MODIFIED a",
    "DELETED a",
  ]);
});

test("an object that doesn't keep the schema is refused in upstream's words", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(spec));
  const { status, json } = await world.send("POST", cronTabs, { body: aCronTab("a", { spec: { cronSpec: "x", replicas: 15, image: 4 } }) });
  expect([status, json.reason]).toEqual([422, "Invalid"]);
  expect(json.details.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual([
    String.raw`spec.cronSpec: Invalid value: "x": spec.cronSpec in body should match '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$'`,
    "spec.replicas: Invalid value: 15: spec.replicas in body should be less than or equal to 10",
    'spec.image: Invalid value: "integer": spec.image in body must be of type string: "integer"',
  ]);
});

test("unknown fields are dropped, refused or warned of, as the request asks", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(spec));
  const body = aCronTab("a", { spec: { ...everyMinute, color: "red" }, extra: 1 });
  const strict = await world.send("POST", `${cronTabs}?fieldValidation=Strict`, { body });
  expect([strict.status, strict.json.message]).toEqual([
    400,
    'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "extra", unknown field "spec.color"',
  ]);
  const warned = await world.send("POST", `${cronTabs}?fieldValidation=Warn`, { body });
  expect(warned.headers["warning"]).toContain('unknown field \\"spec.color\\"');
  expect(warned.json).not.toHaveProperty("spec.color");
});

test("a definition that is deleted takes its objects along, those with finalizers when they let go", async () => {
  await using world = await startTestServer();
  await define(world, aDefinition(spec));
  await world.send("POST", cronTabs, { body: aCronTab("a", { spec: everyMinute }) });
  const held = { ...aCronTab("b", { spec: everyMinute }), metadata: { name: "b", finalizers: ["example.com/held"] } };
  await world.send("POST", cronTabs, { body: held });
  const definition = `${definitions}/crontabs.stable.example.com`;
  await world.send("DELETE", definition);
  await world.tasks.settle();
  const { json: terminating } = await world.send("GET", definition);
  expect(terminating).toMatchObject({ metadata: { finalizers: ["customresourcecleanup.apiextensions.k8s.io"] } });
  expect((terminating.status as { conditions: unknown[] }).conditions).toContainEqual(
    expect.objectContaining({ type: "Terminating", status: "True", reason: "InstanceDeletionInProgress" }),
  );
  expect((await world.send("GET", cronTabs)).json.items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
  const refused = await world.send("POST", cronTabs, { body: aCronTab("c", { spec: everyMinute }) });
  expect([refused.status, refused.json.message]).toEqual([405, "create not allowed while custom resource definition is terminating"]);
  await world.send("PATCH", `${cronTabs}/b`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { finalizers: null } },
  });
  await world.tasks.settle();
  expect([(await world.send("GET", definition)).status, (await world.send("GET", cronTabs)).status]).toEqual([404, 404]);
});

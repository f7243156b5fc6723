import { expect, test } from "vitest";
import { startTestServer, type TestObject, type TestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

const aConfigMap = (name: string, data: Readonly<Record<string, string>> = { key: "value" }, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});

async function created(world: TestServer, name: string, data?: Readonly<Record<string, string>>, metadata?: object): Promise<TestObject> {
  const answer = await world.send("POST", configMaps, { body: aConfigMap(name, data, metadata) });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

const managedBy = (manager: string, fieldsV1: object): object => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-01-01T12:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1,
});

test("a created object is read back as it was answered", async () => {
  await using world = await startTestServer();
  const answer = await world.send("POST", configMaps, { body: aConfigMap("settings") });
  expect(answer.status).toBe(201);
  expect(answer.json).toEqual({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      name: "settings",
      namespace: "default",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T12:00:00Z",
      managedFields: [managedBy("unknown", { "f:data": { ".": {}, "f:key": {} } })],
    },
    data: { key: "value" },
  });
  expect(await world.send("GET", `${configMaps}/settings`)).toMatchObject({ status: 200, text: answer.text });
});

test("a name is taken once", async () => {
  await using world = await startTestServer();
  await created(world, "settings");
  const again = await world.send("POST", configMaps, { body: aConfigMap("settings") });
  expect(again.json).toMatchObject({
    code: 409,
    reason: "AlreadyExists",
    message: 'configmaps "settings" already exists',
    details: { name: "settings", kind: "configmaps" },
  });
});

test("generateName makes names that begin with it", async () => {
  await using world = await startTestServer();
  const body = { kind: "ConfigMap", apiVersion: "v1", metadata: { generateName: "part-" } };
  const names = await Promise.all([1, 2, 3].map(async () => (await world.send("POST", configMaps, { body })).json.metadata.name));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^part-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test("an object that isn't there is not found", async () => {
  await using world = await startTestServer();
  for (const [method, body] of [
    ["GET", undefined],
    ["DELETE", undefined],
    ["PUT", aConfigMap("absent")],
  ] as const) {
    const answer = await world.send(method, `${configMaps}/absent`, { body });
    expect(answer.json).toMatchObject({ code: 404, reason: "NotFound", message: 'configmaps "absent" not found' });
  }
});

test("an update replaces the object and keeps what the server assigned", async () => {
  await using world = await startTestServer();
  const before = await created(world, "settings");
  const answer = await world.send("PUT", `${configMaps}/settings`, { body: aConfigMap("settings", { other: "1" }) });
  expect(answer.json).toEqual({
    ...before,
    metadata: { ...before.metadata, resourceVersion: "2", managedFields: [managedBy("unknown", { "f:data": { ".": {}, "f:other": {} } })] },
    data: { other: "1" },
  });
});

test("an update that changes nothing writes nothing", async () => {
  await using world = await startTestServer();
  const before = await created(world, "settings");
  const answer = await world.send("PUT", `${configMaps}/settings`, { body: aConfigMap("settings") });
  expect(answer.json).toEqual(before);
  expect(await world.store.currentRevision()).toBe(1);
});

test("an update of an old revision is a conflict", async () => {
  await using world = await startTestServer();
  const first = await created(world, "settings");
  await world.send("PUT", `${configMaps}/settings`, { body: aConfigMap("settings", { key: "2" }) });
  const stale = await world.send("PUT", `${configMaps}/settings`, { body: { ...first, data: { key: "3" } } });
  expect(stale.json).toMatchObject({
    code: 409,
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again',
  });
});

test("of many writers that name no revision none is refused", async () => {
  await using world = await startTestServer();
  await created(world, "settings", {});
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      world.send("PATCH", `${configMaps}/settings`, {
        headers: { "content-type": "application/merge-patch+json" },
        body: { data: { [`writer-${index}`]: "was here" } },
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(Object.keys((await world.send("GET", `${configMaps}/settings`)).json.data)).toHaveLength(20);
});

test.each([
  ["application/json-patch+json", [{ op: "add", path: "/data/b", value: "2" }]],
  ["application/merge-patch+json", { data: { b: "2" } }],
  ["application/strategic-merge-patch+json", { data: { b: "2" } }],
])("a patch of type %s changes what it names", async (type, body) => {
  await using world = await startTestServer();
  await created(world, "settings", { a: "1" });
  const answer = await world.send("PATCH", `${configMaps}/settings`, { headers: { "content-type": type }, body });
  expect(answer.json).toMatchObject({ data: { a: "1", b: "2" }, metadata: { resourceVersion: "2" } });
});

test("a deletion answers what was deleted", async () => {
  await using world = await startTestServer();
  const { metadata } = await created(world, "settings");
  const answer = await world.send("DELETE", `${configMaps}/settings`);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.json).toMatchObject({
    kind: "Status",
    status: "Success",
    details: { name: "settings", kind: "configmaps", uid: metadata.uid },
  });
  expect((await world.send("GET", `${configMaps}/settings`)).status).toBe(404);
});

test("an object with a finalizer goes when the last one is removed", async () => {
  await using world = await startTestServer();
  await created(world, "settings", {}, { finalizers: ["example.com/wait"] });
  const marked = await world.send("DELETE", `${configMaps}/settings`);
  expect(marked.json.metadata).toMatchObject({ deletionTimestamp: "2026-01-01T12:00:00Z", deletionGracePeriodSeconds: 0 });
  const patch = { headers: { "content-type": "application/merge-patch+json" }, body: { metadata: { finalizers: null } } };
  expect((await world.send("PATCH", `${configMaps}/settings`, patch)).status).toBe(200);
  expect((await world.send("GET", `${configMaps}/settings`)).status).toBe(404);
});

test("no finalizer can be added to an object that is being deleted", async () => {
  await using world = await startTestServer();
  await created(world, "settings", {}, { finalizers: ["example.com/wait"] });
  await world.send("DELETE", `${configMaps}/settings`);
  const answer = await world.send("PATCH", `${configMaps}/settings`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { finalizers: ["example.com/wait", "example.com/more"] } },
  });
  expect(answer.json).toMatchObject({ code: 422, reason: "Invalid" });
  expect(answer.json.message).toContain("no new finalizers can be added if the object is being deleted");
});

test.each([
  ["Foreground", ["foregroundDeletion"], 202],
  ["Orphan", ["orphan"], 200],
])("a deletion with propagation %s leaves the object to the garbage collector", async (propagationPolicy, finalizers, status) => {
  await using world = await startTestServer();
  await created(world, "settings");
  const answer = await world.send("DELETE", `${configMaps}/settings`, {
    body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy },
  });
  expect(answer).toMatchObject({ status });
  expect(answer.json.metadata).toMatchObject({ finalizers, deletionTimestamp: "2026-01-01T12:00:00Z" });
});

test("a deletion that means another object is refused", async () => {
  await using world = await startTestServer();
  const { metadata } = await created(world, "settings");
  const other = await world.send("DELETE", `${configMaps}/settings`, { body: { preconditions: { uid: "other" } } });
  expect(other.json).toMatchObject({ code: 409, reason: "Conflict" });
  expect(other.json.message).toBe(
    `Operation cannot be fulfilled on ConfigMap "settings": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  );
  const stale = await world.send("DELETE", `${configMaps}/settings`, { body: { preconditions: { resourceVersion: "77" } } });
  expect(stale.json).toMatchObject({ code: 409, reason: "Conflict" });
});

test("a collection is deleted by its selector", async () => {
  await using world = await startTestServer();
  await created(world, "a", {}, { labels: { app: "web" } });
  await created(world, "b", {}, { labels: { app: "db" } });
  const answer = await world.send("DELETE", `${configMaps}?labelSelector=app%3Dweb`);
  expect(answer.json).toMatchObject({ kind: "ConfigMapList", items: [{ metadata: { name: "a" } }] });
  expect((await world.send("GET", configMaps)).json.items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
});

test("a dry run changes nothing and answers what would be", async () => {
  await using world = await startTestServer();
  const create = await world.send("POST", `${configMaps}?dryRun=All`, { body: aConfigMap("settings") });
  expect(create.status).toBe(201);
  expect(create.json.metadata.resourceVersion).toBeUndefined();
  await created(world, "settings");
  const again = await world.send("POST", `${configMaps}?dryRun=All`, { body: aConfigMap("settings") });
  expect(again.status).toBe(409);
  const update = await world.send("PUT", `${configMaps}/settings?dryRun=All`, { body: aConfigMap("settings", { new: "1" }) });
  expect(update.json).toMatchObject({ data: { new: "1" }, metadata: { resourceVersion: "1" } });
  expect((await world.send("DELETE", `${configMaps}/settings?dryRun=All`)).status).toBe(200);
  expect((await world.send("GET", `${configMaps}/settings`)).json).toMatchObject({ data: { key: "value" } });
  expect(await world.store.currentRevision()).toBe(1);
});

test("a PUT creates what isn't there only where its kind says so", async () => {
  await using world = await startTestServer();
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "leader" }, spec: { holderIdentity: "me" } };
  const answer = await world.send("PUT", "/apis/coordination.k8s.io/v1/namespaces/default/leases/leader", { body: lease });
  expect(answer.status).toBe(201);
});

test("the kind, the namespace and the name of a body must be those of its path", async () => {
  await using world = await startTestServer();
  const messages = await Promise.all(
    [
      { kind: "Secret", apiVersion: "v1", metadata: { name: "a" } },
      { kind: "ConfigMap", apiVersion: "v2", metadata: { name: "a" } },
      aConfigMap("a", {}, { namespace: "other" }),
      aConfigMap("a", {}, { resourceVersion: "5" }),
    ].map(async (body) => (await world.send("POST", configMaps, { body })).json.message),
  );
  expect(messages).toEqual([
    'Secret in version "v1" cannot be handled as a ConfigMap: no kind "Secret" is registered for version "v1"',
    "the API version in the data (v2) does not match the expected API version (v1)",
    "the namespace of the provided object does not match the namespace sent on the request",
    "resourceVersion should not be set on objects to be created",
  ]);
  await created(world, "settings");
  const renamed = await world.send("PUT", `${configMaps}/settings`, { body: aConfigMap("other") });
  expect(renamed.json.message).toBe("the name of the object (other) does not match the name on the URL (settings)");
});

test("an invalid object is refused with every field that is wrong", async () => {
  await using world = await startTestServer();
  const answer = await world.send("POST", configMaps, { body: aConfigMap("Not_A_Name", { "bad key": "" }) });
  expect(answer.json).toMatchObject({ code: 422, reason: "Invalid", details: { name: "Not_A_Name", kind: "ConfigMap" } });
  expect(answer.json.details.causes?.map(({ field }) => field)).toEqual(["metadata.name", "data[bad key]"]);
});

test("an owner that is named twice is kept once, with a warning", async () => {
  await using world = await startTestServer();
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };
  const answer = await world.send("POST", configMaps, {
    body: { ...aConfigMap("settings"), metadata: { name: "settings", ownerReferences: [owner, owner] } },
  });
  expect(answer.json.metadata.ownerReferences).toEqual([owner]);
  expect(answer.headers.warning).toContain("duplicate UID(s) observed: u");
});

import { expect, test } from "vitest";
import { startTestServer, type TestObject, type TestServer } from "../testing/test-server.ts";

const pods = "/api/v1/namespaces/default/pods";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const merge = { "content-type": "application/merge-patch+json" };

const aPod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});

const aDeployment = (name: string, replicas = 3): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
});

async function made(world: TestServer, path: string, body: object): Promise<TestObject> {
  const answer = await world.send("POST", path, { body });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

test("status is written apart from the rest", async () => {
  await using world = await startTestServer();
  const deployment = await made(world, deployments, { ...aDeployment("web"), status: { replicas: 9 } });
  expect(deployment.status).not.toHaveProperty("replicas");
  const both = { ...deployment, spec: { ...deployment.spec, paused: true }, status: { replicas: 3 } };
  const status = (await world.send("PUT", `${deployments}/web/status`, { body: both })).json;
  expect(status.status).toMatchObject({ replicas: 3 });
  expect(status.spec).not.toHaveProperty("paused");
  const main = (await world.send("PUT", `${deployments}/web`, { body: { ...both, metadata: status.metadata, status: { replicas: 7 } } }))
    .json;
  expect(main.spec.paused).toBe(true);
  expect(main.status).toMatchObject({ replicas: 3 });
});

test("the generation counts changes of what is wanted, not of metadata or status", async () => {
  await using world = await startTestServer();
  expect((await made(world, deployments, aDeployment("web"))).metadata.generation).toBe(1);
  const patch = async (path: string, body: object): Promise<number | undefined> =>
    (await world.send("PATCH", path, { headers: merge, body })).json.metadata.generation;
  expect(await patch(`${deployments}/web`, { metadata: { labels: { a: "b" } } })).toBe(1);
  expect(await patch(`${deployments}/web/status`, { status: { replicas: 1 } })).toBe(1);
  expect(await patch(`${deployments}/web`, { spec: { replicas: 4 } })).toBe(2);
  expect(await patch(`${deployments}/web`, { metadata: { generation: 77 } })).toBe(2);
  // Deployments hand their annotations to their ReplicaSets.
  expect(await patch(`${deployments}/web`, { metadata: { annotations: { a: "b" } } })).toBe(3);
});

test("a scale is a table too", async () => {
  await using world = await startTestServer();
  await made(world, deployments, aDeployment("web"));
  const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const table = (await world.send("GET", `${deployments}/web/scale`, { headers })).json as unknown as {
    readonly columnDefinitions: readonly { readonly name: string }[];
    readonly rows: readonly { readonly cells: readonly unknown[] }[];
  };
  expect(table.columnDefinitions.map(({ name }) => name)).toEqual(["Name", "Desired", "Available", "Age"]);
  expect(table.rows.map(({ cells }) => cells.slice(0, 3))).toEqual([["web", 3, 0]]);
});

test("a patch that leads to no object of the kind is what is wrong", async () => {
  await using world = await startTestServer();
  await made(world, deployments, aDeployment("web"));
  const message = async (type: string, body: unknown): Promise<string> => {
    const answer = await world.send("PATCH", `${deployments}/web`, { headers: { "content-type": type }, body });
    expect(answer.status).toBe(422);
    return (answer.json as unknown as { readonly message: string }).message;
  };
  const problem =
    /^ "" is invalid: patch: Invalid value: ".*": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/;
  expect(await message("application/merge-patch+json", { spec: { replicas: "x" } })).toMatch(problem);
  expect(await message("application/strategic-merge-patch+json", { spec: { replicas: "x" } })).toMatch(problem);
  const replace = [{ op: "replace", path: "/spec/replicas", value: "x" }];
  expect(await message("application/json-patch+json", replace)).toMatch(problem);
});

test("scale reads and writes the number of replicas", async () => {
  await using world = await startTestServer();
  await made(world, deployments, aDeployment("web"));
  const scale = (await world.send("GET", `${deployments}/web/scale`)).json;
  expect(scale).toMatchObject({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 3 },
    status: { replicas: 0, selector: "app=web" },
  });
  const scaled = (await world.send("PUT", `${deployments}/web/scale`, { body: { ...scale, spec: { replicas: 5 } } })).json;
  expect(scaled.spec).toEqual({ replicas: 5 });
  const stale = await world.send("PUT", `${deployments}/web/scale`, { body: { ...scale, spec: { replicas: 6 } } });
  expect(stale.json).toMatchObject({ code: 409, reason: "Conflict" });
  const patched = await world.send("PATCH", `${deployments}/web/scale`, { headers: merge, body: { spec: { replicas: 2 } } });
  expect(patched.json.spec).toEqual({ replicas: 2 });
  expect((await world.send("GET", `${deployments}/web`)).json).toMatchObject({ metadata: { generation: 3 }, spec: { replicas: 2 } });
  const negative = await world.send("PATCH", `${deployments}/web/scale`, { headers: merge, body: { spec: { replicas: -1 } } });
  expect(negative.json).toMatchObject({ code: 422, reason: "Invalid" });
});

test.each(["pods/a/binding", "bindings"])("a binding through %s places a Pod once", async (path) => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a"));
  const binding = (target: string): object => ({
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "a", annotations: { by: "me" } },
    target: { kind: "Node", name: target },
  });
  const first = await world.send("POST", `/api/v1/namespaces/default/${path}`, { body: binding("n1") });
  expect(first).toMatchObject({ status: 201 });
  expect(first.json).toMatchObject({ kind: "Status", status: "Success" });
  const pod = (await world.send("GET", `${pods}/a`)).json;
  expect(pod).toMatchObject({
    metadata: { annotations: { by: "me" } },
    spec: { nodeName: "n1" },
    status: { conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T12:00:00Z" }] },
  });
  const second = await world.send("POST", `/api/v1/namespaces/default/${path}`, { body: binding("n2") });
  expect(second.json).toMatchObject({
    code: 409,
    reason: "Conflict",
    message: 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
  });
});

test("a Pod on a node is given time to stop, and no more than was given first", async () => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a", { nodeName: "n1" }));
  const marked = (await world.send("DELETE", `${pods}/a`)).json;
  expect(marked.metadata).toMatchObject({ deletionTimestamp: "2026-01-01T12:00:30Z", deletionGracePeriodSeconds: 30 });
  const longer = (await world.send("DELETE", `${pods}/a?gracePeriodSeconds=60`)).json;
  expect(longer.metadata.deletionGracePeriodSeconds).toBe(30);
  const shorter = (await world.send("DELETE", `${pods}/a?gracePeriodSeconds=5`)).json;
  expect(shorter.metadata).toMatchObject({ deletionTimestamp: "2026-01-01T12:00:05Z", deletionGracePeriodSeconds: 5 });
  const now = await world.send("DELETE", `${pods}/a?gracePeriodSeconds=0`);
  expect(now.json).toMatchObject({ kind: "Pod" });
  expect((await world.send("GET", `${pods}/a`)).status).toBe(404);
});

test("a Pod that is on no node goes at once", async () => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a"));
  expect((await world.send("DELETE", `${pods}/a`)).json).toMatchObject({ kind: "Pod", metadata: { name: "a" } });
  expect((await world.send("GET", `${pods}/a`)).status).toBe(404);
});

test("an eviction deletes the Pod", async () => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a", { nodeName: "n1" }));
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: "a", namespace: "default" },
    deleteOptions: { gracePeriodSeconds: 3 },
  };
  const evicted = await world.send("POST", `${pods}/a/eviction`, { body });
  expect(evicted).toMatchObject({ status: 201 });
  expect((await world.send("GET", `${pods}/a`)).json.metadata.deletionGracePeriodSeconds).toBe(3);
});

test("a namespace waits in Terminating until its finalizer is taken away", async () => {
  await using world = await startTestServer();
  const namespaces = "/api/v1/namespaces";
  const created = await made(world, namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } });
  expect(created).toMatchObject({ spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } });
  const deleted = (await world.send("DELETE", `${namespaces}/team`)).json;
  expect(deleted).toMatchObject({ metadata: { deletionTimestamp: "2026-01-01T12:00:00Z" }, status: { phase: "Terminating" } });
  // The main resource can't touch the finalizers of its spec.
  await world.send("PATCH", `${namespaces}/team`, { headers: merge, body: { spec: { finalizers: null } } });
  expect((await world.send("GET", `${namespaces}/team`)).status).toBe(200);
  const finalized = await world.send("PUT", `${namespaces}/team/finalize`, { body: { ...deleted, metadata: { name: "team" }, spec: {} } });
  expect(finalized.status, finalized.text).toBe(200);
  expect((await world.send("GET", `${namespaces}/team`)).status).toBe(404);
});

test("ephemeral containers are only added, through their own subresource", async () => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a"));
  const body = { spec: { ephemeralContainers: [{ name: "debug", image: "d" }] } };
  const headers = { "content-type": "application/strategic-merge-patch+json" };
  expect((await world.send("PATCH", `${pods}/a`, { headers, body })).json).toMatchObject({ code: 422 });
  const added = await world.send("PATCH", `${pods}/a/ephemeralcontainers`, { headers, body });
  expect(added.json.spec.ephemeralContainers).toMatchObject([{ name: "debug", image: "d" }]);
  for (const [container, problem] of [
    [{ name: "c", image: "d" }, 'spec.ephemeralContainers[0].name: Duplicate value: "c"'],
    [{ name: "e", image: "d", targetContainerName: "x" }, 'spec.ephemeralContainers[0].targetContainerName: Not found: "x"'],
    [
      { name: "e", image: "d", ports: [{ containerPort: 1 }] },
      "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
    ],
  ] as const) {
    const refused = await world.send("PATCH", `${pods}/a/ephemeralcontainers`, {
      headers,
      body: { spec: { ephemeralContainers: [container] } },
    });
    expect(refused.json).toMatchObject({ code: 422, message: expect.stringContaining(problem) as string });
  }
  const removed = await world.send("PATCH", `${pods}/a/ephemeralcontainers`, {
    headers: merge,
    body: { spec: { ephemeralContainers: [] } },
  });
  expect(removed.json).toMatchObject({ code: 422, reason: "Invalid" });
});

test("subresources that a kind does not have are not there", async () => {
  await using world = await startTestServer();
  await made(world, pods, aPod("a"));
  for (const path of [`${pods}/a/scale`, `${pods}/a/nonsense`, "/api/v1/namespaces/default/configmaps/a/status"]) {
    expect((await world.send("GET", path)).json).toMatchObject({ code: 404, reason: "NotFound" });
  }
  expect((await world.send("DELETE", `${pods}/a/status`)).json).toMatchObject({ code: 405, reason: "MethodNotAllowed" });
});

test("Events of both groups are the same objects, and are forgotten after an hour", async () => {
  await using world = await startTestServer();
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e" },
    eventTime: "2026-01-01T12:00:00.000000Z",
    reportingController: "example.com/c",
    reportingInstance: "c-1",
    action: "Acting",
    reason: "Because",
    note: "a note",
    type: "Normal",
    regarding: { kind: "Pod", namespace: "default", name: "a" },
  };
  await made(world, "/apis/events.k8s.io/v1/namespaces/default/events", event);
  const core = "/api/v1/namespaces/default/events";
  const watch = await world.watch(`${core}?watch=true&resourceVersion=0&timeoutSeconds=7200`);
  expect((await watch.events()).map(({ type, object }) => [type, object.apiVersion, object.message])).toEqual([["ADDED", "v1", "a note"]]);
  const list = (await world.send("GET", "/apis/events.k8s.io/v1/events?fieldSelector=reason%3DBecause")).json;
  expect(list).toMatchObject({ apiVersion: "events.k8s.io/v1", items: [{ note: "a note", regarding: { name: "a" } }] });
  await world.clock.advance(3_600_000);
  expect((await world.send("GET", core)).json.items).toEqual([]);
  expect((await watch.events()).map(({ type }) => type)).toEqual(["DELETED"]);
});

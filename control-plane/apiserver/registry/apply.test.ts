import type { JSONSchemaProps } from "@kubets/api";
import type { ManagedFieldsEntry } from "@kubets/machinery";
import { formatCbor } from "@kubets/machinery";
import { expect, test } from "vitest";
import { aDefinition, cronTabs, define, definitions, type SentDefinition } from "../custom-resources/testing/cron-tabs.ts";
import { type Answer, startTestServer, type TestObject, type TestServer } from "../testing/test-server.ts";

const deployments = "/apis/apps/v1/namespaces/default/deployments";
const configMaps = "/api/v1/namespaces/default/configmaps";

const applyYaml = { "content-type": "application/apply-patch+yaml" };

function apply(
  world: TestServer,
  path: string,
  config: unknown,
  { by, query = "" }: { readonly by: string; readonly query?: string },
): Promise<Answer> {
  return world.send("PATCH", `${path}?fieldManager=${by}${query}`, { headers: applyYaml, body: config });
}

async function applied(...request: Parameters<typeof apply>): Promise<TestObject> {
  const answer = await apply(...request);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.json;
}

const aConfigMap = (data: Readonly<Record<string, string>>, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", ...metadata },
  data,
});

const aDeployment = (spec: object = {}, container: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx", ports: [{ containerPort: 80 }], ...container }] },
    },
    ...spec,
  },
});

const managersOf = ({ metadata: { managedFields = [] } }: TestObject): readonly string[] =>
  managedFields.map(
    ({ manager, operation, subresource }) => `${operation} ${manager}${subresource === undefined ? "" : ` (${subresource})`}`,
  );

const entryOf = ({ metadata: { managedFields = [] } }: TestObject, name: string): ManagedFieldsEntry | undefined =>
  managedFields.find(({ manager }) => manager === name);

test("an apply creates what isn't there, and its manager owns what it named", async () => {
  await using world = await startTestServer();
  const answer = await apply(world, `${deployments}/web`, aDeployment({ replicas: 2 }), { by: "kubectl" });
  expect(answer.status).toBe(201);
  expect(answer.json.metadata.managedFields).toEqual([
    {
      manager: "kubectl",
      operation: "Apply",
      apiVersion: "apps/v1",
      time: "2026-01-01T12:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { "f:app": {} } },
        "f:spec": {
          "f:replicas": {},
          "f:selector": {},
          "f:template": {
            "f:metadata": { "f:labels": { "f:app": {} } },
            "f:spec": {
              "f:containers": {
                'k:{"name":"web"}': {
                  ".": {},
                  "f:image": {},
                  "f:name": {},
                  "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
                },
              },
            },
          },
        },
      },
    },
  ]);
});

test("a create makes its user agent the manager of everything that it and the defaults set", async () => {
  await using world = await startTestServer();
  const body = aDeployment({ strategy: { rollingUpdate: { maxSurge: 1 } } }, { resources: { limits: { cpu: "1" } } });
  const answer = await world.send("POST", deployments, { body, headers: { "user-agent": "kubectl-create/v1.33 (linux/amd64)" } });
  expect(answer.json.metadata.managedFields).toEqual([
    {
      manager: "kubectl-create",
      operation: "Update",
      apiVersion: "apps/v1",
      time: "2026-01-01T12:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
        "f:spec": {
          "f:progressDeadlineSeconds": {},
          "f:replicas": {},
          "f:revisionHistoryLimit": {},
          "f:selector": {},
          "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
          "f:template": {
            "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
            "f:spec": {
              "f:containers": {
                'k:{"name":"web"}': {
                  ".": {},
                  "f:image": {},
                  "f:imagePullPolicy": {},
                  "f:name": {},
                  "f:ports": {
                    ".": {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} },
                  },
                  "f:resources": { ".": {}, "f:limits": { ".": {}, "f:cpu": {} } },
                  "f:terminationMessagePath": {},
                  "f:terminationMessagePolicy": {},
                },
              },
              "f:dnsPolicy": {},
              "f:restartPolicy": {},
              "f:schedulerName": {},
              "f:securityContext": {},
              "f:terminationGracePeriodSeconds": {},
            },
          },
        },
      },
    },
  ]);
});

test("applying the same again changes nothing, not even the time", async () => {
  await using world = await startTestServer();
  const first = await applied(world, `${deployments}/web`, aDeployment(), { by: "kubectl" });
  await world.clock.advance(5000);
  const second = await applied(world, `${deployments}/web`, aDeployment(), { by: "kubectl" });
  expect(second).toEqual(first);
});

test("who changes what another manages is told whose fields they are", async () => {
  await using world = await startTestServer();
  await world.send("POST", `${deployments}?fieldManager=kubectl-create`, { body: aDeployment({ replicas: 1 }) });
  const one = await apply(world, `${deployments}/web`, aDeployment({ replicas: 4 }), { by: "me" });
  expect(one.status).toBe(409);
  expect(one.json).toMatchObject({
    reason: "Conflict",
    message: 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
    details: {
      causes: [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl-create" using apps/v1', field: ".spec.replicas" }],
    },
  });
  const two = await apply(world, `${deployments}/web`, aDeployment({ replicas: 4 }, { image: "other" }), { by: "me" });
  expect(two.json.message).toBe(
    'Apply failed with 2 conflicts: conflicts with "kubectl-create" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
  );
  const forced = await applied(world, `${deployments}/web`, aDeployment({ replicas: 4 }), { by: "me", query: "&force=true" });
  expect(forced.spec.replicas).toBe(4);
  expect(entryOf(forced, "kubectl-create")!.fieldsV1).not.toHaveProperty(["f:spec", "f:replicas"]);
  expect(entryOf(forced, "kubectl-create")!.fieldsV1).toHaveProperty(["f:spec", "f:progressDeadlineSeconds"]);
});

test("what is applied no longer goes, unless another applies it too", async () => {
  await using world = await startTestServer();
  await applied(world, `${configMaps}/settings`, aConfigMap({ a: "1", b: "2", shared: "s" }), { by: "one" });
  await applied(world, `${configMaps}/settings`, aConfigMap({ shared: "s", c: "3" }), { by: "two" });
  const after = await applied(world, `${configMaps}/settings`, aConfigMap({ b: "2" }), { by: "one" });
  expect(after.data).toEqual({ b: "2", c: "3", shared: "s" });
  expect(entryOf(after, "one")!.fieldsV1).toEqual({ "f:data": { "f:b": {} } });
  expect(entryOf(after, "two")!.fieldsV1).toEqual({ "f:data": { "f:c": {}, "f:shared": {} } });
});

test("whoever applies no metadata any longer leaves what others have there, and the name", async () => {
  await using world = await startTestServer();
  await applied(world, `${configMaps}/settings`, aConfigMap({ a: "1" }, { labels: { tier: "front" } }), { by: "kubectl" });
  await applied(world, `${configMaps}/settings`, aConfigMap({}, { annotations: { note: "x" } }), { by: "other" });
  const { metadata, data } = await applied(world, `${configMaps}/settings`, aConfigMap({ a: "1" }), { by: "kubectl" });
  expect([metadata.name, metadata.labels, metadata.annotations, data]).toEqual(["settings", undefined, { note: "x" }, { a: "1" }]);
});

test("lists merge item by item, in the order of the configuration, and removed items go", async () => {
  await using world = await startTestServer();
  const containers = (...names: readonly string[]): object => ({
    ...aDeployment(),
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: names.map((name) => ({ name, image: "i" })) } },
    },
  });
  const namesIn = (object: TestObject): unknown =>
    (
      object.spec as { readonly template: { readonly spec: { readonly containers: readonly { readonly name: string }[] } } }
    ).template.spec.containers.map(({ name }) => name);
  await applied(world, `${deployments}/web`, containers("a", "b", "c"), { by: "one" });
  const side = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers: [{ name: "side", image: "s" }] } } },
  };
  expect(namesIn(await applied(world, `${deployments}/web`, side, { by: "two" }))).toEqual(["a", "b", "c", "side"]);
  expect(namesIn(await applied(world, `${deployments}/web`, containers("c", "a", "d"), { by: "one" }))).toEqual(["c", "side", "a", "d"]);
});

test("a write makes its manager the owner of what it changed, and of nothing else", async () => {
  await using world = await startTestServer();
  await applied(world, `${configMaps}/settings`, aConfigMap({ a: "1", b: "2" }), { by: "one" });
  const patched = await world.send("PATCH", `${configMaps}/settings?fieldManager=edit`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { data: { a: "changed", n: "new" } },
  });
  expect(entryOf(patched.json, "one")!.fieldsV1).toEqual({ "f:data": { "f:b": {} } });
  expect(entryOf(patched.json, "edit")!.fieldsV1).toEqual({ "f:data": { "f:a": {}, "f:n": {} } });
  const same = await world.send("PUT", `${configMaps}/settings?fieldManager=other`, { body: patched.json });
  expect(same.json).toEqual(patched.json);
});

test("status belongs to who writes status, and can't be had by writing the whole", async () => {
  await using world = await startTestServer();
  await applied(world, `${deployments}/web`, { ...aDeployment(), status: { replicas: 3 } }, { by: "one" });
  const status = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, status: { replicas: 3 } };
  const after = await applied(world, `${deployments}/web/status`, status, { by: "controller" });
  expect(managersOf(after)).toEqual(["Apply controller (status)", "Apply one"]);
  expect(entryOf(after, "one")!.fieldsV1).not.toHaveProperty("f:status");
  expect(entryOf(after, "controller")!.fieldsV1).toEqual({ "f:status": { "f:replicas": {} } });
  expect(after.status).toMatchObject({ replicas: 3 });
});

test("scaling takes the replicas from who applied them, by update and by apply", async () => {
  await using world = await startTestServer();
  await applied(world, `${deployments}/web`, aDeployment({ replicas: 2 }), { by: "one" });
  const scale = (await world.send("GET", `${deployments}/web/scale`)).json;
  await world.send("PUT", `${deployments}/web/scale?fieldManager=scaler`, { body: { ...scale, spec: { replicas: 5 } } });
  const scaled = (await world.send("GET", `${deployments}/web`)).json;
  expect(entryOf(scaled, "scaler")).toMatchObject({
    operation: "Update",
    apiVersion: "apps/v1",
    subresource: "scale",
    fieldsV1: { "f:spec": { "f:replicas": {} } },
  });
  expect(entryOf(scaled, "one")!.fieldsV1).not.toHaveProperty(["f:spec", "f:replicas"]);
  const config = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "web" }, spec: { replicas: 7 } };
  const refused = await apply(world, `${deployments}/web/scale`, config, { by: "hpa" });
  expect(refused.json.message).toBe(
    'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
  );
  expect((await applied(world, `${deployments}/web/scale`, config, { by: "hpa", query: "&force=true" })).spec).toEqual({ replicas: 7 });
  expect(managersOf((await world.send("GET", `${deployments}/web`)).json)).toEqual(["Apply hpa (scale)", "Apply one"]);
});

test("an object from before anyone was tracked has a manager of its own once it is applied to", async () => {
  await using world = await startTestServer();
  await world.send("POST", configMaps, { body: aConfigMap({ a: "1" }) });
  const strip = [{ op: "replace", path: "/metadata/managedFields", value: [{}] }];
  const stripped = await world.send("PATCH", `${configMaps}/settings`, {
    headers: { "content-type": "application/json-patch+json" },
    body: strip,
  });
  expect(stripped.json.metadata).not.toHaveProperty("managedFields");
  const untracked = await world.send("PATCH", `${configMaps}/settings`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { data: { b: "2" } },
  });
  expect(untracked.json.metadata).not.toHaveProperty("managedFields");
  const refused = await apply(world, `${configMaps}/settings`, aConfigMap({ a: "other" }), { by: "me" });
  expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a');
  expect(managersOf(await applied(world, `${configMaps}/settings`, aConfigMap({ c: "3" }), { by: "me" }))).toEqual([
    "Apply me",
    "Update before-first-apply",
  ]);
});

test("kubectl takes over what it applied on the client's side, and keeps its annotation up to date", async () => {
  await using world = await startTestServer();
  const annotation = "kubectl.kubernetes.io/last-applied-configuration";
  const config = aConfigMap({ a: "1" });
  const body = aConfigMap({ a: "1" }, { annotations: { [annotation]: `${JSON.stringify(config)}\n` } });
  await world.send("POST", `${configMaps}?fieldManager=kubectl-client-side-apply`, { body });
  expect((await apply(world, `${configMaps}/settings`, aConfigMap({ a: "2" }), { by: "me" })).status).toBe(409);
  const after = await applied(world, `${configMaps}/settings`, aConfigMap({ a: "2" }), { by: "kubectl" });
  expect(after.data).toEqual({ a: "2" });
  expect(after.metadata.annotations![annotation]).toBe(
    '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"settings"}}\n',
  );
});

test("the oldest writers are folded into one", async () => {
  await using world = await startTestServer();
  await world.send("POST", `${configMaps}?fieldManager=m0`, { body: aConfigMap({ k0: "0" }) });
  for (let index = 1; index <= 11; index++) {
    await world.clock.advance(1000);
    await world.send("PATCH", `${configMaps}/settings?fieldManager=m${index}`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { data: { [`k${index}`]: "x" } },
    });
  }
  const { json } = await world.send("GET", `${configMaps}/settings`);
  expect(managersOf(json)).toHaveLength(10);
  expect(entryOf(json, "ancient-changes")!.fieldsV1).toEqual({ "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {} } });
});

test("an apply is refused that says what no apply can say", async () => {
  await using world = await startTestServer();
  const path = `${configMaps}/settings`;
  const refusal = async (config: unknown, query = "?fieldManager=me"): Promise<readonly [number, string]> => {
    const { status, json } = await world.send("PATCH", path + query, { headers: applyYaml, body: config });
    return [status, json.message];
  };
  expect(await refusal(aConfigMap({}), "")).toEqual([
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ]);
  expect(await refusal(aConfigMap({}, { managedFields: [] }))).toEqual([400, "metadata.managedFields must be nil"]);
  expect(await refusal(aConfigMap({}, { uid: "u" }))).toEqual([
    409,
    'Operation cannot be fulfilled on configmaps "settings": uid mismatch: the provided object specified uid u, and no existing object was found',
  ]);
  expect(await refusal({ ...aConfigMap({}), nonsense: 1 })).toEqual([
    400,
    "failed to create typed patch object (/settings; v1, Kind=ConfigMap): .nonsense: field not declared in schema",
  ]);
  expect(await refusal({ ...aConfigMap({}), apiVersion: "v2" })).toEqual([400, "invalid object type: v2, Kind=ConfigMap"]);
  await applied(world, path, aConfigMap({}), { by: "me" });
  expect((await refusal(aConfigMap({}, { resourceVersion: "999" })))[0]).toBe(409);
});

test("YAML that says a field twice is refused when asked for strictly, and warned of otherwise", async () => {
  await using world = await startTestServer();
  const twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  a: one\n  a: two\n";
  const strict = await apply(world, `${configMaps}/settings`, twice, { by: "me", query: "&fieldValidation=Strict" });
  expect(strict.status).toBe(400);
  expect(strict.json.message).toContain("error strict decoding YAML");
  const warned = await apply(world, `${configMaps}/settings`, twice, { by: "me" });
  expect(warned.status, warned.text).toBe(201);
  expect(warned.headers.warning).toContain("already set");
});

test("a configuration can be CBOR, and a dry run keeps nothing of it", async () => {
  await using world = await startTestServer();
  const answer = await world.send("PATCH", `${configMaps}/settings?fieldManager=me&dryRun=All`, {
    headers: { "content-type": "application/apply-patch+cbor" },
    body: formatCbor(aConfigMap({ a: "1" })),
  });
  expect(answer.status, answer.text).toBe(201);
  expect(answer.json.data).toEqual({ a: "1" });
  expect((await world.send("GET", `${configMaps}/settings`)).status).toBe(404);
});

test("who may not create can't do so by applying", async () => {
  await using world = await startTestServer({
    parts: {
      authorizer: {
        name: "no creates",
        authorize: async ({ verb }) => ({ decision: verb === "create" ? "no opinion" : "allow", reason: "" }),
      },
    },
  });
  const answer = await apply(world, `${configMaps}/settings`, aConfigMap({}), { by: "me" });
  expect([answer.status, answer.json.message]).toEqual([
    403,
    'configmaps "settings" is forbidden: User "admin" cannot create resource "configmaps" in API group "" in the namespace "default"',
  ]);
});

test("when a map of a custom kind becomes atomic, whoever owned a part of it owns the whole", async () => {
  await using world = await startTestServer();
  const settings = { type: "object", additionalProperties: { type: "string" } } as const;
  const definitionWith = (schema: JSONSchemaProps): SentDefinition =>
    aDefinition({ type: "object", properties: { settings: schema, other: { type: "string" } } });
  await define(world, definitionWith(settings));
  const object = (data: object): object => ({ apiVersion: "stable.example.com/v1", kind: "CronTab", metadata: { name: "a" }, ...data });
  const first = await applied(world, `${cronTabs}/a`, object({ settings: { a: "1" } }), { by: "first" });
  expect(entryOf(first, "first")?.fieldsV1).toEqual({ "f:settings": { "f:a": {} } });
  const { json } = await world.send("GET", `${definitions}/crontabs.stable.example.com`);
  const { spec } = definitionWith({ ...settings, "x-kubernetes-map-type": "atomic" });
  await world.send("PUT", `${definitions}/crontabs.stable.example.com`, { body: { ...json, spec } });
  await world.tasks.settle();
  const second = await apply(world, `${cronTabs}/a`, object({ settings: { b: "2" } }), { by: "second" });
  expect(second.json).toMatchObject({ code: 409, message: expect.stringContaining('conflict with "first": .settings') });
  const third = await applied(world, `${cronTabs}/a`, object({ other: "x" }), { by: "third" });
  expect(entryOf(third, "first")?.fieldsV1).toEqual({ "f:settings": {} });
});

import { KubeConfig, makeInformer, Watch } from "@kubernetes/client-node";
import { kinds } from "@kubets/api";
import { validObjects } from "@kubets/apiserver/testing/valid-objects";
import { apiVersionOf, type Kind } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, type ApiClass, apiClasses, apply, mergePatch, modelOf } from "./generated-client.ts";

// Every method of every stable API class of the published JavaScript client, over HTTPS. No controller runs, so that nothing but the
// server answers.

const namespace = "default";
let cluster: Cluster;
let config: KubeConfig;
let classes: readonly ApiClass[];

beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, controllers: false, scheduler: false, seed: 1 });
  config = new KubeConfig();
  config.loadFromString(await cluster.kubeconfig);
  classes = apiClasses(config, (name) => !/V\d+(alpha|beta)\d+Api$/.test(name) && name !== "KubernetesObjectApi");
  // What every namespace has where controllers run.
  await call("CoreV1Api", "createNamespacedServiceAccount", { namespace, body: { metadata: { name: "default" } } });
});
afterAll(() => cluster[Symbol.asyncDispose]());

function classOf(name: string): ApiClass {
  const found = classes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`The client has no class ${name}`);
  return found;
}

const call = (api: string, method: string, parameters: Readonly<Record<string, unknown>> = {}, options?: unknown): Promise<Answer> =>
  classOf(api).call(method, parameters, options);

/** `rbac.authorization.k8s.io/v1` → `RbacAuthorizationV1Api`. */
function classNameOf({ group, version }: Pick<Kind, "group" | "version">): string {
  const words = (group === "" ? "core" : group.replace(/\.k8s\.io$/, "")).split(".");
  return [...words, version].map((word) => word[0]!.toUpperCase() + word.slice(1)).join("") + "Api";
}

/** The kinds that are kept and can be created, by the class that serves them. */
const stored = kinds.filter(({ version, verbs }) => /^v\d+$/.test(version) && verbs.includes("create") && verbs.includes("get"));

/** The reason of a refusal. */
async function refusal(request: Promise<Answer>): Promise<unknown> {
  return request.then(
    () => "nothing",
    (error: { readonly code?: number }) => error.code,
  );
}

test.each(stored.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))("%s: every verb", async (_, kind) => {
  const api = classOf(classNameOf(kind));
  const inNamespace = kind.scope === "Namespaced";
  const noun = `${inNamespace ? "Namespaced" : ""}${kind.kind}`;
  const place = inNamespace ? { namespace } : {};
  const valid = validObjects[`${kind.resource}${kind.group === "" ? "" : `.${kind.group}`}/${kind.version}`]!;
  const metadata = { name: "fuzz", ...(valid["metadata"] as object | undefined) };
  const model = modelTypeOf(kind);
  const object = modelOf({ ...valid, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata }, model) as Answer;
  const named = { ...place, name: metadata.name };
  const read = (part = ""): Promise<Answer> => api.call(`read${noun}${part}`, named);

  const created = await api.call(`create${noun}`, { ...place, body: object });
  expect([created.kind, created.metadata?.name]).toEqual([kind.kind, metadata.name]);
  expect(namesIn(await api.call(`list${noun}`, place))).toContain(metadata.name);
  if (inNamespace) expect(namesIn(await api.call(`list${kind.kind}ForAllNamespaces`))).toContain(metadata.name);
  expect((await read()).metadata?.name).toBe(metadata.name);

  // JSON Patch is what the client sends unless told otherwise.
  const operations = [{ op: "add", path: "/metadata/labels", value: { by: "json-patch" } }];
  expect((await api.call(`patch${noun}`, { ...named, body: operations })).metadata?.labels).toMatchObject({ by: "json-patch" });
  const merged = await api.call(`patch${noun}`, { ...named, body: { metadata: { labels: { by: "merge-patch" } } } }, mergePatch);
  expect(merged.metadata?.labels).toMatchObject({ by: "merge-patch" });
  const applied = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: metadata.name, labels: { by: "apply" } } };
  const taken = await api.call(`patch${noun}`, { ...named, body: applied, fieldManager: "test", force: true }, apply);
  expect(taken.metadata?.labels).toMatchObject({ by: "apply" });
  const replaced = await api.call(`replace${noun}`, { ...named, body: relabelled(await read(), "replace") });
  expect(replaced.metadata?.labels).toMatchObject({ by: "replace" });

  for (const part of ["Status", "Scale", "Approval", "Ephemeralcontainers", "Resize"]) {
    if (!api.has(`read${noun}${part}`)) continue;
    const current = await read(part);
    expect((await api.call(`replace${noun}${part}`, { ...named, body: current })).metadata?.name).toBe(metadata.name);
    expect((await api.call(`patch${noun}${part}`, { ...named, body: [] })).metadata?.name).toBe(metadata.name);
  }

  await api.call(`delete${noun}`, named);
  await released(read, api, kind, named);
  expect(await refusal(read())).toBe(404);

  if (!api.has(`deleteCollection${noun}`)) return;
  await api.call(`create${noun}`, { ...place, body: relabelled(object, "collection") });
  await api.call(`deleteCollection${noun}`, { ...place, labelSelector: "by=collection" });
  await released(read, api, kind, named);
  expect(namesIn(await api.call(`list${noun}`, { ...place, labelSelector: "by=collection" }))).toEqual([]);
});

/** What keeps a deleted object back is what a controller would take away. */
async function released(read: () => Promise<Answer>, api: ApiClass, kind: Kind, named: Readonly<Record<string, unknown>>): Promise<void> {
  const left = await read().catch(() => undefined);
  if (left === undefined) return;
  if (kind.kind === "Namespace") {
    await api.call("replaceNamespaceFinalize", { ...named, body: { ...left, spec: { finalizers: [] } } });
    return;
  }
  const noun = `${kind.scope === "Namespaced" ? "Namespaced" : ""}${kind.kind}`;
  if ((left.metadata?.finalizers ?? []).length === 0) return;
  // The server itself lets go of definitions, and may be faster.
  const freed = api.call(`patch${noun}`, { ...named, body: [{ op: "remove", path: "/metadata/finalizers" }] });
  expect(["nothing", 404]).toContain(await refusal(freed));
}

function namesIn({ items = [] }: Answer): readonly string[] {
  return items.map(({ metadata }) => metadata?.name ?? "");
}

function relabelled(object: Answer, by: string): Answer {
  return { ...object, metadata: { ...object.metadata, labels: { by } } };
}

/** Core and events have kinds of the same name. */
function modelTypeOf({ group, version, kind }: Kind): string {
  const prefix = version[0]!.toUpperCase() + version.slice(1);
  if (kind === "Event") return group === "" ? "CoreV1Event" : "EventsV1Event";
  return `${prefix}${kind}`;
}

test("what asks, and is kept nowhere", async () => {
  const resourceAttributes = { verb: "get", resource: "pods", namespace };
  const asks: readonly (readonly [string, string, object])[] = [
    ["AuthenticationV1Api", "createSelfSubjectReview", {}],
    ["AuthenticationV1Api", "createTokenReview", { spec: { token: "nonsense" } }],
    ["AuthorizationV1Api", "createSelfSubjectAccessReview", { spec: { resourceAttributes } }],
    ["AuthorizationV1Api", "createSelfSubjectRulesReview", { spec: { namespace } }],
    ["AuthorizationV1Api", "createSubjectAccessReview", { spec: { user: "jane", resourceAttributes } }],
    ["AuthorizationV1Api", "createNamespacedLocalSubjectAccessReview", { spec: { user: "jane", resourceAttributes } }],
  ];
  for (const [api, method, body] of asks) {
    const kind = method.replace(/^create(Namespaced)?/, "");
    expect((await call(api, method, { namespace, body: { metadata: {}, ...body } })).kind).toBe(kind);
  }
});

test("what a Pod and an account are asked for beside the usual", async () => {
  const body = { metadata: { name: "asked" }, spec: { containers: [{ name: "main", image: "main:1" }] } };
  await call("CoreV1Api", "createNamespacedPod", { namespace, body });
  const node = { metadata: { name: "there" } };
  await call("CoreV1Api", "createNode", { body: node });
  const binding = { metadata: { name: "asked" }, target: { kind: "Node", name: "there" } };
  await call("CoreV1Api", "createNamespacedPodBinding", { namespace, name: "asked", body: binding });
  expect((await call("CoreV1Api", "readNamespacedPod", { namespace, name: "asked" }))["spec"]).toMatchObject({ nodeName: "there" });
  expect(await refusal(call("CoreV1Api", "createNamespacedBinding", { namespace, body: binding }))).toBe(409);
  await call("CoreV1Api", "createNamespacedPodEviction", { namespace, name: "asked", body: { metadata: { name: "asked" } } });
  const audiences = { spec: { audiences: ["vault"] } };
  const token = await call("CoreV1Api", "createNamespacedServiceAccountToken", { namespace, name: "default", body: audiences });
  expect(token["status"]).toMatchObject({ token: expect.stringMatching(/^eyJ/) });
  // As upstream: an error without a reason, not NotFound.
  expect(await refusal(call("CoreV1Api", "readComponentStatus", { name: "none" }))).toBe(500);
  expect((await call("CoreV1Api", "listComponentStatus")).kind).toBe("ComponentStatusList");
});

test("every document of what is served", async () => {
  for (const api of classes) {
    if (api.name === "CustomObjectsApi") continue;
    for (const method of ["getAPIResources", "getAPIGroup", "getAPIVersions"]) {
      if (!api.has(method)) continue;
      // A group whose versions are all betas isn't there.
      if (["InternalApiserverApi", "StoragemigrationApi"].includes(api.name)) expect(await refusal(api.call(method))).toBe(404);
      else expect((await api.call(method)).kind).toMatch(/^API/);
    }
  }
  expect(await call("VersionApi", "getCode")).toMatchObject({ major: "1", minor: "36" });
  expect(await call("WellKnownApi", "getServiceAccountIssuerOpenIDConfiguration")).toBeTruthy();
  expect(await call("OpenidApi", "getServiceAccountIssuerOpenIDKeyset")).toBeTruthy();
});

test("custom objects, of a kind that the client has no model of", async () => {
  const group = "example.com";
  const version = "v1";
  const plural = "gadgets";
  const schema = {
    type: "object",
    properties: {
      spec: { type: "object", properties: { replicas: { type: "integer" } } },
      status: { type: "object", properties: { replicas: { type: "integer" } } },
    },
  };
  for (const scope of ["Namespaced", "Cluster"]) {
    const noun = `${scope}CustomObject`;
    const names = { plural, singular: "gadget", kind: "Gadget", listKind: "GadgetList" };
    const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
    const served = { name: version, served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale } };
    const definition = { metadata: { name: `${plural}.${group}` }, spec: { group, scope, names, versions: [served] } };
    await call("ApiextensionsV1Api", "createCustomResourceDefinition", { body: definition });
    await cluster.settle();
    const place = { group, version, plural, ...(scope === "Namespaced" ? { namespace } : {}) };
    const named = { ...place, name: "one" };
    const custom = (method: string, parameters: object, options?: unknown): Promise<Answer> =>
      call("CustomObjectsApi", method, parameters as Readonly<Record<string, unknown>>, options);
    const body = { apiVersion: `${group}/${version}`, kind: "Gadget", metadata: { name: "one" }, spec: { replicas: 1 } };
    await custom(`create${noun}`, { ...place, body });
    expect(namesIn(await custom(`list${noun}`, place))).toEqual(["one"]);
    for (const part of ["", "Status", "Scale"]) {
      const current = await custom(`get${noun}${part}`, named);
      expect((await custom(`replace${noun}${part}`, { ...named, body: current })).metadata?.name).toBe("one");
      expect((await custom(`patch${noun}${part}`, { ...named, body: {} }, mergePatch)).metadata?.name).toBe("one");
    }
    if (scope === "Namespaced") {
      expect((await custom("getAPIResources", { group, version })).kind).toBe("APIResourceList");
      expect(namesIn(await custom("listCustomObjectForAllNamespaces", { group, version, resourcePlural: plural }))).toEqual(["one"]);
    }
    await custom(`delete${noun}`, named);
    await custom(`create${noun}`, { ...place, body });
    await custom(`deleteCollection${noun}`, place);
    expect(namesIn(await custom(`list${noun}`, place))).toEqual([]);
    await call("ApiextensionsV1Api", "deleteCustomResourceDefinition", { name: `${plural}.${group}` });
    await cluster.settle();
  }
});

test("a watch and an informer are told of what comes, changes and goes", async () => {
  const core = (method: string, parameters: object): Promise<Answer> => call("CoreV1Api", method, { namespace, ...parameters });
  const seen: string[] = [];
  const told: string[] = [];
  const list = async (): Promise<never> => (await core("listNamespacedConfigMap", {})) as never;
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
  for (const verb of ["add", "update", "delete"] as const) informer.on(verb, ({ metadata }) => void told.push(`${verb} ${metadata?.name}`));
  await informer.start();
  const watching = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    {},
    (phase: string, object: Answer) => void seen.push(`${phase} ${object.metadata?.name}`),
    () => {},
  );
  await core("createNamespacedConfigMap", { body: { metadata: { name: "watched" } } });
  await core("patchNamespacedConfigMap", { name: "watched", body: [{ op: "add", path: "/data", value: { a: "1" } }] });
  await core("deleteNamespacedConfigMap", { name: "watched" });
  await expect.poll(() => seen).toEqual(["ADDED watched", "MODIFIED watched", "DELETED watched"]);
  await expect.poll(() => told).toEqual(["add watched", "update watched", "delete watched"]);
  await informer.stop();
  watching.abort();
});

/** What needs a node, or a server's log folder that ours doesn't show. */
const elsewhere: readonly RegExp[] = [/^connect/, /^readNamespacedPodLog$/, /^logFile/];

test("no method of a stable class was left out", () => {
  const left = classes.flatMap(({ name, methods, called }) =>
    methods.filter((method) => !called.has(method) && !elsewhere.some((each) => each.test(method))).map((method) => `${name}.${method}`),
  );
  expect(left).toEqual([]);
  expect(classes.reduce((sum, { called }) => sum + called.size, 0)).toBeGreaterThan(500);
});

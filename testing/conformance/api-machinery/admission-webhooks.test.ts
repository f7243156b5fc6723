import {
  ConfigMapKind,
  CustomResourceDefinitionKind,
  type MutatingWebhook,
  MutatingWebhookConfigurationKind,
  PodKind,
  type ValidatingWebhook,
  ValidatingWebhookConfigurationKind,
} from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import { afterEach, expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { aDefinition, define } from "../custom-resources.ts";
import { denying, patching, type Review, type ReviewedObject, webhookServer } from "../webhook-server.ts";
import { aPod } from "../workloads.ts";

/** Adds a key to the data of what has none of that name yet; `needs` is one that must be there already. */
function adding(key: string, needs?: string): (review: Review) => object {
  return ({ request: { object } }) => {
    if (object === null) return patching();
    const { data } = object;
    if (data?.[key] !== undefined || (needs !== undefined && data?.[needs] === undefined)) return patching();
    const steps = data === undefined ? [{ op: "add", path: "/data", value: {} }] : [];
    return patching(...steps, { op: "add", path: `/data/${key}`, value: "yes" });
  };
}

const bad = (object: ReviewedObject | null): boolean => object?.data?.["webhook-e2e-test"] === "webhook-disallow";

const hooks = webhookServer({
  "/add-first": adding("first"),
  "/add-second": adding("second", "first"),
  "/deny-bad": ({ request: { object, oldObject, operation } }) =>
    bad(operation === "DELETE" ? oldObject : object) ? denying("the object contains unwanted data") : patching(),
  "/deny": () => denying("never"),
  "/deny-attaching": ({ request: { name = "", kind } }) => denying(`attaching to Pod ${name} by ${kind.kind}`),
  "/add-init-container": ({ request: { object } }) =>
    patching(...(object === null ? [] : [{ op: "add", path: "/spec/initContainers", value: [{ name: "added", image: "added:1" }] }])),
});
const cluster = conformanceCluster({ nodes: 1, server: { dialer: hooks.dialer } });

/** Which requests, for objects of one namespace alone. */
interface Asked {
  readonly operations?: readonly ("CREATE" | "UPDATE" | "DELETE" | "CONNECT" | "*")[];
  readonly group?: string;
  readonly version?: string;
  readonly resources?: readonly string[];
}
type Options<T> = Asked & Partial<Omit<Draft<T>, "rules">>;

const configMaps: Required<Asked> = { operations: ["CREATE", "UPDATE"], group: "", version: "v1", resources: ["configmaps"] };

/** A namespace with the Service of the webhooks, and what a webhook needs to be asked about what is in it. */
async function guarded(): Promise<{
  readonly namespace: string;
  webhook<T = ValidatingWebhook>(path: string, options?: Options<T>): Draft<T>;
}> {
  const namespace = await cluster.namespace();
  const clientConfig = await hooks.service(cluster.client, namespace);
  let made = 0;
  return {
    namespace,
    webhook<T>(path: string, options: Options<T> = {}) {
      const { operations, group, version, resources, ...rest } = { ...configMaps, ...options };
      return {
        name: `hook-${made++}.example.com`,
        clientConfig: clientConfig(path),
        rules: [{ operations, apiGroups: [group], apiVersions: [version], resources }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        ...rest,
      } as unknown as Draft<T>;
    },
  };
}

const mutating = () => cluster.client.resource(MutatingWebhookConfigurationKind);
const validating = () => cluster.client.resource(ValidatingWebhookConfigurationKind);
const maps = (namespace: string) => cluster.client.resource(ConfigMapKind).in(namespace);
const unwanted = { "webhook-e2e-test": "webhook-disallow" };
const denied = (name: string, message: string): string => `admission webhook "${name}" denied the request: ${message}`;
const unwantedData = "denied the request: the object contains unwanted data";

afterEach(async () => {
  for (const name of await namesIn(mutating())) await mutating().delete(name);
  for (const name of await namesIn(validating())) await validating().delete(name);
});

test("AM-003 mutating webhooks are listed by label, and work until they are deleted by it", async () => {
  const { namespace, webhook } = await guarded();
  for (let index = 0; index < 10; index++) {
    const webhooks = [webhook<MutatingWebhook>(index === 0 ? "/add-first" : "/add-second")];
    await mutating().create({ metadata: { name: `am003-${index}`, labels: { e2e: "am003" } }, webhooks });
  }
  expect((await mutating().list({ labelSelector: "e2e=am003" })).items).toHaveLength(10);
  expect((await maps(namespace).create({ metadata: { name: "one" }, data: {} })).data).toEqual({ first: "yes", second: "yes" });
  await mutating().deleteCollection({ labelSelector: "e2e=am003" });
  await cluster.until(async () => expect((await mutating().list({ labelSelector: "e2e=am003" })).items).toEqual([]));
  expect((await maps(namespace).create({ metadata: { name: "two" }, data: { a: "b" } })).data).toEqual({ a: "b" });
});

test("AM-004 validating webhooks are listed by label, and work until they are deleted by it", async () => {
  const { namespace, webhook } = await guarded();
  for (let index = 0; index < 10; index++)
    await validating().create({ metadata: { name: `am004-${index}`, labels: { e2e: "am004" } }, webhooks: [webhook("/deny-bad")] });
  expect((await validating().list({ labelSelector: "e2e=am004" })).items).toHaveLength(10);
  await expect(maps(namespace).create({ metadata: { name: "one" }, data: unwanted })).rejects.toThrow(unwantedData);
  await validating().deleteCollection({ labelSelector: "e2e=am004" });
  await expect(maps(namespace).create({ metadata: { name: "one" }, data: unwanted })).resolves.toMatchObject({ data: unwanted });
});

test("AM-005 a mutating webhook follows updates and patches of its rules", async () => {
  const { namespace, webhook } = await guarded();
  const created = await mutating().create({ metadata: { name: "am005" }, webhooks: [webhook<MutatingWebhook>("/add-first")] });
  const rules = (operation: "CREATE" | "UPDATE") =>
    created.webhooks!.map((each) => ({ ...each, rules: [{ ...each.rules![0]!, operations: [operation] }] }));
  await mutating().update({ ...created, webhooks: rules("UPDATE") });
  expect((await maps(namespace).create({ metadata: { name: "one" }, data: {} })).data ?? {}).toEqual({});
  await mutating().patch("am005", { webhooks: rules("CREATE") }, { type: "merge" });
  expect((await maps(namespace).create({ metadata: { name: "two" }, data: {} })).data).toEqual({ first: "yes" });
});

test("AM-006 a validating webhook follows updates and patches of its rules", async () => {
  const { namespace, webhook } = await guarded();
  const created = await validating().create({ metadata: { name: "am006" }, webhooks: [webhook("/deny-bad")] });
  const rules = (operation: "CREATE" | "UPDATE") =>
    created.webhooks!.map((each) => ({ ...each, rules: [{ ...each.rules![0]!, operations: [operation] }] }));
  await validating().update({ ...created, webhooks: rules("UPDATE") });
  await maps(namespace).create({ metadata: { name: "one" }, data: unwanted });
  await validating().patch("am006", { webhooks: rules("CREATE") }, { type: "merge" });
  await expect(maps(namespace).create({ metadata: { name: "two" }, data: unwanted })).rejects.toThrow(unwantedData);
});

test("AM-010 validating webhooks judge custom objects when they are created, updated and deleted", async () => {
  const { namespace, webhook } = await guarded();
  const resource = await define(cluster, { group: "am010.example.com", kind: "Thing" });
  const operations = ["CREATE", "UPDATE", "DELETE"] as const;
  const webhooks = [webhook("/deny-bad", { group: "am010.example.com", resources: ["things"], operations })];
  const things = resource.objects().in(namespace);
  await expect(things.create({ metadata: { name: "kept" }, data: unwanted })).resolves.toBeDefined();
  await things.create({ metadata: { name: "good" }, data: { a: "b" } });
  await validating().create({ metadata: { name: "am010" }, webhooks });
  await expect(things.create({ metadata: { name: "bad" }, data: unwanted })).rejects.toThrow(unwantedData);
  await expect(things.patch("good", { data: unwanted }, { type: "merge" })).rejects.toThrow(unwantedData);
  await expect(things.delete("kept")).rejects.toThrow(unwantedData);
  await validating().delete("am010");
  await things.delete("kept");
});

test("AM-009 a webhook refuses connections to a Pod", async () => {
  const { namespace, webhook } = await guarded();
  await cluster.client.resource(PodKind).in(namespace).create(aPod("web"));
  const hook = webhook("/deny-attaching", { resources: ["pods/attach"], operations: ["CONNECT"] });
  await validating().create({ metadata: { name: "am009" }, webhooks: [hook] });
  const target = `/api/v1/namespaces/${namespace}/pods/web/attach?container=web&stdout=true`;
  const answer = await cluster.client.transport.send({ method: "GET", target, headers: {} }, new AbortController().signal);
  const message = denied(hook.name, "attaching to Pod web by PodAttachOptions");
  expect([answer.status, await answer.object()]).toMatchObject([400, { message }]);
});

test("AM-012 a webhook refuses a definition", async () => {
  const { namespace, webhook } = await guarded();
  const asked = {
    group: "apiextensions.k8s.io",
    resources: ["customresourcedefinitions"],
    objectSelector: { matchLabels: { e2e: namespace } },
  };
  const hook = webhook("/deny", { ...asked, operations: ["CREATE"] });
  await validating().create({ metadata: { name: "am012" }, webhooks: [hook] });
  const definition = aDefinition({ group: "am012.example.com", kind: "Thing", labels: { e2e: namespace } });
  await expect(cluster.client.resource(CustomResourceDefinitionKind).create(definition)).rejects.toThrow(denied(hook.name, "never"));
});

test("AM-015 webhooks change an object one after the other, each as the one before left it", async () => {
  const { namespace, webhook } = await guarded();
  await mutating().create({ metadata: { name: "am015-a" }, webhooks: [webhook<MutatingWebhook>("/add-first")] });
  await mutating().create({ metadata: { name: "am015-b" }, webhooks: [webhook<MutatingWebhook>("/add-second")] });
  const created = await maps(namespace).create({ metadata: { name: "map" }, data: { own: "a" } });
  expect(created.data).toEqual({ own: "a", first: "yes", second: "yes" });
});

test("a webhook is asked again when one after it changed the object, if it asks for it", async () => {
  const { namespace, webhook } = await guarded();
  const again = webhook<MutatingWebhook>("/add-second", { reinvocationPolicy: "IfNeeded" });
  await mutating().create({ metadata: { name: "again-a" }, webhooks: [again] });
  await mutating().create({ metadata: { name: "again-b" }, webhooks: [webhook<MutatingWebhook>("/add-first")] });
  expect((await maps(namespace).create({ metadata: { name: "map" }, data: {} })).data).toEqual({ first: "yes", second: "yes" });
});

test("AM-016 mutating webhooks change custom objects", async () => {
  const { namespace, webhook } = await guarded();
  const resource = await define(cluster, { group: "am016.example.com", kind: "Thing" });
  const webhooks = [webhook<MutatingWebhook>("/add-first", { group: "am016.example.com", resources: ["things"] })];
  await mutating().create({ metadata: { name: "am016" }, webhooks });
  const created = await resource
    .objects()
    .in(namespace)
    .create({ metadata: { name: "thing" }, data: { own: "a" } });
  expect(created["data"]).toEqual({ own: "a", first: "yes" });
});

test("AM-017 custom objects are changed after another version of theirs is the one that is stored", async () => {
  const { namespace, webhook } = await guarded();
  const resource = await define(cluster, { group: "am017.example.com", kind: "Thing", versions: [{}, {}] });
  const webhooks = [
    webhook<MutatingWebhook>("/add-first", { group: "am017.example.com", version: "*", resources: ["things"] }),
    webhook<MutatingWebhook>("/add-second", { group: "am017.example.com", version: "v2", resources: ["things"] }),
  ];
  await mutating().create({ metadata: { name: "am017" }, webhooks });
  const things = resource.objects().in(namespace);
  await things.create({ metadata: { name: "thing" }, data: { own: "a" } });
  const { name } = resource.definition.metadata;
  const versions = resource.definition.spec.versions.map((version) => ({ ...version, storage: version.name === "v2" }));
  await cluster.client.resource(CustomResourceDefinitionKind).patch(name, { spec: { versions } }, { type: "merge" });
  await cluster.until(async () => {
    const patched = await things.patch("thing", { data: { patched: "b" } }, { type: "merge" });
    expect(patched["data"]).toEqual({ own: "a", patched: "b", first: "yes", second: "yes" });
  });
});

test("AM-018 what webhooks add is pruned where the schema doesn't know it", async () => {
  const { namespace, webhook } = await guarded();
  const text = { type: "string" } as const;
  const data = { type: "object", properties: { own: text, first: text } } as const;
  const schema = { openAPIV3Schema: { type: "object", properties: { data } } } as const;
  const resource = await define(cluster, { group: "am018.example.com", kind: "Thing", versions: [{ schema }] });
  const asked = { group: "am018.example.com", resources: ["things"] };
  const webhooks = [webhook<MutatingWebhook>("/add-first", asked), webhook<MutatingWebhook>("/add-second", asked)];
  await mutating().create({ metadata: { name: "am018" }, webhooks });
  const created = await resource
    .objects()
    .in(namespace)
    .create({ metadata: { name: "thing" }, data: { own: "a" } });
  expect(created["data"]).toEqual({ own: "a", first: "yes" });
});

test("AM-019 a match condition on the name keeps a webhook from one object", async () => {
  const { namespace, webhook } = await guarded();
  const matchConditions = [{ name: "skip-me", expression: "object.metadata.name != 'skip-me'" }];
  await mutating().create({ metadata: { name: "am019" }, webhooks: [webhook<MutatingWebhook>("/add-first", { matchConditions })] });
  expect((await maps(namespace).create({ metadata: { name: "skip-me" }, data: { a: "b" } })).data).toEqual({ a: "b" });
  expect((await maps(namespace).create({ metadata: { name: "other" }, data: { a: "b" } })).data).toEqual({ a: "b", first: "yes" });
});

test("AM-020 what a webhook adds to a Pod gets its defaults", async () => {
  const { namespace, webhook } = await guarded();
  const webhooks = [webhook<MutatingWebhook>("/add-init-container", { resources: ["pods"], operations: ["CREATE"] })];
  await mutating().create({ metadata: { name: "am020" }, webhooks });
  const created = await cluster.client.resource(PodKind).in(namespace).create(aPod("web"));
  expect(created.spec.initContainers).toMatchObject([
    { name: "added", image: "added:1", terminationMessagePolicy: "File", terminationMessagePath: "/dev/termination-log" },
  ]);
});

test("AM-021 webhooks neither change nor keep configurations of webhooks", async () => {
  const { webhook } = await guarded();
  const all = { group: "admissionregistration.k8s.io", version: "*", resources: ["*"], operations: ["*"], namespaceSelector: {} } as const;
  await validating().create({ metadata: { name: "am021-deny" }, webhooks: [webhook("/deny", all)] });
  await mutating().create({ metadata: { name: "am021-change" }, webhooks: [webhook<MutatingWebhook>("/add-first", all)] });
  expect(await mutating().create({ metadata: { name: "am021-empty" } })).not.toHaveProperty("data");
  expect(await validating().create({ metadata: { name: "am021-empty" } })).not.toHaveProperty("data");
  await mutating().delete("am021-empty");
  await validating().delete("am021-empty");
  await validating().delete("am021-deny");
});

test("AM-022 a mutating webhook with a condition that isn't CEL is refused", async () => {
  const { webhook } = await guarded();
  const matchConditions = [{ name: "broken", expression: "... [] bad expression" }];
  const creation = mutating().create({ metadata: { name: "am022" }, webhooks: [webhook<MutatingWebhook>("/deny", { matchConditions })] });
  await expect(creation).rejects.toMatchObject({ reason: "Invalid", message: expect.stringContaining("compilation failed") });
});

test("AM-023 a validating webhook with a condition that isn't CEL is refused", async () => {
  const { webhook } = await guarded();
  const matchConditions = [{ name: "broken", expression: "... [] bad expression" }];
  const creation = validating().create({ metadata: { name: "am023" }, webhooks: [webhook("/deny", { matchConditions })] });
  await expect(creation).rejects.toMatchObject({ reason: "Invalid", message: expect.stringContaining("compilation failed") });
});

test("AM-024 a webhook that can't be trusted refuses everything that it would be asked about, if it fails closed", async () => {
  const { namespace, webhook } = await guarded();
  const trusted = webhook("/add-first");
  const { caBundle: _, ...clientConfig } = trusted.clientConfig;
  await validating().create({ metadata: { name: "am024" }, webhooks: [{ ...trusted, clientConfig, failurePolicy: "Fail" }] });
  await expect(maps(namespace).create({ metadata: { name: "map" } })).rejects.toMatchObject({
    code: 500,
    reason: "InternalError",
    message: expect.stringContaining(
      `failed calling webhook "${trusted.name}": failed to call webhook: Post "https://webhook.${namespace}.svc:443/add-first?timeout=10s"`,
    ),
  });
});

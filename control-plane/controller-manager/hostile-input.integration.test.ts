import {
  ConfigMapKind,
  CronJobKind,
  DaemonSetKind,
  DeploymentKind,
  EventKind,
  JobKind,
  NamespaceKind,
  type Pod,
  PodKind,
  ReplicaSetKind,
  ReplicationControllerKind,
  ResourceQuotaKind,
  StatefulSetKind,
} from "@kubets/api";
import { apiVersionOf, isStatus, type Kind, type KubernetesObject, type OwnerReference } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { controllerOf } from "./ownership/claim.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2, seed: 1 });
});
afterAll(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});

/** A kind that makes Pods, and an object of it that wants two. */
interface Workload {
  readonly kind: Kind;
  readonly spec: (template: object, labels: Readonly<Record<string, string>>) => object;
  /** Who owns its Pods, when it isn't the object itself. */
  readonly through?: Kind;
}
const matching = (labels: object) => ({ matchLabels: labels });
const workload = (kind: unknown, spec: Workload["spec"], through?: unknown): Workload => ({
  kind: kind as Kind,
  spec,
  ...(through === undefined ? {} : { through: through as Kind }),
});
const workloads: Readonly<Record<string, Workload>> = {
  Deployment: workload(DeploymentKind, (template, labels) => ({ replicas: 2, selector: matching(labels), template }), ReplicaSetKind),
  ReplicaSet: workload(ReplicaSetKind, (template, labels) => ({ replicas: 2, selector: matching(labels), template })),
  ReplicationController: workload(ReplicationControllerKind, (template, labels) => ({ replicas: 2, selector: labels, template })),
  StatefulSet: workload(StatefulSetKind, (template, labels) => ({ replicas: 2, serviceName: "x", selector: matching(labels), template })),
  DaemonSet: workload(DaemonSetKind, (template, labels) => ({ selector: matching(labels), template })),
  Job: workload(JobKind, (template, labels) => ({ parallelism: 2, manualSelector: true, selector: matching(labels), template })),
};
const each = Object.entries(workloads);

const app = { app: "web" } as const;
const podSpec = { containers: [{ name: "web", image: "web:1" }] };
const template = (kind: Kind, labels: object = app) => ({
  metadata: { labels },
  spec: { ...podSpec, ...(kind.kind === "Job" ? { restartPolicy: "Never" } : {}) },
});

let namespaces = 0;
async function aNamespace(): Promise<string> {
  const name = `hostile-${namespaces++}`;
  await cluster.client.resource(NamespaceKind).create({ metadata: { name } });
  await cluster.settle();
  return name;
}
const resource = (kind: Kind, namespace: string) => cluster.client.resource(kind).in(namespace);
function make({ kind, spec }: Workload, namespace: string, name: string, metadata: object = {}): Promise<KubernetesObject> {
  return resource(kind, namespace).create({ metadata: { name, ...metadata }, spec: spec(template(kind), app) } as never);
}
const podsIn = async (namespace: string): Promise<readonly Pod[]> => (await cluster.client.resource(PodKind).in(namespace).list()).items;

/** How many Pods are on their feet, by the name of the workload that stands behind them; `""` for those that nobody controls. */
async function podsByOwner({ through }: Workload, namespace: string): Promise<Readonly<Record<string, number>>> {
  const owners = through === undefined ? [] : (await resource(through, namespace).list()).items;
  const above = new Map(owners.map((object) => [object.metadata.uid, controllerOf(object)?.name ?? ""]));
  const counts: Record<string, number> = {};
  for (const pod of await podsIn(namespace)) {
    const owner = controllerOf(pod);
    const name = owner === undefined ? "" : (above.get(owner.uid) ?? owner.name);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
const eventsIn = async (namespace: string, reason: string): Promise<readonly string[]> =>
  (await cluster.client.resource(EventKind).in(namespace).list()).items
    .filter((event) => event.reason === reason)
    .map(({ message = "" }) => message);

test.each(each)("a %s whose template its selector doesn't match is refused", async (_, { kind, spec }) => {
  const namespace = await aNamespace();
  const body = { metadata: { name: "a" }, spec: spec(template(kind, { app: "other" }), app) };
  const refusal = await resource(kind, namespace)
    .create(body as never)
    .catch((error: unknown) => error);
  expect(isStatus(refusal, "Invalid")).toBe(true);
  expect((refusal as Error).message).toContain("`selector` does not match template `labels`");
});

test.each(each)("two of kind %s with one selector each keep to their own Pods, and leave strangers' alone", async (_, one) => {
  const namespace = await aNamespace();
  await make(one, namespace, "a");
  await make(one, namespace, "b");
  await cluster.settle();
  const both = { a: 2, b: 2 };
  expect(await podsByOwner(one, namespace)).toEqual(both);
  const names = (await podsIn(namespace)).map(({ metadata }) => metadata.name);
  await cluster.clock.advance("10m");
  expect((await podsIn(namespace)).map(({ metadata }) => metadata.name)).toEqual(names);
});

/** A Pod that says of itself that something else owns it. */
const claiming = (name: string, reference: Omit<OwnerReference, "controller">) => ({
  metadata: { name, labels: app, ownerReferences: [{ ...reference, controller: true }] },
  spec: podSpec,
});

test.each(each)("Pods that lie about the %s that owns them are none of its Pods, and go", async (_, one) => {
  const [namespace, other] = [await aNamespace(), await aNamespace()];
  const { metadata } = await make(one, namespace, "a");
  await cluster.settle();
  const owner = { apiVersion: apiVersionOf(one.kind), kind: one.kind.kind, name: "a", uid: metadata.uid };
  const pods = cluster.client.resource(PodKind);
  await pods.in(namespace).create(claiming("wrong-uid", { ...owner, uid: "00000000-0000-0000-0000-000000000bad" }));
  await pods.in(namespace).create(claiming("wrong-kind", { ...owner, apiVersion: "v1", kind: "ConfigMap" }));
  await pods.in(namespace).create(claiming("nobodys", { ...owner, name: "nobody" }));
  await pods.in(other).create(claiming("cross-namespace", owner));
  await cluster.clock.advance("2m");
  expect(await podsByOwner(one, namespace)).toEqual({ a: 2 });
  expect(await podsIn(other)).toEqual([]);
  expect(await eventsIn(other, "OwnerRefInvalidNamespace")).toEqual([
    `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${other}, name: a, uid: ${owner.uid}] does not exist in namespace "${other}"`,
  ]);
});

test.each(each.filter(([name]) => name !== "Job"))("what others write into the status of a %s is put right", async (_, one) => {
  const namespace = await aNamespace();
  await make(one, namespace, "a");
  await cluster.settle();
  const statusOf = async (): Promise<Readonly<Record<string, unknown>>> =>
    ((await resource(one.kind, namespace).get("a")) as unknown as { status: Readonly<Record<string, unknown>> }).status;
  const before = await statusOf();
  // What its Pods are like; how often hashes collided nobody can count again.
  const counts = Object.entries(before).filter(([key, value]) => typeof value === "number" && !/observed|collision/.test(key));
  expect(counts.length).toBeGreaterThan(1);
  const lies = Object.fromEntries(counts.map(([key]) => [key, 77]));
  await resource(one.kind, namespace).patch("a", { status: lies }, { type: "merge", subresource: "status" });
  await cluster.settle();
  expect(await statusOf()).toMatchObject(Object.fromEntries(counts));
  expect(await podsByOwner(one, namespace)).toEqual({ a: 2 });
});

test("what can't be true of a Job is refused", async () => {
  const namespace = await aNamespace();
  await make(workloads["Job"]!, namespace, "a");
  await cluster.settle();
  const lies = [
    { completionTime: "2026-01-01T00:00:00Z" },
    { succeeded: -1 },
    {
      conditions: [
        { type: "Complete", status: "True" },
        { type: "Failed", status: "True" },
      ],
    },
  ];
  for (const status of lies) {
    const told = resource(workloads["Job"]!.kind, namespace).patch("a", { status }, { type: "merge", subresource: "status" });
    await expect(told).rejects.toThrow(/is invalid/);
  }
});

const manyFinalizers = Array.from({ length: 10_000 }, (_, index) => `example.com/hold-${index}`);

test.each(each)("ten thousand finalizers keep a %s, which does its work until it is let go", async (_, one) => {
  const namespace = await aNamespace();
  await make(one, namespace, "a", { finalizers: manyFinalizers });
  await make(one, namespace, "b");
  await cluster.settle();
  expect(await podsByOwner(one, namespace)).toEqual({ a: 2, b: 2 });
  await resource(one.kind, namespace).delete("a", { propagationPolicy: "Background" });
  await cluster.settle();
  const { metadata } = await resource(one.kind, namespace).get("a");
  expect([metadata.deletionTimestamp === undefined, metadata.finalizers?.length]).toEqual([false, manyFinalizers.length]);
  await resource(one.kind, namespace).patch("a", { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.clock.advance("2m");
  expect(await podsByOwner(one, namespace)).toEqual({ b: 2 });
});

test.each(each)("a %s that is owned by its own Pod, and by itself, goes all the same", async (_, one) => {
  const namespace = await aNamespace();
  const { metadata } = await make(one, namespace, "a");
  await cluster.settle();
  const [pod] = await podsIn(namespace);
  const blockOwnerDeletion = true;
  const ownerReferences = [
    { apiVersion: "v1", kind: "Pod", name: pod!.metadata.name, uid: pod!.metadata.uid, blockOwnerDeletion },
    { apiVersion: apiVersionOf(one.kind), kind: one.kind.kind, name: "a", uid: metadata.uid, blockOwnerDeletion },
  ];
  await resource(one.kind, namespace).patch("a", { metadata: { ownerReferences } }, { type: "merge" });
  await cluster.settle();
  expect(await podsByOwner(one, namespace)).toEqual({ a: 2 });
  await resource(one.kind, namespace).delete("a", { propagationPolicy: "Foreground" });
  await cluster.clock.advance("2m");
  expect((await resource(one.kind, namespace).list()).items).toEqual([]);
  expect(await podsIn(namespace)).toEqual([]);
});

test.each([...each, ["CronJob", undefined] as const])(
  "a %s that may make nothing says so, tries ever more rarely, and holds up no other",
  async (name, one) => {
    const [full, free] = [await aNamespace(), await aNamespace()];
    const hard = one === undefined ? { "count/jobs.batch": "0" } : { pods: "0" };
    await resource(ResourceQuotaKind as unknown as Kind, full).create({ metadata: { name: "none" }, spec: { hard } } as never);
    await cluster.clock.advance("10s");
    const tried: Workload = one ?? {
      kind: CronJobKind as unknown as Kind,
      spec: (pods) => ({ schedule: "* * * * *", jobTemplate: { spec: { template: pods } } }),
    };
    const podTemplate = template(one === undefined ? (JobKind as unknown as Kind) : tried.kind);
    const body = { metadata: { name: "a" }, spec: tried.spec(podTemplate, app) } as never;
    await resource(tried.kind, full).create(body);
    await resource(tried.kind, free).create(body);
    await cluster.clock.advance("5m");
    const told = await eventsIn(full, "FailedCreate");
    expect(told.length, name).toBeGreaterThan(0);
    for (const message of told) expect(message).toContain("exceeded quota: none");
    const events = (await cluster.client.resource(EventKind).in(full).list()).items.filter(({ reason }) => reason === "FailedCreate");
    expect(events.reduce((sum, { count = 1 }) => sum + count, 0)).toBeLessThan(60);
    expect(await podsIn(full)).toEqual([]);
    expect((await podsIn(free)).length).toBeGreaterThanOrEqual(2);
  },
);

test("what claims to be owned by nothing that is served stays, and the collector goes on", async () => {
  const namespace = await aNamespace();
  const maps = cluster.client.resource(ConfigMapKind).in(namespace);
  const reference = { apiVersion: "example.com/v1", kind: "Ghost", name: "ghost", uid: "00000000-0000-0000-0000-000000000bad" };
  await maps.create({ metadata: { name: "haunted", ownerReferences: [reference] } });
  await maps.create({ metadata: { name: "bereft", ownerReferences: [{ ...reference, apiVersion: "v1", kind: "Pod" }] } });
  await cluster.clock.advance("5m");
  const left = (await maps.list()).items.map(({ metadata }) => metadata.name);
  expect(left.filter((name) => name !== "kube-root-ca.crt")).toEqual(["haunted"]);
});

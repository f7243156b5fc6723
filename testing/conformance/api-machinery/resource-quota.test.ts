import {
  ConfigMapKind,
  PodKind,
  ReplicaSetKind,
  ReplicationControllerKind,
  ResourceQuotaKind,
  type ResourceQuotaSpec,
  SecretKind,
  ServiceKind,
} from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aPod, aReplicaSet, podTemplate } from "../workloads.ts";

const cluster = conformanceCluster();

type Amounts = Readonly<Record<string, string>>;

/** A new namespace with a quota whose use is known. */
async function namespaceWithQuota(spec: ResourceQuotaSpec): Promise<string> {
  const namespace = await cluster.namespace();
  await addQuota(namespace, "quota", spec);
  return namespace;
}

async function addQuota(namespace: string, name: string, spec: ResourceQuotaSpec): Promise<void> {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(namespace);
  await quotas.create({ metadata: { name }, spec });
  await cluster.until(async () => {
    const { hard, used } = (await quotas.get(name)).status;
    expect(hard).toEqual(spec.hard);
    expect(Object.keys(used ?? {})).toEqual(expect.arrayContaining(Object.keys(spec.hard ?? {})));
  });
}

/** Waits until that much is used, of what is named. */
async function used(namespace: string, amounts: Amounts, quota = "quota"): Promise<void> {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(namespace);
  await cluster.until(async () => expect((await quotas.get(quota)).status.used).toMatchObject(amounts));
}

const objectsIn = <T extends KubernetesObject>(kind: Kind<T>, namespace: string) => cluster.client.resource(kind).in(namespace);

/** A Pod that asks for and is limited to so much. */
function podOf(name: string, requests: Amounts, more: object = {}) {
  const extended = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource.includes("/")));
  return aPod(name, {}, { containers: [{ name: "web", image: "web:1", resources: { requests, limits: extended } }], ...more });
}

test("AM-075 the status of a quota follows its limits, and is updated and patched without them", async () => {
  const quotas = objectsIn(ResourceQuotaKind, await namespaceWithQuota({ hard: { cpu: "500m", memory: "500Mi" } }));
  const present = await quotas.get("quota");
  await quotas.updateStatus({ ...present, status: { hard: { cpu: "750m", memory: "500Mi" } } });
  const settled = { spec: { hard: { cpu: "500m", memory: "500Mi" } }, status: { hard: { cpu: "500m", memory: "500Mi" } } };
  // The controller puts back what it knows better.
  await cluster.until(async () => expect(await quotas.get("quota")).toMatchObject(settled));
  const patched = await quotas.patch("quota", { status: { hard: { cpu: "1" } } }, { type: "merge", subresource: "status" });
  expect(patched).toMatchObject({ spec: settled.spec, status: { hard: { cpu: "1" } } });
  await quotas.patch("quota", { spec: { hard: { cpu: "2" } } }, { type: "merge" });
  await cluster.until(async () => expect((await quotas.get("quota")).status.hard).toEqual({ cpu: "2", memory: "500Mi" }));
});

/** A thing of the kind is counted from when it is made until it is gone. */
async function counts(kind: Kind, resource: string, body: object = { data: {} }): Promise<void> {
  const namespace = await namespaceWithQuota({ hard: { [resource]: "20" } });
  const before = (await objectsIn(ResourceQuotaKind, namespace).get("quota")).status.used?.[resource] ?? "";
  await objectsIn(kind, namespace).create({ ...body, metadata: { name: "thing" } });
  await used(namespace, { [resource]: String(Number(before) + 1) });
  await objectsIn(kind, namespace).delete("thing");
  await used(namespace, { [resource]: before });
}

test("AM-077 a ConfigMap counts while it is there", () => counts(ConfigMapKind as unknown as Kind, "configmaps"));

test("AM-079 a ReplicaSet counts while it is there", () =>
  counts(ReplicaSetKind as unknown as Kind, "count/replicasets.apps", aReplicaSet("thing", { replicas: 0 })));

test("AM-080 a ReplicationController counts while it is there", () => {
  const spec = { replicas: 0, selector: { app: "thing" }, template: podTemplate("thing") };
  return counts(ReplicationControllerKind as unknown as Kind, "replicationcontrollers", { spec });
});

test("AM-081 a Secret counts while it is there", () => counts(SecretKind as unknown as Kind, "secrets"));

test("AM-078 a Pod is charged for what it asks for, and one of too much is refused", async () => {
  const gpu = "requests.example.com/gpu";
  const namespace = await namespaceWithQuota({
    hard: { pods: "5", cpu: "1", memory: "500Mi", "requests.ephemeral-storage": "50Gi", [gpu]: "3" },
  });
  const pods = objectsIn(PodKind, namespace);
  await pods.create(podOf("fits", { cpu: "500m", memory: "252Mi", "ephemeral-storage": "30Gi", "example.com/gpu": "2" }));
  const taken = { pods: "1", cpu: "500m", memory: "252Mi", "requests.ephemeral-storage": "30Gi", [gpu]: "2" };
  await used(namespace, taken);
  expect(await refusal(pods.create(podOf("too-much-cpu", { cpu: "600m", memory: "100Mi" })))).toBe("Forbidden");
  expect(
    await refusal(pods.create(podOf("too-many-gpus", { cpu: "100m", memory: "10Mi", "ephemeral-storage": "1Gi", "example.com/gpu": "2" }))),
  ).toBe("Forbidden");
  const grown = { spec: { containers: [{ name: "web", resources: { requests: { cpu: "1" } } }] } };
  expect(await refusal(pods.patch("fits", grown, { type: "strategic" }))).toBe("Invalid");
  await used(namespace, taken);
  await pods.delete("fits", { gracePeriodSeconds: 0 });
  await used(namespace, { pods: "0", cpu: "0", memory: "0", "requests.ephemeral-storage": "0", [gpu]: "0" });
});

test("AM-082 Services, their node ports and load balancers count, and too many are refused", async () => {
  const namespace = await namespaceWithQuota({ hard: { services: "10", "services.nodeports": "1", "services.loadbalancers": "1" } });
  const services = objectsIn(ServiceKind, namespace);
  const service = (name: string, type: "ClusterIP" | "LoadBalancer" | "NodePort", more: object = {}) => ({
    metadata: { name },
    spec: { type, ports: [{ port: 80, targetPort: 80 }], ...more },
  });
  await services.create(service("internal", "ClusterIP"));
  await services.create(service("ported", "NodePort"));
  expect(await refusal(services.create(service("balanced", "LoadBalancer")))).toBe("Forbidden");
  await services.create(service("balanced", "LoadBalancer", { allocateLoadBalancerNodePorts: false }));
  await used(namespace, { services: "3", "services.nodeports": "1", "services.loadbalancers": "1" });
  expect(await refusal(services.create(service("another", "NodePort")))).toBe("Forbidden");
  for (const name of ["internal", "ported", "balanced"]) await services.delete(name);
  await used(namespace, { services: "0", "services.nodeports": "0", "services.loadbalancers": "0" });
});

test("AM-083 the status of a new quota says at once what is used", async () => {
  const namespace = await namespaceWithQuota({ hard: { resourcequotas: "3", "count/resourcequotas": "4" } });
  await used(namespace, { resourcequotas: "1", "count/resourcequotas": "1" });
});

test("AM-085 quotas of the best effort and of the rest each count their own Pods", async () => {
  const namespace = await namespaceWithQuota({ hard: { pods: "5" }, scopes: ["BestEffort"] });
  await addQuota(namespace, "rest", { hard: { pods: "5" }, scopes: ["NotBestEffort"] });
  const pods = objectsIn(PodKind, namespace);
  await pods.create(aPod("idle"));
  await used(namespace, { pods: "1" });
  await used(namespace, { pods: "0" }, "rest");
  await pods.delete("idle", { gracePeriodSeconds: 0 });
  await pods.create(podOf("busy", { cpu: "500m" }));
  await used(namespace, { pods: "0" });
  await used(namespace, { pods: "1" }, "rest");
});

test("AM-086 Pods with a deadline and those without count apart", async () => {
  const hard = { pods: "5", "requests.cpu": "1" };
  const namespace = await namespaceWithQuota({ hard, scopes: ["Terminating"] });
  await addQuota(namespace, "lasting", { hard, scopes: ["NotTerminating"] });
  const pods = objectsIn(PodKind, namespace);
  await pods.create(podOf("lasting", { cpu: "500m" }));
  await used(namespace, { pods: "0", "requests.cpu": "0" });
  await used(namespace, { pods: "1", "requests.cpu": "500m" }, "lasting");
  await pods.delete("lasting", { gracePeriodSeconds: 0 });
  await pods.create(podOf("short", { cpu: "500m" }, { activeDeadlineSeconds: 3600 }));
  await used(namespace, { pods: "1", "requests.cpu": "500m" });
  await used(namespace, { pods: "0", "requests.cpu": "0" }, "lasting");
});

test("AM-076 a quota's limits are updated, read back, and the quota deleted", async () => {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(await cluster.namespace());
  const created = await quotas.create({ metadata: { name: "compute" }, spec: { hard: { cpu: "1", memory: "500Mi" } } });
  expect(created.spec.hard).toEqual({ cpu: "1", memory: "500Mi" });
  // Without a resourceVersion: its status may have been written in between.
  await quotas.update({ metadata: { name: "compute" }, spec: { hard: { cpu: "2", memory: "1Gi" } } });
  expect((await quotas.get("compute")).spec.hard).toEqual({ cpu: "2", memory: "1Gi" });
  await quotas.delete("compute");
  expect(await refusal(quotas.get("compute"))).toBe("NotFound");
});

test("AM-084 quotas are listed over all namespaces by label, patched, and deleted as a collection", async () => {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(await cluster.namespace());
  const labelSelector = "conformance=AM-084";
  await quotas.create({ metadata: { name: "compute", labels: { conformance: "AM-084" } }, spec: { hard: { cpu: "500m" } } });
  const everywhere = cluster.client.resource(ResourceQuotaKind);
  expect(await namesIn(everywhere, { labelSelector })).toEqual(["compute"]);
  await quotas.patch("compute", { metadata: { labels: { patched: "yes" } }, spec: { hard: { memory: "750Mi" } } }, { type: "strategic" });
  expect(await quotas.get("compute")).toMatchObject({
    metadata: { labels: { patched: "yes" } },
    spec: { hard: { cpu: "500m", memory: "750Mi" } },
  });
  await quotas.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(everywhere, { labelSelector })).toEqual([]));
});

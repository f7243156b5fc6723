import { findPodCondition, LimitRangeKind, NodeKind, type Pod, PodKind, PriorityClassKind, ReplicaSetKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aPod, podReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 2 });
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

async function unschedulable(namespace: string, name: string): Promise<void> {
  await cluster.until(async () => {
    const pod: Pod = await podsIn(namespace).get(name);
    expect(pod.status.phase).toBe("Pending");
    expect(findPodCondition(pod, "PodScheduled")).toMatchObject({ status: "False", reason: "Unschedulable" });
  });
}

test("AR-001 at least two nodes are ready and take ordinary Pods", async () => {
  const { items } = await cluster.client.resource(NodeKind).list();
  const able = items.filter(({ spec, status }) => {
    const isReady = status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true;
    return isReady && spec.unschedulable !== true && (spec.taints ?? []).length === 0;
  });
  expect(able.length).toBeGreaterThanOrEqual(2);
});

test("SC-003 a Pod that asks for more than is free stays Pending", async () => {
  const namespace = await cluster.namespace();
  const { items } = await cluster.client.resource(NodeKind).list();
  const most = Math.max(...items.map(({ status }) => Number(status.allocatable?.["cpu"])));
  const containers = [{ name: "web", image: "web:1", resources: { requests: { cpu: String(most + 1) } } }];
  await podsIn(namespace).create(aPod("huge", {}, { containers }));
  await unschedulable(namespace, "huge");
});

test("SC-004 a Pod with a node selector lands on the node that has the label", async () => {
  const namespace = await cluster.namespace();
  const { items } = await cluster.client.resource(NodeKind).list();
  const node = items.at(-1)!.metadata.name;
  await cluster.client.resource(NodeKind).patch(node, { metadata: { labels: { "example.com/chosen": "42" } } }, { type: "strategic" });
  await podsIn(namespace).create(aPod("web", {}, { nodeSelector: { "example.com/chosen": "42" } }));
  expect((await podReady(cluster, namespace, "web")).spec.nodeName).toBe(node);
});

test("SC-005 a Pod whose node selector fits no node stays Pending", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("web", {}, { nodeSelector: { "example.com/label": "nonempty" } }));
  await unschedulable(namespace, "web");
});

test("SC-006 a host port on one address conflicts with the same port on all addresses", async () => {
  const namespace = await cluster.namespace();
  const { items } = await cluster.client.resource(NodeKind).list();
  const nodeSelector = { "kubernetes.io/hostname": items[0]!.metadata.name };
  const withPort = (name: string, hostIP: string) => {
    const ports = [{ containerPort: 80, hostPort: 54_322, hostIP, protocol: "TCP" as const }];
    return aPod(name, {}, { nodeSelector, containers: [{ name: "web", image: "web:1", ports }] });
  };
  await podsIn(namespace).create(withPort("all", "0.0.0.0"));
  await podReady(cluster, namespace, "all");
  await podsIn(namespace).create(withPort("one", "127.0.0.1"));
  await unschedulable(namespace, "one");
});

test("SC-008 priority classes are listed and updated, but never get another value", async () => {
  const classes = cluster.client.resource(PriorityClassKind);
  const labelSelector = "conformance=sc-008";
  for (const [name, value] of [
    ["p1", 1],
    ["p2", 2],
  ] as const) {
    await classes.create({ metadata: { name, labels: { conformance: "sc-008" } }, value });
  }
  expect(await namesIn(classes, { labelSelector })).toEqual(["p1", "p2"]);
  const present = await classes.get("p1");
  expect(await refusal(classes.update({ ...present, value: 10 }))).toBe("Invalid");
  await classes.update({ ...present, description: "updated" });
  expect(await classes.get("p1")).toMatchObject({ value: 1, description: "updated" });
  await classes.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(classes, { labelSelector })).toEqual([]));
});

test("SC-001 a LimitRange fills in what Pods leave open, holds them to its bounds, and may change", async () => {
  const namespace = await cluster.namespace();
  const ranges = cluster.client.resource(LimitRangeKind).in(namespace);
  const least = { cpu: "50m", memory: "100Mi", "ephemeral-storage": "100Gi" };
  const most = { cpu: "500m", memory: "500Mi", "ephemeral-storage": "500Gi" };
  const requests = { cpu: "100m", memory: "200Mi", "ephemeral-storage": "200Gi" };
  const limits = { type: "Container", min: least, max: most, defaultRequest: requests, default: most };
  const range = await ranges.create({ metadata: { name: "limits" }, spec: { limits: [limits] } });
  const resourcesOf = async (name: string) => (await podsIn(namespace).get(name)).spec.containers[0]?.resources;
  const asking = (name: string, resources: object) => aPod(name, {}, { containers: [{ name: "web", image: "web:1", resources }] });
  await podsIn(namespace).create(aPod("silent"));
  expect(await resourcesOf("silent")).toEqual({ requests, limits: most });
  await podsIn(namespace).create(asking("partial", { requests: { cpu: "80m" }, limits: { memory: "300Mi" } }));
  expect(await resourcesOf("partial")).toEqual({
    requests: { ...requests, cpu: "80m", memory: "300Mi" },
    limits: { ...most, memory: "300Mi" },
  });
  expect(await refusal(podsIn(namespace).create(asking("little", { requests: { cpu: "10m" } })))).toBe("Forbidden");
  expect(await refusal(podsIn(namespace).create(asking("much", { limits: { cpu: "600m" } })))).toBe("Forbidden");
  await ranges.update({ ...range, spec: { limits: [{ ...limits, min: { ...least, cpu: "9m" } }] } });
  await podsIn(namespace).create(asking("little", { requests: { cpu: "10m" } }));
  expect(await refusal(podsIn(namespace).create(asking("much", { limits: { cpu: "600m" } })))).toBe("Forbidden");
});

test("SC-002 LimitRanges are listed over all namespaces, patched, and deleted as a collection", async () => {
  const [here, there] = [await cluster.namespace(), await cluster.namespace()];
  const ranges = cluster.client.resource(LimitRangeKind);
  const labelSelector = "conformance=sc-002";
  const draft = (name: string) => ({
    metadata: { name, labels: { conformance: "sc-002" } },
    spec: { limits: [{ type: "Container" as const, defaultRequest: { cpu: "50m" } }] },
  });
  await ranges.in(here).create(draft("a"));
  await ranges.in(there).create(draft("b"));
  expect(await namesIn(ranges, { labelSelector })).toEqual(["a", "b"]);
  await ranges.in(here).patch("a", { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect(await namesIn(ranges, { labelSelector: "patched=yes" })).toEqual(["a"]);
  await ranges.in(here).deleteCollection({ labelSelector });
  expect(await namesIn(ranges, { labelSelector })).toEqual(["b"]);
});

/** Fills both nodes with Pods of a low priority that leave no room for another of the same size. */
async function fullOfUnimportantPods(namespace: string): Promise<string> {
  const { items } = await cluster.client.resource(NodeKind).list();
  const cpu = `${Math.floor(Number(items[0]!.status.allocatable?.["cpu"]) * 1000 * 0.6)}m`;
  for (const [index, { metadata }] of items.entries()) {
    const nodeSelector = { "kubernetes.io/hostname": metadata.name };
    await podsIn(namespace).create(aPod(`low-${index}`, {}, { priorityClassName: "conformance-low", nodeSelector, ...asking(cpu) }));
  }
  for (const index of items.keys()) await podReady(cluster, namespace, `low-${index}`);
  return cpu;
}
const asking = (cpu: string) => ({
  containers: [{ name: "web", image: "web:1", resources: { requests: { cpu } } }],
  terminationGracePeriodSeconds: 0,
});

test("SC-007 a ReplicaSet of high priority takes the place of just enough Pods of lower ones", async () => {
  const namespace = await cluster.namespace();
  const [resource, label] = ["example.com/fakecpu", "example.com/preemption"];
  const nodes = cluster.client.resource(NodeKind);
  const node = (await nodes.list()).items[0]!.metadata.name;
  await nodes.patch(node, { metadata: { labels: { [label]: "here" } } }, { type: "merge" });
  const status = { capacity: { [resource]: "1k" }, allocatable: { [resource]: "1k" } };
  await nodes.patch(node, { status }, { type: "merge", subresource: "status" });
  const classes = cluster.client.resource(PriorityClassKind);
  const replicaSets = cluster.client.resource(ReplicaSetKind).in(namespace);
  const begin = async (name: string, priority: number, amount: string): Promise<void> => {
    await classes.create({ metadata: { name: `sc-007-${name}` }, value: priority });
    const resources = { requests: { [resource]: amount }, limits: { [resource]: amount } };
    const spec = {
      nodeSelector: { [label]: "here" },
      priorityClassName: `sc-007-${name}`,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "web", image: "web:1", resources }],
    };
    const template = { metadata: { labels: { name } }, spec };
    await replicaSets.create({ metadata: { name }, spec: { replicas: 1, selector: { matchLabels: { name } }, template } });
    await cluster.until(async () => expect((await replicaSets.get(name)).status.availableReplicas).toBe(1));
  };
  const uidsOf = async (name: string): Promise<readonly string[]> =>
    (await podsIn(namespace).list({ labelSelector: `name=${name}` })).items.map(({ metadata }) => metadata.uid);
  await begin("pod1", 1, "200");
  await begin("pod2", 2, "300");
  await begin("pod3", 3, "450");
  const before = { pod1: await uidsOf("pod1"), pod2: await uidsOf("pod2"), pod3: await uidsOf("pod3") };
  await begin("pod4", 4, "500");
  expect(await uidsOf("pod3")).toEqual(before.pod3);
  for (const name of ["pod1", "pod2"] as const)
    await cluster.until(async () => {
      const { items } = await podsIn(namespace).list({ labelSelector: `name=${name}` });
      expect(items.map((pod) => [before[name].includes(pod.metadata.uid), pod.status.phase])).toEqual([[false, "Pending"]]);
    });
  await replicaSets.deleteCollection();
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("SC-009 a Pod of high priority takes the place of one of low priority when no node has room", async () => {
  const namespace = await cluster.namespace();
  const classes = cluster.client.resource(PriorityClassKind);
  await classes.create({ metadata: { name: "conformance-low" }, value: 1 });
  await classes.create({ metadata: { name: "conformance-high" }, value: 1000 });
  const cpu = await fullOfUnimportantPods(namespace);
  await podsIn(namespace).create(aPod("high", {}, { priorityClassName: "conformance-high", ...asking(cpu) }));
  await podReady(cluster, namespace, "high");
  expect(await namesIn(podsIn(namespace))).toHaveLength(2);
  await podsIn(namespace).deleteCollection({ gracePeriodSeconds: 0 });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("SC-010 a Pod that the system can't do without takes the place of one of low priority", async () => {
  const namespace = await cluster.namespace();
  const cpu = await fullOfUnimportantPods(namespace);
  await podsIn("kube-system").create(aPod("critical", {}, { priorityClassName: "system-cluster-critical", ...asking(cpu) }));
  await podReady(cluster, "kube-system", "critical");
  expect(await namesIn(podsIn(namespace))).toHaveLength(1);
  await podsIn("kube-system").delete("critical", { gracePeriodSeconds: 0 });
  await podsIn(namespace).deleteCollection({ gracePeriodSeconds: 0 });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("SC-011 a Pod that was preempted and is held by a finalizer says that it is the target of a disruption", async () => {
  const namespace = await cluster.namespace();
  const cpu = await fullOfUnimportantPods(namespace);
  for (const name of ["low-0", "low-1"])
    await podsIn(namespace).patch(name, { metadata: { finalizers: ["example.com/hold"] } }, { type: "merge" });
  await podsIn(namespace).create(aPod("high", {}, { priorityClassName: "conformance-high", ...asking(cpu) }));
  await cluster.until(async () => {
    const { items } = await podsIn(namespace).list();
    const victims = items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(victims).toHaveLength(1);
    expect(findPodCondition(victims[0]!, "DisruptionTarget")).toMatchObject({ status: "True", reason: "PreemptionByScheduler" });
  });
  for (const name of ["low-0", "low-1"]) await podsIn(namespace).patch(name, { metadata: { finalizers: null } }, { type: "merge" });
});

import { ControllerRevisionKind, type DaemonSet, DaemonSetKind, NodeKind, type Pod, PodKind } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Draft } from "@kubets/machinery";
import { expect, test } from "vitest";
import { exerciseStatus } from "../api-operations.ts";
import { conformanceCluster, namesIn, record } from "../conformance-cluster.ts";
import { podTemplate } from "../workloads.ts";

const nodes = 3;
const cluster = conformanceCluster({ nodes });
const daemonSetsIn = (namespace: string) => cluster.client.resource(DaemonSetKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);
const revisionsIn = (namespace: string) => cluster.client.resource(ControllerRevisionKind).in(namespace);

function aDaemonSet(name: string, spec: Partial<Draft<DaemonSet["spec"]>> = {}): DraftObject<DaemonSet> {
  const labels = { "daemonset-name": name };
  const template = { metadata: { labels }, spec: podTemplate(name).spec! };
  return { metadata: { name, labels }, spec: { selector: { matchLabels: labels }, template, ...spec } };
}

/** Waits until as many nodes as should have an available Pod of the present template. */
async function rolledOut(namespace: string, name: string, on = nodes): Promise<DaemonSet> {
  await cluster.until(async () => {
    const { metadata, status } = await daemonSetsIn(namespace).get(name);
    expect(status).toMatchObject({ observedGeneration: metadata.generation, desiredNumberScheduled: on, numberMisscheduled: 0 });
    expect([status.numberReady, status.updatedNumberScheduled ?? 0, status.numberAvailable ?? 0]).toEqual([on, on, on]);
    expect((await podsIn(namespace).list()).items).toHaveLength(on);
  });
  return daemonSetsIn(namespace).get(name);
}

async function podsByNode(namespace: string): Promise<Readonly<Record<string, Pod>>> {
  return Object.fromEntries((await podsIn(namespace).list()).items.map((pod) => [pod.spec.nodeName ?? "", pod]));
}
const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: "web", image }] } } } });
const fail = (namespace: string, name: string) =>
  podsIn(namespace).patch(name, { status: { phase: "Failed" } }, { type: "merge", subresource: "status" });
const label = (node: string, labels: Readonly<Record<string, string | null>>) =>
  cluster.client.resource(NodeKind).patch(node, { metadata: { labels } }, { type: "merge" });

test("AP-001 the revisions of a DaemonSet are listed, patched, replaced and deleted, and made again when they are missing", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const labelSelector = "daemonset-name=agent";
  const [first] = (await revisionsIn(namespace).list({ labelSelector })).items;
  expect(first).toMatchObject({ revision: 1, metadata: { ownerReferences: [{ kind: "DaemonSet", name: "agent" }] } });
  await revisionsIn(namespace).patch(first!.metadata.name, { metadata: { labels: { seen: "yes" } } }, { type: "merge" });
  const copy = { metadata: { name: "copy", labels: { "daemonset-name": "other" } }, data: first!.data, revision: 7 };
  await revisionsIn(namespace).create(copy);
  const present = await revisionsIn(namespace).get("copy");
  await revisionsIn(namespace).update({ ...present, metadata: { ...present.metadata, labels: { seen: "yes" } } });
  await revisionsIn(namespace).delete("copy");
  await daemonSetsIn(namespace).patch("agent", newImage("web:2"), { type: "strategic" });
  await rolledOut(namespace, "agent");
  expect((await revisionsIn(namespace).list({ labelSelector })).items).toHaveLength(2);
  await revisionsIn(namespace).deleteCollection({ labelSelector: "seen=yes" });
  await cluster.until(async () => expect(await namesIn(revisionsIn(namespace), { labelSelector })).toHaveLength(1));
});

test("AP-007 DaemonSets are listed by label and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const labelSelector = "daemonset-name=agent";
  expect(await namesIn(daemonSetsIn(namespace), { labelSelector })).toEqual(["agent"]);
  await daemonSetsIn(namespace).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("AP-008 a daemon Pod that failed is made again", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const [name] = await namesIn(podsIn(namespace));
  await fail(namespace, name!);
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).not.toContain(name));
  await rolledOut(namespace, "agent");
});

test("AP-009 a rollback keeps the Pods that never changed", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const before = Object.values(await podsByNode(namespace)).map(({ metadata }) => metadata.uid);
  // The new Pods fit no node, so that the rollout is stuck after the first.
  const stuck = {
    spec: { template: { spec: { containers: [{ name: "web", image: "web:2", resources: { requests: { cpu: "9999" } } }] } } },
  };
  await daemonSetsIn(namespace).patch("agent", stuck, { type: "strategic" });
  await cluster.until(async () => {
    const images = (await podsIn(namespace).list()).items.map(({ spec }) => spec.containers[0]!.image ?? "");
    expect(images.filter((image) => image === "web:2")).toHaveLength(1);
    expect(images.filter((image) => image === "web:1")).toHaveLength(2);
  });
  const back = { spec: { template: { spec: { containers: [{ name: "web", image: "web:1", resources: { requests: null } }] } } } };
  await daemonSetsIn(namespace).patch("agent", back, { type: "strategic" });
  await rolledOut(namespace, "agent");
  const after = new Set(Object.values(await podsByNode(namespace)).map(({ metadata }) => metadata.uid));
  expect(before.filter((uid) => after.has(uid))).toHaveLength(2);
});

test("AP-010 a DaemonSet runs on the nodes that its selector and affinity name, and follows their labels", async () => {
  const namespace = await cluster.namespace();
  const [node] = (await cluster.client.resource(NodeKind).list()).items.map(({ metadata }) => metadata.name);
  const agent = aDaemonSet("agent");
  const template = { ...agent.spec!.template!, spec: { ...agent.spec!.template!.spec!, nodeSelector: { colour: "blue" } } };
  await daemonSetsIn(namespace).create({ ...agent, spec: { ...agent.spec!, template } });
  await rolledOut(namespace, "agent", 0);
  await label(node!, { colour: "blue" });
  await rolledOut(namespace, "agent", 1);
  expect(Object.keys(await podsByNode(namespace))).toEqual([node]);
  await label(node!, { colour: "green" });
  await rolledOut(namespace, "agent", 0);
  await daemonSetsIn(namespace).patch("agent", { spec: { template: { spec: { nodeSelector: { colour: "green" } } } } }, { type: "merge" });
  await rolledOut(namespace, "agent", 1);
  await label(node!, { colour: null });
  await rolledOut(namespace, "agent", 0);
});

test("AP-011 a DaemonSet runs a Pod on every node, and makes one again where it was deleted", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const pods = await podsByNode(namespace);
  expect(Object.keys(pods)).toHaveLength(nodes);
  const [[node, victim]] = Object.entries(pods) as [[string, Pod]];
  await podsIn(namespace).delete(victim.metadata.name);
  await cluster.until(async () => expect((await podsByNode(namespace))[node]?.metadata.uid).not.toBe(victim.metadata.uid));
  await rolledOut(namespace, "agent");
});

test("AP-012 a new template rolls node by node, and no more nodes than allowed are without a Pod", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  const before = await rolledOut(namespace, "agent");
  await using told = await record(podsIn(namespace));
  await daemonSetsIn(namespace).patch("agent", newImage("web:2"), { type: "strategic" });
  const after = await rolledOut(namespace, "agent");
  expect(after.metadata.generation).toBe(before.metadata.generation! + 1);
  const changes = told.told.filter((line) => !line.startsWith("MODIFIED")).map((line) => line.split(" ")[0]);
  expect(changes).toEqual(["DELETED", "ADDED", "DELETED", "ADDED", "DELETED", "ADDED"]);
  const revisions = (await revisionsIn(namespace).list()).items.map(({ revision }) => revision);
  expect(new Set(revisions)).toEqual(new Set([1, 2]));
});

test("AP-013 the status of a DaemonSet is read, updated and patched apart from it", async () => {
  const namespace = await cluster.namespace();
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  await exerciseStatus(daemonSetsIn(namespace), "agent");
});

test("a surge runs the new Pod beside the old one, which goes when the new one is available", async () => {
  const namespace = await cluster.namespace();
  const updateStrategy = { type: "RollingUpdate" as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await daemonSetsIn(namespace).create(aDaemonSet("agent", { updateStrategy }));
  await rolledOut(namespace, "agent");
  await using told = await record(podsIn(namespace));
  await daemonSetsIn(namespace).patch("agent", newImage("web:2"), { type: "strategic" });
  await rolledOut(namespace, "agent");
  const changes = told.told.filter((line) => !line.startsWith("MODIFIED")).map((line) => line.split(" ")[0]);
  let [present, least] = [nodes, nodes];
  for (const change of changes) {
    present += change === "ADDED" ? 1 : -1;
    least = Math.min(least, present);
  }
  expect(least).toBe(nodes);
});

test("a daemon Pod leaves a node whose taint it doesn't tolerate, and comes back when the taint is gone", async () => {
  const namespace = await cluster.namespace();
  const [node] = (await cluster.client.resource(NodeKind).list()).items.map(({ metadata }) => metadata.name);
  await daemonSetsIn(namespace).create(aDaemonSet("agent"));
  await rolledOut(namespace, "agent");
  const taints = (...list: readonly object[]) =>
    cluster.client.resource(NodeKind).patch(node!, { spec: { taints: list.length === 0 ? null : list } }, { type: "merge" });
  await taints({ key: "example.com/broken", effect: "NoExecute" });
  await rolledOut(namespace, "agent", nodes - 1);
  expect(Object.keys(await podsByNode(namespace))).not.toContain(node);
  await taints();
  await rolledOut(namespace, "agent");
});

import { PodKind, ReplicaSetKind, type Scale } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseStatus } from "../api-operations.ts";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { aPod, aReplicaSet, replicasReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const replicaSetsIn = (namespace: string) => cluster.client.resource(ReplicaSetKind).in(namespace);

test("AP-041 a ReplicaSet is scaled by replacing and by patching it", async () => {
  const namespace = await cluster.namespace();
  const replicaSets = replicaSetsIn(namespace);
  await replicaSets.create(aReplicaSet("web", { replicas: 1 }));
  await replicasReady(cluster, namespace, "web", 1);
  const present = await replicaSets.get("web");
  await replicaSets.update({ ...present, spec: { ...present.spec, replicas: 2 } });
  await replicasReady(cluster, namespace, "web", 2);
  await replicaSets.patch("web", { spec: { replicas: 3 }, metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  await replicasReady(cluster, namespace, "web", 3);
  expect((await replicaSets.get("web")).metadata.labels).toMatchObject({ patched: "yes" });
});

test("AP-042 the scale of a ReplicaSet reads, updates and patches its replicas", async () => {
  const namespace = await cluster.namespace();
  const replicaSets = replicaSetsIn(namespace);
  await replicaSets.create(aReplicaSet("web", { replicas: 1 }));
  await replicasReady(cluster, namespace, "web", 1);
  const scale = (await replicaSets.subresource("web", "scale").get()) as Scale;
  expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1, selector: "app=web" } });
  await replicaSets.subresource("web", "scale").update({ ...scale, spec: { replicas: 2 } });
  expect((await replicaSets.get("web")).spec.replicas).toBe(2);
  await replicaSets.patch("web", { spec: { replicas: 4 } }, { type: "merge", subresource: "scale" });
  await replicasReady(cluster, namespace, "web", 4);
});

test("AP-043 a Pod without an owner is adopted, and one whose labels no longer match is let go and replaced", async () => {
  const namespace = await cluster.namespace();
  const pods = cluster.client.resource(PodKind).in(namespace);
  await pods.create(aPod("stray", { app: "web" }));
  await replicaSetsIn(namespace).create(aReplicaSet("web", { replicas: 1 }));
  const ownersOf = async (): Promise<readonly string[]> =>
    ((await pods.get("stray")).metadata.ownerReferences ?? []).filter(({ controller }) => controller === true).map(({ name }) => name);
  await cluster.until(async () => expect(await ownersOf()).toEqual(["web"]));
  expect(await namesIn(pods)).toEqual(["stray"]);
  await pods.patch("stray", { metadata: { labels: { app: "elsewhere" } } }, { type: "merge" });
  await cluster.until(async () => expect(await ownersOf()).toEqual([]));
  await replicasReady(cluster, namespace, "web", 1);
  expect(await namesIn(pods)).toHaveLength(2);
});

test("AP-044 ReplicaSets are listed by label and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  const labelSelector = "fate=short";
  for (const name of ["a", "b", "c"]) await replicaSetsIn(namespace).create(aReplicaSet(name, { replicas: 1, labels: { fate: "short" } }));
  await replicaSetsIn(namespace).create(aReplicaSet("stays", { replicas: 1 }));
  expect(await namesIn(replicaSetsIn(namespace), { labelSelector })).toEqual(["a", "b", "c"]);
  await replicaSetsIn(namespace).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(replicaSetsIn(namespace))).toEqual(["stays"]));
});

test("AP-046 a ReplicaSet's status is read, updated and patched, and its controller keeps what it doesn't know", async () => {
  const namespace = await cluster.namespace();
  await replicaSetsIn(namespace).create(aReplicaSet("web", { replicas: 1 }));
  await replicasReady(cluster, namespace, "web", 1);
  await exerciseStatus(replicaSetsIn(namespace), "web");
});

import { DeploymentKind, PodKind, ReplicaSetKind, type ReplicationController, ReplicationControllerKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aDeployment, aPod, podTemplate, rolledOut } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });

test("AM-057 a Deployment deleted in the background takes its ReplicaSet and Pods along", async () => {
  const namespace = await cluster.namespace();
  await cluster.client
    .resource(DeploymentKind)
    .in(namespace)
    .create(aDeployment("web", { replicas: 2 }));
  await rolledOut(cluster, namespace, "web");
  await cluster.client.resource(DeploymentKind).in(namespace).delete("web", { propagationPolicy: "Background" });
  await cluster.until(async () => {
    expect(await namesIn(cluster.client.resource(ReplicaSetKind).in(namespace))).toEqual([]);
    expect(await namesIn(cluster.client.resource(PodKind).in(namespace))).toEqual([]);
  });
});

test("AM-060 a circle of owners doesn't keep Pods from being collected", async () => {
  const pods = cluster.client.resource(PodKind).in(await cluster.namespace());
  const names = ["pod1", "pod2", "pod3"];
  const created = await Promise.all(names.map((name) => pods.create(aPod(name))));
  for (const [index, name] of names.entries()) {
    const owner = created.at(index - 1)!.metadata;
    const reference = { apiVersion: "v1", kind: "Pod", name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true };
    await pods.patch(name, { metadata: { ownerReferences: [reference] } }, { type: "strategic" });
  }
  await pods.delete("pod1", { propagationPolicy: "Foreground" });
  await cluster.until(async () => expect(await namesIn(pods)).toEqual([]));
});

test("AM-062 a Deployment deleted with orphaning leaves its ReplicaSet and Pods, and the ReplicaSet without an owner", async () => {
  const namespace = await cluster.namespace();
  const deployments = cluster.client.resource(DeploymentKind).in(namespace);
  await deployments.create(aDeployment("web", { replicas: 2 }));
  await rolledOut(cluster, namespace, "web");
  await deployments.delete("web", { propagationPolicy: "Orphan" });
  await cluster.until(async () => expect(await refusal(deployments.get("web"))).toBe("NotFound"));
  const { items } = await cluster.client.resource(ReplicaSetKind).in(namespace).list();
  expect(items.map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]]);
  expect(await namesIn(cluster.client.resource(PodKind).in(namespace))).toHaveLength(2);
});

const controllersIn = (namespace: string) => cluster.client.resource(ReplicationControllerKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

/** A ReplicationController with Pods that run. */
async function running(namespace: string, name: string, replicas: number): Promise<ReplicationController> {
  const spec = { replicas, selector: { app: name }, template: podTemplate(name) };
  await controllersIn(namespace).create({ metadata: { name }, spec });
  await cluster.until(async () => expect((await controllersIn(namespace).get(name)).status).toMatchObject({ readyReplicas: replicas }));
  return controllersIn(namespace).get(name);
}

test("AM-058 a ReplicationController deleted in the background takes its Pods along", async () => {
  const namespace = await cluster.namespace();
  await running(namespace, "simple", 2);
  await controllersIn(namespace).delete("simple", { propagationPolicy: "Background" });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("AM-059 a ReplicationController deleted in the foreground stays until its last Pod is gone", async () => {
  const namespace = await cluster.namespace();
  const { metadata } = await running(namespace, "simple", 3);
  // One that stays for a while: the owner must be seen to wait for it.
  const [first = ""] = await namesIn(podsIn(namespace));
  await podsIn(namespace).patch(first, { metadata: { finalizers: ["example.com/held"] } }, { type: "merge" });
  await controllersIn(namespace).delete("simple", { propagationPolicy: "Foreground", preconditions: { uid: metadata.uid } });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([first]));
  expect(await controllersIn(namespace).get("simple")).toMatchObject({
    metadata: { deletionTimestamp: expect.any(String) as string, finalizers: ["foregroundDeletion"] },
  });
  await podsIn(namespace).patch(first, { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.until(async () => expect(await refusal(controllersIn(namespace).get("simple"))).toBe("NotFound"));
  expect(await namesIn(podsIn(namespace))).toEqual([]);
});

test("AM-061 Pods with another owner that stays outlive one that is deleted in the foreground", async () => {
  const namespace = await cluster.namespace();
  await running(namespace, "deleted", 4);
  const stays = await controllersIn(namespace).create({
    metadata: { name: "stays" },
    spec: { replicas: 0, selector: { app: "stays" }, template: podTemplate("stays") },
  });
  const shared = (await namesIn(podsIn(namespace))).slice(0, 2);
  const reference = { apiVersion: "v1", kind: "ReplicationController", name: "stays", uid: stays.metadata.uid };
  for (const name of shared) await podsIn(namespace).patch(name, { metadata: { ownerReferences: [reference] } }, { type: "strategic" });
  await controllersIn(namespace).delete("deleted", { propagationPolicy: "Foreground" });
  await cluster.until(async () => expect(await refusal(controllersIn(namespace).get("deleted"))).toBe("NotFound"));
  const { items } = await podsIn(namespace).list();
  expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual(shared);
  expect(items.map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined, undefined]);
  expect(items.flatMap(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name))).toEqual(["stays", "stays"]);
});

test("AM-063 a ReplicationController deleted with orphaning leaves its Pods", async () => {
  const namespace = await cluster.namespace();
  await running(namespace, "simple", 3);
  await controllersIn(namespace).delete("simple", { propagationPolicy: "Orphan" });
  await cluster.until(async () => expect(await refusal(controllersIn(namespace).get("simple"))).toBe("NotFound"));
  const { items } = await podsIn(namespace).list();
  expect(items.map(({ metadata }) => [metadata.deletionTimestamp, metadata.ownerReferences ?? []])).toEqual(
    Array.from({ length: 3 }, () => [undefined, []]),
  );
});

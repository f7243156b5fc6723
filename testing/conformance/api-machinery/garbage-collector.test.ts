import { DeploymentKind, PodKind, ReplicaSetKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aDeployment, aPod, rolledOut } from "../workloads.ts";

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

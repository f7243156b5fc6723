import { ConfigMapKind, DeploymentKind, NamespaceKind, PodKind, ReplicaSetKind, ServiceAccountKind } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { isStatus } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ nodes: 0, seed: 1 });
});
afterEach(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});

const deployment = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`;

test("a cluster begins with its namespaces and their service accounts, at rest", async () => {
  expect(cluster.tasks.pending()).toEqual([]);
  const { items } = await cluster.client.resource(ServiceAccountKind).list();
  expect(items.map(objectKey)).toEqual(["default/default", "kube-node-lease/default", "kube-public/default", "kube-system/default"]);
});

test("a Deployment makes its ReplicaSet and Pods, and deleting it in the background takes them with it", async () => {
  await cluster.apply(deployment(3));
  await cluster.settle();
  const count = async (): Promise<readonly number[]> =>
    Promise.all(
      [DeploymentKind, ReplicaSetKind, PodKind].map(async (kind) => (await cluster.client.resource(kind as never).list()).items.length),
    );
  expect(await count()).toEqual([1, 1, 3]);
  await cluster.client.resource(DeploymentKind).in("default").delete("web", { propagationPolicy: "Background" });
  await cluster.settle();
  expect(await count()).toEqual([0, 0, 0]);
});

test("foreground deletion keeps the owner until its dependents are gone; orphaning leaves them without one", async () => {
  await cluster.apply(deployment(1));
  await cluster.settle();
  const [replicaSet] = (await cluster.client.resource(ReplicaSetKind).list()).items;
  await cluster.client.resource(DeploymentKind).in("default").delete("web", { propagationPolicy: "Orphan" });
  await cluster.settle();
  const orphan = await cluster.client.resource(ReplicaSetKind).in("default").get(replicaSet!.metadata.name);
  expect(orphan.metadata.ownerReferences ?? []).toEqual([]);
  await cluster.client.resource(ReplicaSetKind).in("default").delete(orphan.metadata.name, { propagationPolicy: "Foreground" });
  await cluster.settle();
  expect((await cluster.client.resource(PodKind).list()).items).toEqual([]);
  expect((await cluster.client.resource(ReplicaSetKind).list()).items).toEqual([]);
});

test("a deleted namespace goes with everything in it", async () => {
  await cluster.client.resource(NamespaceKind).create({ metadata: { name: "team" } });
  await cluster.settle();
  await cluster.client
    .resource(ConfigMapKind)
    .in("team")
    .create({ metadata: { name: "settings" }, data: { a: "1" } });
  await cluster.client.resource(NamespaceKind).delete("team");
  await cluster.settle();
  const gone = await cluster.client
    .resource(NamespaceKind)
    .get("team")
    .catch((error: unknown) => error);
  expect(isStatus(gone, "NotFound")).toBe(true);
  expect((await cluster.client.resource(ConfigMapKind).in("team").list()).items).toEqual([]);
});

test("a manifest is applied once more: what is there is changed, of custom kinds too", async () => {
  const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, properties: { size: { type: integer } } } }
`;
  const widget = (size: number): string => `{ apiVersion: example.com/v1, kind: Widget, metadata: { name: mine }, size: ${size} }`;
  await expect(cluster.apply(widget(1))).rejects.toThrow("Cannot apply Widget of example.com/v1: no such kind is served");
  await cluster.apply(`${deployment(1)}---${widgets}`);
  await cluster.settle();
  expect(await cluster.apply(widget(1))).toMatchObject([{ kind: "Widget", size: 1 }]);
  const again = await cluster.apply(`${deployment(2)}---\n${widget(2)}`);
  expect(again).toMatchObject([{ spec: { replicas: 2 } }, { metadata: { name: "mine", generation: 2 }, size: 2 }]);
});

test("the same seed gives the same names", async () => {
  const names = async (seed: number): Promise<readonly string[]> => {
    await using other = await startCluster({ nodes: 0, seed });
    await other.apply(deployment(3));
    await other.settle();
    return (await other.client.resource(PodKind).list()).items.map(objectKey);
  };
  expect(await names(7)).toEqual(await names(7));
  expect(await names(7)).not.toEqual(await names(8));
});

import { type ConfigMap, ConfigMapKind, CustomResourceDefinitionKind, NamespaceKind } from "@kubets/api";
import type { ResourceClient } from "@kubets/client";
import { defineKind, type Kind, kindObject, type KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { type Cluster, startCluster } from "@kubets/testkit";

const widgets: Kind = defineKind({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  resource: "widgets",
  scope: "Namespaced",
  schema: kindObject<KubernetesObject>("Widget", "Something of one's own.", {}),
});

async function defineWidgets(cluster: Cluster): Promise<ResourceClient<KubernetesObject>> {
  await cluster.client.resource(CustomResourceDefinitionKind).create({
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  });
  await cluster.settle();
  return cluster.client.resource(widgets);
}

const names = async <T extends KubernetesObject>(resource: ResourceClient<T>): Promise<readonly string[]> =>
  (await resource.list()).items.map(({ metadata }) => metadata.name);

function ownedBy({ metadata, kind, apiVersion }: KubernetesObject): Partial<ConfigMap["metadata"]> {
  return { ownerReferences: [{ kind, apiVersion, name: metadata.name, uid: metadata.uid }] };
}

test("what a custom object owns goes with it, and it goes with its owner", async () => {
  await using cluster = await startCluster();
  const resource = (await defineWidgets(cluster)).in("default");
  const maps = cluster.client.resource(ConfigMapKind).in("default");
  const first = await maps.create({ metadata: { name: "first" } });
  const widget = await resource.create({ metadata: { name: "w", ...ownedBy(first) } });
  await maps.create({ metadata: { name: "last", ...ownedBy(widget) } });
  await cluster.settle();
  await maps.delete("first");
  await cluster.settle();
  expect([await names(resource), (await names(maps)).includes("last")]).toEqual([[], false]);
});

test("a custom object is deleted in the foreground after what it owns", async () => {
  await using cluster = await startCluster();
  const resource = (await defineWidgets(cluster)).in("default");
  const maps = cluster.client.resource(ConfigMapKind).in("default");
  const widget = await resource.create({ metadata: { name: "w" } });
  const [reference] = ownedBy(widget).ownerReferences!;
  await maps.create({
    metadata: { name: "held", finalizers: ["example.com/held"], ownerReferences: [{ ...reference!, blockOwnerDeletion: true }] },
  });
  await cluster.settle();
  await resource.delete("w", { propagationPolicy: "Foreground" });
  await cluster.settle();
  expect((await resource.get("w")).metadata.finalizers).toEqual(["foregroundDeletion"]);
  await maps.patch("held", { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.settle();
  expect(await names(resource)).toEqual([]);
});

test("a namespace that is deleted takes its custom objects along", async () => {
  await using cluster = await startCluster();
  const all = await defineWidgets(cluster);
  await cluster.client.resource(NamespaceKind).create({ metadata: { name: "shop" } });
  await all.in("shop").create({ metadata: { name: "w", finalizers: ["example.com/held"] } });
  await cluster.settle();
  await cluster.client.resource(NamespaceKind).delete("shop");
  await cluster.settle();
  const { status } = await cluster.client.resource(NamespaceKind).get("shop");
  expect(status.conditions?.find(({ type }) => type === "NamespaceContentRemaining")?.message).toBe(
    "Some resources are remaining: widgets.example.com has 1 resource instances",
  );
  await all.in("shop").patch("w", { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.settle();
  expect(await names(cluster.client.resource(NamespaceKind))).not.toContain("shop");
});

test("after a definition is gone nothing watches its objects any more, and a new one of its name is followed", async () => {
  await using cluster = await startCluster();
  const first = (await defineWidgets(cluster)).in("default");
  await first.create({ metadata: { name: "w" } });
  await cluster.client.resource(CustomResourceDefinitionKind).delete("widgets.example.com");
  await cluster.settle();
  const second = (await defineWidgets(cluster)).in("default");
  const maps = cluster.client.resource(ConfigMapKind).in("default");
  const widget = await second.create({ metadata: { name: "w" } });
  await maps.create({ metadata: { name: "owned", ...ownedBy(widget) } });
  await cluster.settle();
  await second.delete("w");
  await cluster.settle();
  expect(await names(maps)).not.toContain("owned");
});

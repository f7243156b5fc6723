import { PodKind, type ReplicationController, ReplicationControllerKind, ResourceQuotaKind, type Scale } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { aPod, podTemplate } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const controllersIn = (namespace: string) => cluster.client.resource(ReplicationControllerKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

function aReplicationController(name: string, replicas: number): DraftObject<ReplicationController> {
  return { metadata: { name, labels: { app: name } }, spec: { replicas, selector: { app: name }, template: podTemplate(name) } };
}

async function ready(namespace: string, name: string, count: number): Promise<void> {
  await cluster.until(async () =>
    expect((await controllersIn(namespace).get(name)).status).toMatchObject({
      replicas: count,
      readyReplicas: count,
      availableReplicas: count,
    }),
  );
}

async function ownersOf(namespace: string, pod: string): Promise<readonly string[]> {
  const { ownerReferences = [] } = (await podsIn(namespace).get(pod)).metadata;
  return ownerReferences.filter(({ controller }) => controller === true).map(({ kind, name }) => `${kind} ${name}`);
}

test("AP-047 a Pod without an owner is adopted by a ReplicationController that selects it", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("stray", { app: "web" }));
  await controllersIn(namespace).create(aReplicationController("web", 1));
  await cluster.until(async () => expect(await ownersOf(namespace, "stray")).toEqual(["ReplicationController web"]));
  expect(await namesIn(podsIn(namespace))).toEqual(["stray"]);
});

test("AP-048 the scale of a ReplicationController reads and updates its replicas", async () => {
  const namespace = await cluster.namespace();
  await controllersIn(namespace).create(aReplicationController("web", 1));
  await ready(namespace, "web", 1);
  const scale = (await controllersIn(namespace).subresource("web", "scale").get()) as Scale;
  expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1, selector: "app=web" } });
  await controllersIn(namespace)
    .subresource("web", "scale")
    .update({ ...scale, spec: { replicas: 2 } });
  await ready(namespace, "web", 2);
});

test("AP-049 a Pod whose labels no longer match is let go, and replaced", async () => {
  const namespace = await cluster.namespace();
  await controllersIn(namespace).create(aReplicationController("web", 1));
  await ready(namespace, "web", 1);
  const [name] = await namesIn(podsIn(namespace));
  await podsIn(namespace).patch(name!, { metadata: { labels: { app: "elsewhere" } } }, { type: "merge" });
  await cluster.until(async () => expect(await ownersOf(namespace, name!)).toEqual([]));
  await ready(namespace, "web", 1);
  expect(await namesIn(podsIn(namespace))).toHaveLength(2);
});

test("AP-052 a ReplicationController is created, patched, scaled, replaced, its status written, listed and deleted", async () => {
  const namespace = await cluster.namespace();
  const controllers = controllersIn(namespace);
  await controllers.create(aReplicationController("web", 1));
  await ready(namespace, "web", 1);
  await controllers.patch("web", { metadata: { labels: { stage: "patched" } } }, { type: "strategic" });
  await controllers.patch("web", { status: { readyReplicas: 0, availableReplicas: 0 } }, { type: "merge", subresource: "status" });
  await ready(namespace, "web", 1);
  await controllers.patch("web", { spec: { replicas: 2 } }, { type: "merge", subresource: "scale" });
  await ready(namespace, "web", 2);
  const present = await controllers.get("web");
  await controllers.update({ ...present, spec: { ...present.spec, replicas: 1 } });
  await ready(namespace, "web", 1);
  expect(await namesIn(controllers, { labelSelector: "stage=patched" })).toEqual(["web"]);
  await controllers.deleteCollection({ labelSelector: "stage=patched" });
  await cluster.until(async () => expect(await namesIn(controllers)).toEqual([]));
});

test("AP-051 a quota that refuses Pods shows as ReplicaFailure, until fewer are wanted", async () => {
  const namespace = await cluster.namespace();
  const quotas = cluster.client.resource(ResourceQuotaKind).in(namespace);
  await quotas.create({ metadata: { name: "two" }, spec: { hard: { pods: "2" } } });
  await cluster.until(async () => expect((await quotas.get("two")).status).toEqual({ hard: { pods: "2" }, used: { pods: "0" } }));
  const controllers = controllersIn(namespace);
  await controllers.create(aReplicationController("web", 3));
  const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate" };
  await cluster.until(async () => expect((await controllers.get("web")).status.conditions).toMatchObject([failure]));
  expect((await controllers.get("web")).status.conditions?.[0]?.message).toContain("exceeded quota: two, requested: pods=1, used: pods=2");
  await controllers.patch("web", { spec: { replicas: 2 } }, { type: "merge" });
  await ready(namespace, "web", 2);
  await cluster.until(async () => expect((await controllers.get("web")).status.conditions ?? []).toEqual([]));
});

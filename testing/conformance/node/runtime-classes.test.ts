import { PodKind, RuntimeClassKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { aPod, podReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });

test("NO-078 a Pod that names a RuntimeClass that was never there is refused", async () => {
  const pods = cluster.client.resource(PodKind).in(await cluster.namespace());
  await expect(pods.create(aPod("web", {}, { runtimeClassName: "nowhere" }))).rejects.toMatchObject({
    reason: "Forbidden",
    message: 'pods "web" is forbidden: pod rejected: RuntimeClass "nowhere" not found',
  });
});

test("NO-077 a Pod that names a RuntimeClass that was deleted is refused", async () => {
  const pods = cluster.client.resource(PodKind).in(await cluster.namespace());
  const classes = cluster.client.resource(RuntimeClassKind);
  await classes.create({
    metadata: { name: "deleted" },
    handler: "runc",
    overhead: { podFixed: { cpu: "10m" } },
    scheduling: { nodeSelector: { runtime: "there" } },
  });
  const created = await pods.create(aPod("early", {}, { runtimeClassName: "deleted" }));
  expect([created.spec.overhead, created.spec.nodeSelector]).toEqual([{ cpu: "10m" }, { runtime: "there" }]);
  await classes.delete("deleted");
  await expect(pods.create(aPod("late", {}, { runtimeClassName: "deleted" }))).rejects.toMatchObject({ reason: "Forbidden" });
});

test("NO-079 a Pod takes the overhead of its RuntimeClass, and is scheduled with it", async () => {
  const namespace = await cluster.namespace();
  await cluster.client
    .resource(RuntimeClassKind)
    .create({ metadata: { name: "heavy" }, handler: "runc", overhead: { podFixed: { cpu: "10m", memory: "1Mi" } } });
  const created = await cluster.client
    .resource(PodKind)
    .in(namespace)
    .create(aPod("web", {}, { runtimeClassName: "heavy" }));
  expect(created.spec.overhead).toEqual({ cpu: "10m", memory: "1Mi" });
  const { spec } = await podReady(cluster, namespace, "web");
  expect([spec.nodeName, spec.overhead]).toEqual([expect.any(String), { cpu: "10m", memory: "1Mi" }]);
});

test("NO-080 a Pod whose RuntimeClass has no overhead has none, and is scheduled", async () => {
  const namespace = await cluster.namespace();
  await cluster.client.resource(RuntimeClassKind).create({ metadata: { name: "light" }, handler: "runc" });
  await cluster.client
    .resource(PodKind)
    .in(namespace)
    .create(aPod("web", {}, { runtimeClassName: "light" }));
  const { spec } = await podReady(cluster, namespace, "web");
  expect([spec.nodeName, spec.runtimeClassName, spec.overhead]).toEqual([expect.any(String), "light", undefined]);
});

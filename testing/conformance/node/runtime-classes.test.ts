import { PodKind, RuntimeClassKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const cluster = conformanceCluster();

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

import { ResourceQuotaKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("AM-076 a quota's limits are updated, read back, and the quota deleted", async () => {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(await cluster.namespace());
  const created = await quotas.create({ metadata: { name: "compute" }, spec: { hard: { cpu: "1", memory: "500Mi" } } });
  expect(created.spec.hard).toEqual({ cpu: "1", memory: "500Mi" });
  await quotas.update({ ...created, spec: { hard: { cpu: "2", memory: "1Gi" } } });
  expect((await quotas.get("compute")).spec.hard).toEqual({ cpu: "2", memory: "1Gi" });
  await quotas.delete("compute");
  expect(await refusal(quotas.get("compute"))).toBe("NotFound");
});

test("AM-084 quotas are listed over all namespaces by label, patched, and deleted as a collection", async () => {
  const quotas = cluster.client.resource(ResourceQuotaKind).in(await cluster.namespace());
  const labelSelector = "conformance=AM-084";
  await quotas.create({ metadata: { name: "compute", labels: { conformance: "AM-084" } }, spec: { hard: { cpu: "500m" } } });
  const everywhere = cluster.client.resource(ResourceQuotaKind);
  expect(await namesIn(everywhere, { labelSelector })).toEqual(["compute"]);
  await quotas.patch("compute", { metadata: { labels: { patched: "yes" } }, spec: { hard: { memory: "750Mi" } } }, { type: "strategic" });
  expect(await quotas.get("compute")).toMatchObject({
    metadata: { labels: { patched: "yes" } },
    spec: { hard: { cpu: "500m", memory: "750Mi" } },
  });
  await quotas.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(everywhere, { labelSelector })).toEqual([]));
});

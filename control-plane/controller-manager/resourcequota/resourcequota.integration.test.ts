import { ConfigMapKind, NamespaceKind, ResourceQuotaKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

test("of many creations at once, as many succeed as the quota allows, while others go", async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 36 });
  const { client } = cluster;
  await client.resource(NamespaceKind).create({ metadata: { name: "shop" } });
  await cluster.settle();
  const quotas = client.resource(ResourceQuotaKind).in("shop");
  await quotas.create({ metadata: { name: "few" }, spec: { hard: { "count/configmaps": "10" } } });
  await cluster.settle();
  const configMaps = client.resource(ConfigMapKind).in("shop");
  const most: number[] = [];
  for (let round = 0; round < 3; round++) {
    const answers = Array.from({ length: 20 }, (_, index) => configMaps.create({ metadata: { name: `c-${round}-${index}` } }));
    const outcomes = await Promise.allSettled(answers);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
    for (const refusal of refusals)
      expect(refusal).toContain("exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=10");
    const { items } = await configMaps.list();
    most.push(items.length);
    for (const { metadata } of items.slice(0, 4)) await configMaps.delete(metadata.name);
    await cluster.settle();
  }
  expect(most).toEqual([10, 10, 10]);
  expect((await quotas.get("few")).status.used).toEqual({ "count/configmaps": "6" });
});

import { DaemonSetKind, DeploymentKind, JobKind, NamespaceKind, PodKind, ResourceQuotaKind, StatefulSetKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } };
const selector = { matchLabels: { app: "web" } };

test.each([
  ["Deployment", DeploymentKind, { replicas: 2, selector, template }],
  ["StatefulSet", StatefulSetKind, { replicas: 2, selector, template, serviceName: "web" }],
  ["DaemonSet", DaemonSetKind, { selector, template }],
  ["Job", JobKind, { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } }],
] as const)("a %s whose Pods a quota refuses comes to rest between its tries, and goes on once it may", async (_, kind, spec) => {
  await using cluster = await startCluster({ nodes: 1, seed: 36 });
  const { client } = cluster;
  await client.resource(NamespaceKind).create({ metadata: { name: "shop" } });
  await cluster.settle();
  const quotas = client.resource(ResourceQuotaKind).in("shop");
  await quotas.create({ metadata: { name: "none" }, spec: { hard: { pods: "0" } } });
  await cluster.settle();
  await client
    .resource(kind as typeof DeploymentKind)
    .in("shop")
    .create({ metadata: { name: "web" }, spec: spec as never });
  await cluster.settle();
  await cluster.clock.advance(20_000);
  expect((await client.resource(PodKind).in("shop").list()).items).toEqual([]);
  await quotas.delete("none");
  await cluster.clock.advance(200_000);
  expect((await client.resource(PodKind).in("shop").list()).items).not.toEqual([]);
});

import { DeploymentKind, isPodReady, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { aCluster } from "./testing/cluster.ts";

test("a Deployment runs on simulated nodes, moves off one that is lost, and is whole when it is back", async () => {
  await using fixture = await aCluster({ whole: true, nodes: 3 });
  const { cluster, nodes } = fixture;
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  const pods = cluster.client.resource(PodKind).in("default");
  const container = { name: "web", image: "web:1", resources: { requests: { cpu: "1" } } };
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [container] } };
  await deployments.create({ metadata: { name: "web" }, spec: { replicas: 6, selector: { matchLabels: { app: "web" } }, template } });
  await cluster.settle();
  const spread = async (): Promise<Readonly<Record<string, number>>> => {
    const ready = (await pods.list()).items.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined);
    return Object.fromEntries(Object.entries(Object.groupBy(ready, ({ spec }) => spec.nodeName!)).map(([node, on]) => [node, on!.length]));
  };
  expect(await spread()).toEqual({ "simulated-0": 2, "simulated-1": 2, "simulated-2": 2 });
  nodes.node("simulated-1").fail();
  await cluster.clock.advance("10m");
  expect(await spread()).toEqual({ "simulated-0": 3, "simulated-2": 3 });
  await nodes.node("simulated-1").restore();
  await cluster.settle();
  expect([(await pods.list()).items.length, (await deployments.get("web")).status]).toMatchObject([
    6,
    { replicas: 6, readyReplicas: 6, availableReplicas: 6 },
  ]);
  expect(cluster.failures).toEqual([]);
});

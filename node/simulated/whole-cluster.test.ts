import { DeploymentKind, isPodReady, NodeKind, PodKind } from "@kubets/api";
import { createInformers } from "@kubets/client";
import { seededRandom, silent } from "@kubets/machinery";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runSimulatedNodes } from "./index.ts";

test("a Deployment runs on simulated nodes, and moves off one that is lost", async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 1 });
  const surroundings = { client: cluster.client, clock: cluster.clock, random: seededRandom(2), tasks: cluster.tasks, logger: silent };
  const informers = createInformers(surroundings);
  await using nodes = runSimulatedNodes({ ...surroundings, informers, nodes: 3 });
  await cluster.settle();
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  const pods = cluster.client.resource(PodKind).in("default");
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web:1", resources: { requests: { cpu: "1" } } }] },
  };
  await deployments.create({ metadata: { name: "web" }, spec: { replicas: 6, selector: { matchLabels: { app: "web" } }, template } });
  await cluster.settle();
  const spread = async (): Promise<Readonly<Record<string, number>>> => {
    const ready = (await pods.list()).items.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined);
    return Object.fromEntries(Object.entries(Object.groupBy(ready, ({ spec }) => spec.nodeName!)).map(([node, on]) => [node, on!.length]));
  };
  console.log(
    JSON.stringify((await cluster.client.resource(NodeKind).list()).items.map((n) => n.spec.taints)),
    (await pods.list()).items.length,
    cluster.failures,
  );
  expect(await spread()).toEqual({ "simulated-0": 2, "simulated-1": 2, "simulated-2": 2 });
  await nodes.stop();
  await informers.stop();
});

import { DeploymentKind, EventKind, LeaseKind, NodeKind, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } };

async function run(cluster: Cluster, replicas: number): Promise<void> {
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { replicas, selector: { matchLabels: { app: "web" } }, template } });
  await cluster.settle();
}

const revision = async (cluster: Cluster): Promise<number> =>
  Number((await cluster.client.resource(PodKind).list({ limit: 1 })).metadata.resourceVersion);

const phases = async (cluster: Cluster): Promise<ReadonlySet<string | undefined>> =>
  new Set((await cluster.client.resource(PodKind).list()).items.map(({ status }) => status.phase));

test("a Pod costs at most six writes beside Events from its creation until it runs, whatever is written for all of them", async () => {
  await using cluster = await startCluster({ nodes: 3, seed: 1 });
  const before = await revision(cluster);
  const replicas = 60;
  await run(cluster, replicas);
  const events = (await cluster.client.resource(EventKind).list()).items.length;
  expect(await phases(cluster)).toEqual(new Set(["Running"]));
  expect(((await revision(cluster)) - before - events) / replicas).toBeLessThanOrEqual(6);
});

test.for(["1h", "24h"])(
  "with a heartbeat every %s time passes over a cluster at rest without a write, and its nodes stay ready",
  async (heartbeat) => {
    await using cluster = await startCluster({ nodes: 2, seed: 1, heartbeat });
    await run(cluster, 2);
    const before = await revision(cluster);
    await cluster.clock.advance("1m");
    expect(await revision(cluster)).toBe(before);
    const renewals = async (): Promise<readonly (string | undefined)[]> =>
      (await cluster.client.resource(LeaseKind).in("kube-node-lease").list()).items.map(({ spec }) => spec.renewTime);
    const first = await renewals();
    await cluster.clock.advance("3d");
    expect(await phases(cluster)).toEqual(new Set(["Running"]));
    const { items } = await cluster.client.resource(NodeKind).list();
    expect(items.map(({ status }) => status.conditions?.find(({ type }) => type === "Ready")?.status)).toEqual(["True", "True"]);
    expect((await renewals()).filter((time) => first.includes(time))).toEqual([]);
  },
);

import { DeploymentKind, isPodReady, NodeKind, PodKind } from "@kubets/api";
import type { Cluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { aCluster } from "./testing/cluster.ts";

const inOrder = (a: string, b: string): number => a.localeCompare(b, "en");

async function deploy(cluster: Cluster, replicas: number): Promise<void> {
  const container = { name: "web", image: "web:1", resources: { requests: { cpu: "1" } } };
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [container] } };
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { replicas, selector: { matchLabels: { app: "web" } }, template } });
  await cluster.settle();
}

test("a Deployment runs on simulated nodes, moves off one that is lost, and is whole when it is back", async () => {
  await using fixture = await aCluster({ whole: true, nodes: 3 });
  const { cluster, nodes } = fixture;
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  const pods = cluster.client.resource(PodKind).in("default");
  await deploy(cluster, 6);
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

test("Pods of a node that is cut off are given up after five minutes; when it is back, what it went on running ends", async () => {
  await using fixture = await aCluster({ whole: true, nodes: 3 });
  const { cluster, nodes } = fixture;
  await deploy(cluster, 6);
  const pods = cluster.client.resource(PodKind).in("default");
  const there = async (node: string): Promise<readonly string[]> =>
    (await pods.list()).items
      .filter(({ spec }) => spec.nodeName === node)
      .map(({ metadata }) => (metadata.deletionTimestamp === undefined ? "stays" : "goes"));
  const facts = async (): Promise<readonly unknown[]> => {
    const { status, spec } = await fixture.node("simulated-1");
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    const taints = (spec.taints ?? []).map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`).toSorted(inOrder);
    return [`${ready?.status} ${ready?.reason}`, taints, await there("simulated-1")];
  };
  nodes.node("simulated-1").partition();
  await cluster.clock.advance("30s");
  expect(await facts()).toEqual(["True KubeletReady", [], ["stays", "stays"]]);
  await cluster.clock.advance("1m");
  expect(await facts()).toEqual(["Unknown NodeStatusUnknown", ["unreachable:NoExecute", "unreachable:NoSchedule"], ["stays", "stays"]]);
  await cluster.clock.advance("5m");
  // Nobody can know whether they have ended: their objects stay, and others take their place.
  expect(await facts()).toEqual(["Unknown NodeStatusUnknown", ["unreachable:NoExecute", "unreachable:NoSchedule"], ["goes", "goes"]]);
  expect([...(await there("simulated-0")), ...(await there("simulated-2"))]).toEqual(Array.from({ length: 6 }, () => "stays"));
  await cluster.clock.advance("1h");
  expect(await there("simulated-1")).toEqual(["goes", "goes"]);
  await nodes.node("simulated-1").restore();
  await cluster.clock.advance("1m");
  expect(await facts()).toEqual(["True KubeletReady", [], []]);
  expect((await pods.list()).items.filter(isPodReady)).toHaveLength(6);
  expect(cluster.failures).toEqual([]);
});

test("Pods of a node that is deleted while it is cut off are forgotten, and end when it is back", async () => {
  await using fixture = await aCluster({ whole: true, nodes: 2 });
  const { cluster, nodes } = fixture;
  await deploy(cluster, 4);
  nodes.node("simulated-1").partition();
  await cluster.client.resource(NodeKind).delete("simulated-1");
  await cluster.clock.advance("5m");
  const { items } = await cluster.client.resource(PodKind).in("default").list();
  expect(items.map(({ spec, metadata }) => [spec.nodeName, metadata.deletionTimestamp])).toEqual(
    Array.from({ length: 4 }, () => ["simulated-0", undefined]),
  );
  await nodes.node("simulated-1").restore();
  await cluster.settle();
  const left = nodes.state().pods.filter(({ host, removed }) => host === "simulated-1" && !removed);
  expect([left, cluster.failures]).toEqual([[], []]);
});

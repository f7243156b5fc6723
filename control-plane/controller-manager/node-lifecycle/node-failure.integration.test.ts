import { DeploymentKind, isPodReady, type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1", resources: { requests: { cpu: "1" } } }] }
`;
const readyOf = ({ status }: Node): string | undefined => status.conditions?.find(({ type }) => type === "Ready")?.status;
const taintsOf = ({ spec }: Node): readonly string[] => (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).toSorted();
const nodeOf = (cluster: Cluster, name: string): Promise<Node> => cluster.client.resource(NodeKind).get(name);
async function podsOn(cluster: Cluster, node: string): Promise<readonly Pod[]> {
  return (await cluster.client.resource(PodKind).in("default").list()).items.filter(({ spec }) => spec.nodeName === node);
}
async function running(): Promise<Cluster> {
  const cluster = await startCluster({ nodes: 2, seed: 1 });
  await cluster.apply(manifest);
  await cluster.settle();
  expect((await podsOn(cluster, "simulated-0")).length).toBe(2);
  return cluster;
}

test.each(["fail", "partition"] as const)(
  "a node that is lost (%s): silence, taints, eviction, other Pods elsewhere, and its return",
  async (how) => {
    await using cluster = await running();
    const { simulatedNodes } = cluster.controlPlane;
    const lost = await podsOn(cluster, "simulated-0");
    simulatedNodes!.node("simulated-0")[how]();

    await cluster.clock.advance("38s");
    expect(readyOf(await nodeOf(cluster, "simulated-0"))).toBe("True");

    await cluster.clock.advance("13s");
    const silent = await nodeOf(cluster, "simulated-0");
    expect(silent.status.conditions?.filter(({ status }) => status === "Unknown").map(({ type }) => type)).toEqual(
      expect.arrayContaining(["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]),
    );
    expect(taintsOf(silent)).toEqual(["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"]);
    expect((await podsOn(cluster, "simulated-0")).map((pod) => [isPodReady(pod), pod.metadata.deletionTimestamp])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);

    // They tolerate an unreachable node for five minutes from then on.
    await cluster.clock.advance("295s");
    expect((await podsOn(cluster, "simulated-0")).every(({ metadata }) => metadata.deletionTimestamp === undefined)).toBe(true);
    await cluster.clock.advance("10s");
    expect((await podsOn(cluster, "simulated-0")).map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined])).toEqual(
      lost.map(({ metadata }) => [metadata.name, true]),
    );
    expect((await podsOn(cluster, "simulated-1")).filter(isPodReady)).toHaveLength(4);

    await simulatedNodes!.node("simulated-0").restore();
    await cluster.clock.advance("60s");
    const back = await nodeOf(cluster, "simulated-0");
    expect([readyOf(back), taintsOf(back)]).toEqual(["True", []]);
    expect(await podsOn(cluster, "simulated-0")).toEqual([]);
    const { status } = await cluster.client.resource(DeploymentKind).in("default").get("web");
    expect(status).toMatchObject({ replicas: 4, readyReplicas: 4, availableReplicas: 4 });
    expect(cluster.failures).toEqual([]);
  },
);

test("a node that comes back in time keeps its Pods", async () => {
  await using cluster = await running();
  const before = (await podsOn(cluster, "simulated-0")).map(({ metadata }) => metadata.uid);
  cluster.controlPlane.simulatedNodes!.node("simulated-0").partition();
  await cluster.clock.advance("2m");
  expect(taintsOf(await nodeOf(cluster, "simulated-0"))).toHaveLength(2);
  await cluster.controlPlane.simulatedNodes!.node("simulated-0").restore();
  await cluster.clock.advance("10m");
  const pods = await podsOn(cluster, "simulated-0");
  expect(pods.map(({ metadata }) => metadata.uid)).toEqual(before);
  expect(pods.every(isPodReady)).toBe(true);
});

test("when every node is lost it is our own network that is broken, and no Pod is driven away", async () => {
  await using cluster = await running();
  const names = ["simulated-0", "simulated-1"];
  for (const name of names) cluster.controlPlane.simulatedNodes!.node(name).partition();
  await cluster.clock.advance("1h");
  for (const name of names) {
    const node = await nodeOf(cluster, name);
    expect([readyOf(node), taintsOf(node)]).toEqual(["Unknown", ["node.kubernetes.io/unreachable:NoSchedule"]]);
    expect((await podsOn(cluster, name)).map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined, undefined]);
  }
  for (const name of names) await cluster.controlPlane.simulatedNodes!.node(name).restore();
  await cluster.clock.advance("1m");
  for (const name of names) expect(taintsOf(await nodeOf(cluster, name))).toEqual([]);
  expect(cluster.failures).toEqual([]);
});

test("nodes that renew their Leases seldom aren't taken for silent", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 1, heartbeat: "5m" });
  await cluster.clock.advance("1h");
  expect(readyOf(await nodeOf(cluster, "simulated-0"))).toBe("True");
  cluster.controlPlane.simulatedNodes!.node("simulated-0").partition();
  await cluster.clock.advance("30m");
  expect(readyOf(await nodeOf(cluster, "simulated-0"))).toBe("Unknown");
});

test("a machine that the operator has declared off: its Pods are deleted and made anew elsewhere, though it can't confirm their end", async () => {
  await using cluster = await running();
  cluster.controlPlane.simulatedNodes!.node("simulated-0").fail();
  await cluster.clock.advance("60s");
  const off = [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }];
  const { spec } = await nodeOf(cluster, "simulated-0");
  await cluster.client.resource(NodeKind).patch("simulated-0", { spec: { taints: [...(spec.taints ?? []), ...off] } }, { type: "merge" });
  await cluster.settle();
  expect(await podsOn(cluster, "simulated-0")).toEqual([]);
  expect((await podsOn(cluster, "simulated-1")).filter(isPodReady)).toHaveLength(4);
});

test("a cordoned node is marked as such, and takes no new Pods until it is uncordoned", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 1 });
  await cluster.client.resource(NodeKind).patch("simulated-0", { spec: { unschedulable: true } }, { type: "merge" });
  await cluster.settle();
  expect(taintsOf(await nodeOf(cluster, "simulated-0"))).toEqual(["node.kubernetes.io/unschedulable:NoSchedule"]);
  await cluster.apply(manifest);
  await cluster.settle();
  expect((await podsOn(cluster, "simulated-1")).filter(isPodReady)).toHaveLength(4);
  await cluster.client.resource(NodeKind).patch("simulated-0", { spec: { unschedulable: null } }, { type: "merge" });
  await cluster.settle();
  expect(taintsOf(await nodeOf(cluster, "simulated-0"))).toEqual([]);
});

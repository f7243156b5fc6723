import { isPodReady, NodeKind, PodKind, type Toleration } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { aPod, podReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const taint = { key: "example.com/evict", value: "now", effect: "NoExecute" };

/** A running Pod that tolerates the taint for some seconds; its node. */
async function aTolerantPod(namespace: string, name: string, tolerationSeconds: number): Promise<string> {
  const tolerations: readonly Toleration[] = [{ key: taint.key, value: taint.value, effect: "NoExecute", tolerationSeconds }];
  await cluster.client
    .resource(PodKind)
    .in(namespace)
    .create(aPod(name, {}, { tolerations, terminationGracePeriodSeconds: 0 }));
  return (await podReady(cluster, namespace, name)).spec.nodeName!;
}
const setTaints = (node: string, taints: readonly object[] | null) =>
  cluster.client.resource(NodeKind).patch(node, { spec: { taints } }, { type: "merge" });
const pass = (seconds: number) => {
  let left = seconds;
  return cluster.until(async () => expect(left--).toBe(0), { seconds });
};

test("NO-040 each Pod leaves a tainted node when its own time of toleration is over", async () => {
  const namespace = await cluster.namespace();
  const pods = cluster.client.resource(PodKind).in(namespace);
  const node = await aTolerantPod(namespace, "short", 10);
  await aTolerantPod(namespace, "long", 40);
  await setTaints(node, [taint]);
  await pass(8);
  expect(await namesIn(pods)).toEqual(["long", "short"]);
  await cluster.until(async () => expect(await namesIn(pods)).toEqual(["long"]), { seconds: 5 });
  await pass(20);
  expect(await namesIn(pods)).toEqual(["long"]);
  await cluster.until(async () => expect(await namesIn(pods)).toEqual([]), { seconds: 15 });
  await setTaints(node, null);
});

test("NO-041 a taint that is taken away in time evicts nobody", async () => {
  const namespace = await cluster.namespace();
  const node = await aTolerantPod(namespace, "web", 20);
  await setTaints(node, [taint]);
  await pass(10);
  await setTaints(node, null);
  await pass(60);
  expect(isPodReady(await cluster.client.resource(PodKind).in(namespace).get("web"))).toBe(true);
});

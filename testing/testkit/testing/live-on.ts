import { PodKind } from "@kubets/api";
import { readPath } from "@kubets/client";
import type { Cluster } from "../cluster.ts";

/** Ten minutes of a cluster whose first node fails, as plain data: what was there before, and what there is then. */
export async function liveOn(cluster: Cluster): Promise<unknown> {
  await cluster.settle();
  const pods = async (): Promise<readonly unknown[]> => (await cluster.client.resource(PodKind).list()).items;
  const before = { now: cluster.clock.now(), seed: cluster.seed, pods: await pods() };
  const widgets = await readPath(cluster.client, "/apis/example.com/v1/widgets");
  cluster.controlPlane.simulatedNodes!.node("simulated-0").fail();
  await cluster.clock.advance("10m");
  return JSON.parse(JSON.stringify({ ...before, widgets, later: await pods(), failures: cluster.failures })) as unknown;
}

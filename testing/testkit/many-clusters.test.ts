import { PodKind } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

const pod = (name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { containers: [{ name: web, image: "web:1" }] }
`;

test("a hundred clusters in one process don't disturb one another", { timeout: 120_000 }, async () => {
  const base = await startCluster({ nodes: 1, seed: 1 });
  const clusters: Cluster[] = [base];
  try {
    while (clusters.length < 100) clusters.push(await base.fork());
    await Promise.all(
      clusters.map(async (cluster, index) => {
        await cluster.apply(pod(`pod-${index}`));
        if (index % 2 === 1) await cluster.clock.advance(`${index}s`);
        await cluster.settle({ seconds: 60 });
      }),
    );
    const found = await Promise.all(
      clusters.map(async (cluster) =>
        (await cluster.client.resource(PodKind).list()).items.map((each) => `${objectKey(each)} ${each.status.phase}`),
      ),
    );
    expect(found).toEqual(clusters.map((_, index) => [`default/pod-${index} Running`]));
    const began = base.clock.now();
    expect(clusters.map(({ clock }) => clock.now() - began)).toEqual(clusters.map((_, index) => (index % 2 === 1 ? index * 1000 : 0)));
    expect(clusters.flatMap(({ failures }) => failures)).toEqual([]);
  } finally {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
  }
});

import { expect, test } from "vitest";
import { endWithoutLeaks, LeakError } from "./leak-check.ts";
import { testCluster as nodeTestCluster } from "./node-test.ts";
import { startCluster } from "./start-cluster.ts";
import { testCluster } from "./vitest.ts";

test("a cluster of a test ends with it", async () => {
  const cluster = await testCluster({ nodes: 0 });
  expect(cluster.tasks.pending()).toEqual([]);
  const ends: (() => Promise<void>)[] = [];
  const other = await nodeTestCluster({ after: (end) => void ends.push(end as () => Promise<void>) }, { nodes: 0 });
  expect(ends).toHaveLength(1);
  await ends[0]!();
  await expect(other.settle()).rejects.toThrow("the cluster has been disposed of");
});

test("what a test leaves behind is named", async () => {
  const cluster = await startCluster({ nodes: 0, seed: 5 });
  cluster.tasks.start("my webhook", () => Promise.reject(new Error("no answer")));
  using _left = cluster.tasks.begin("my upload");
  const leak = await endWithoutLeaks(cluster).catch((error: unknown) => error);
  expect(leak).toBeInstanceOf(LeakError);
  expect((leak as LeakError).message).toBe(
    "The cluster (seed 5) left something behind:\n  my webhook failed: no answer\n  1 × my upload still under way",
  );
});

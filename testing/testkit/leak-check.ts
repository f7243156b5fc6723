import type { Cluster, ClusterOptions } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

/** What a runner of tests is asked for: to do something after the test that is running. */
export type AfterTest = (clean: () => Promise<void>) => void;

/**
 * A cluster for one test: ends with it, and lets the test fail that leaves something behind. What counts as left behind: work that
 * failed in the background, and work of the cluster's that is still under way after it has ended.
 */
export async function clusterForTest(options: ClusterOptions, afterTest: AfterTest): Promise<Cluster> {
  const cluster = await startCluster(options);
  afterTest(() => endWithoutLeaks(cluster));
  return cluster;
}

/** Ends a cluster. Throws a {@link LeakError} when something failed in it or goes on after its end. */
export async function endWithoutLeaks(cluster: Cluster): Promise<void> {
  await cluster[Symbol.asyncDispose]();
  const failed = cluster.failures.map(({ name, error }) => `${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  const left = cluster.tasks.pending().map(({ name, count }) => `${count} × ${name} still under way`);
  const found = [...failed, ...left];
  if (found.length > 0) throw new LeakError(cluster.seed, found);
}

export class LeakError extends Error {
  readonly found: readonly string[];

  constructor(seed: number, found: readonly string[]) {
    super([`The cluster (seed ${seed}) left something behind:`, ...found.map((line) => `  ${line}`)].join("\n"));
    this.name = "LeakError";
    this.found = found;
  }
}

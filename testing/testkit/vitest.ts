import { onTestFinished } from "vitest";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { clusterForTest } from "./leak-check.ts";

export { LeakError } from "./leak-check.ts";

/**
 * A cluster for the Vitest test that calls it: ends with the test, which fails when something was left behind.
 *
 * @example
 * test("three Pods run", async () => {
 *   const cluster = await testCluster({ nodes: 3 });
 * });
 */
export function testCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return clusterForTest(options, (clean) => onTestFinished(clean));
}

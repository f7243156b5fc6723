import type { TestContext } from "node:test";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { clusterForTest } from "./leak-check.ts";

export { LeakError } from "./leak-check.ts";

/**
 * A cluster for a test of node:test: ends with the test, which fails when something was left behind.
 *
 * @example
 * test("three Pods run", async (context) => {
 *   const cluster = await testCluster(context, { nodes: 3 });
 * });
 */
export function testCluster(context: Pick<TestContext, "after">, options: ClusterOptions = {}): Promise<Cluster> {
  return clusterForTest(options, (clean) => context.after(clean));
}

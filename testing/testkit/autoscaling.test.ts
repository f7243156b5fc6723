import { DeploymentKind, HorizontalPodAutoscalerKind, isPodReady, PodKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { startCluster } from "./start-cluster.ts";

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1", resources: { requests: { cpu: 100m } } }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 2
  maxReplicas: 10
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
`;

test("an autoscaler follows the load that containers' functions tell of: up at once, down after five minutes of calm", async () => {
  // All of it, in thousandths of a processor; whoever serves takes its share.
  let load = 80;
  let serving = 2;
  await using cluster = await startCluster({
    nodes: 2,
    seed: 1,
    startTime: Date.UTC(2027, 0, 1) as Instant,
    metricsServer: true,
    programs: [() => ({ usage: () => ({ cpu: `${Math.round(load / serving)}m` }) })],
  });
  await cluster.apply(manifest);
  const pods = cluster.client.resource(PodKind).in("default");
  const scales = cluster.client.resource(DeploymentKind).in("default");
  /** How many there are to be, minute by minute. */
  const pass = async (minutes: number): Promise<readonly number[]> => {
    const seen: number[] = [];
    for (let step = 0; step < minutes * 4; step++) {
      serving = Math.max(1, (await pods.list()).items.filter(isPodReady).length);
      await cluster.clock.advance("15s");
      if (step % 4 === 3) seen.push((await scales.get("web")).spec.replicas);
    }
    return seen;
  };
  expect((await pass(6)).at(-1)).toBe(2);
  load = 400;
  const rising = await pass(4);
  expect([rising[0]! > 2, rising.at(-1), (await pods.list()).items.filter(isPodReady).length]).toEqual([true, 8, 8]);
  // What is calm for a moment only is no reason to let go.
  load = 80;
  expect(new Set(await pass(4))).toEqual(new Set([8]));
  load = 400;
  expect(new Set(await pass(3))).toEqual(new Set([8]));
  load = 80;
  const falling = await pass(8);
  expect([new Set(falling.slice(0, 4)), falling.at(-1)]).toEqual([new Set([8]), 2]);
  const { status } = await cluster.client.resource(HorizontalPodAutoscalerKind).in("default").get("web");
  expect([status.currentReplicas, status.desiredReplicas, status.currentMetrics?.[0]?.resource?.current.averageUtilization]).toEqual([
    2, 2, 40,
  ]);
  expect(cluster.failures).toEqual([]);
});

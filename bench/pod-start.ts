import { setTimeout as wait } from "node:timers/promises";
import { type Pod, PodKind } from "@kubets/api";
import type { ResourceClient } from "@kubets/client";
import { type Benchmark, type Figure, median, spread } from "./benchmark.ts";
import { cpuSecondsOf, inFolder } from "./processes.ts";
import { obstacle, type RealNode, sleeper, startRealNode } from "./real-node.ts";

const runs = 15;
const warmUp = 3;
/** Calls of the container runtime without which no Pod starts, by whichever kubelet. */
const needed: readonly string[] = ["run_podsandbox", "create_container", "start_container"];

/** One Pod after the other, each alone: from its create to the watch event that says Running, beside what the runtime took of it. */
export const podStart: Benchmark = {
  name: "pod-start",
  about: "from a Pod's create to Running on a real node, its image present; our part is what the container runtime's calls leave",
  run: async () => {
    const why = obstacle();
    if (why !== undefined) {
      console.log(`  not measured: ${why}`);
      return [];
    }
    return inFolder(async (folder) => {
      await using node = await startRealNode(folder);
      const pods = node.client.resource(PodKind).in("default");
      const totals: number[] = [];
      const runtime: number[] = [];
      let cpuBefore = 0;
      for (let run = -warmUp; run < runs; run++) {
        if (run === 0) cpuBefore = cpuSecondsOf(node.kubets.pid);
        const { total, inRuntime } = await startOne(node, pods, `pod-${run + warmUp}`);
        if (run < 0) continue;
        totals.push(total);
        runtime.push(inRuntime);
      }
      const cpu = ((cpuSecondsOf(node.kubets.pid) - cpuBefore) / runs) * 1000;
      const ours = totals.map((total, run) => total - runtime[run]!);
      const peer = "the runtime's own calls for the same Pods";
      const peerValue = median(runtime);
      const figure = (name: string, values: readonly number[], below: number, goal: string): Figure => {
        const value = median(values);
        const note = `${spread(values, "ms")}; kubets' CPU for a start and the end of a Pod ${cpu.toFixed(0)} ms`;
        return { name, value, unit: "ms", peer, peerValue, ratio: value / peerValue, goal, met: value < below, note };
      };
      return [
        figure("Pod start, our part", ours, 30, "under 30 ms at the median"),
        figure("Pod start, create to Running", totals, 3000, "under 3 s"),
      ];
    });
  },
};

async function startOne(
  node: RealNode,
  pods: ResourceClient<Pod>,
  name: string,
): Promise<{ readonly total: number; readonly inRuntime: number }> {
  const stop = new AbortController();
  const { metadata } = await pods.list();
  const running = reaches(pods, name, ({ status }) => status.phase === "Running", metadata.resourceVersion ?? "0", stop.signal);
  const before = runtimeMilliseconds(await node.metrics());
  const began = performance.now();
  await pods.create(sleeper(name) as Parameters<typeof pods.create>[0]);
  const total = (await running) - began;
  const inRuntime = runtimeMilliseconds(await node.metrics()) - before;
  stop.abort();
  await pods.delete(name, { gracePeriodSeconds: 1 });
  while ((await pods.list()).items.length > 0) await wait(50);
  return { total, inRuntime };
}

/** The moment at which a watch shows the Pod as wanted. */
async function reaches(
  pods: ResourceClient<Pod>,
  name: string,
  holds: (pod: Pod) => boolean,
  resourceVersion: string,
  signal: AbortSignal,
): Promise<number> {
  for await (const batch of pods.watch({ resourceVersion, signal })) {
    for (const { type, object } of batch) {
      if (type !== "MODIFIED" && type !== "ADDED") continue;
      if (object.metadata.name === name && holds(object)) return performance.now();
    }
  }
  throw new Error(`Cannot measure: the watch ended before Pod "${name}" ran`);
}

function runtimeMilliseconds(metrics: string): number {
  const seconds = needed.map((operation) =>
    Number(
      new RegExp(`^kubelet_runtime_operations_duration_seconds_sum\\{operation_type="${operation}"\\} (\\S+)$`, "m").exec(metrics)?.[1] ??
        0,
    ),
  );
  return seconds.reduce((sum, each) => sum + each, 0) * 1000;
}

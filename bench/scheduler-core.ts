import { createSystemClock } from "@kubets/machinery/node";
import { schedulerBenchmarks } from "../control-plane/scheduler/scheduler.bench.ts";
import type { Benchmark } from "./benchmark.ts";

/** Upstream's published floor for 5,000 nodes (scheduler_perf, basic), which includes the API: not like for like, and not of this machine. */
const publishedFloor = 680;

export const schedulerCore: Benchmark = {
  name: "scheduler-core",
  about: "decisions per second, every node scored exactly, without API writes",
  run: () =>
    Promise.resolve(
      schedulerBenchmarks.map((measure) => {
        const { name, value, unit, goal } = measure(createSystemClock());
        return {
          name,
          value,
          unit,
          goal: `at least ${goal}`,
          met: value >= goal,
          note: `kube-scheduler's published floor with the API: ${publishedFloor}/s`,
        };
      }),
    ),
};

import type { Benchmark, Figure } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { inFolder } from "./processes.ts";

interface Life {
  readonly milliseconds: number;
  /** Of the process: what a busy machine leaves comparable. */
  readonly cpuMilliseconds: number;
  /** How much of the case was done before its time was over: 1 is all. */
  readonly reached: number;
  readonly writes: number;
  /** Of `writes`, by Pod and beside Events. */
  readonly writesPerPod?: number;
}

/** Each life, and how many seconds of the machine's it may take. */
const lives: readonly (readonly [life: string, name: string, below: number])[] = [
  ["day", "24 h of 10 nodes and 50 hourly CronJobs", 25],
  ["seldom-day", "the same, Leases renewed every 5 minutes", 6],
  ["crowd", "1,000 nodes, 10,000 Pods until all run", 20],
];

const mostWritesPerPod = 6;

/** What the simulated life of clusters costs, with every controller. The writes of each case are stated. */
export const life: Benchmark = {
  name: "life",
  about: "a day of CronJobs and a crowd of Pods, in simulated time with every controller; what an idle cluster holds",
  run: () =>
    inFolder(async (folder) => {
      const child = await bundledChild<Life & { readonly megabytes: number }>("bench/life-child.ts", folder, [
        "--max-old-space-size=8192",
        "--expose-gc",
      ]);
      const figures: Figure[] = [];
      for (const [argument, name, below] of lives) {
        const { milliseconds, cpuMilliseconds, reached, writes, writesPerPod } = await child(argument);
        const seconds = milliseconds / 1000;
        const ended = reached < 1 ? `; ended when ${Math.round(reached * 100)} % was done` : "";
        const note = `${writes} writes, ${Math.round(writes / seconds)} per second (asked 5000), CPU ${(cpuMilliseconds / 1000).toFixed(1)} s${ended}`;
        figures.push({ name, value: seconds, unit: "s", goal: `under ${below} s`, met: reached === 1 && seconds < below, note });
        if (writesPerPod !== undefined)
          figures.push({
            name: "writes per Pod until it runs, beside Events",
            value: writesPerPod,
            unit: "writes",
            goal: `at most ${mostWritesPerPod}`,
            met: writesPerPod <= mostWritesPerPod,
          });
      }
      const { megabytes } = await child("memory");
      figures.push({ name: "memory per idle cluster of 3 nodes", value: megabytes, unit: "MB", goal: "under 15 MB", met: megabytes < 15 });
      return figures;
    }),
};

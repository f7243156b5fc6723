import type { Benchmark, Figure } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { inFolder } from "./processes.ts";

interface Life {
  readonly milliseconds: number;
  readonly writes: number;
}

/** Each life, and how many seconds of the machine's it may take. */
const lives: readonly (readonly [life: string, name: string, below: number])[] = [
  ["day", "24 h of 10 nodes and 50 hourly CronJobs", 25],
  ["seldom-day", "the same, Leases renewed every 5 minutes", 6],
  ["crowd", "1,000 nodes, 10,000 Pods until all run", 20],
];

/** What the simulated life of clusters costs, with every controller. The writes of each case are stated. */
export const life: Benchmark = {
  name: "life",
  about: "a day of CronJobs and a crowd of Pods, in simulated time with every controller",
  run: () =>
    inFolder(async (folder) => {
      const child = await bundledChild<Life>("bench/life-child.ts", folder, ["--max-old-space-size=8192"]);
      const figures: Figure[] = [];
      for (const [argument, name, below] of lives) {
        const { milliseconds, writes } = await child(argument);
        const seconds = milliseconds / 1000;
        const note = `${writes} writes, ${Math.round(writes / seconds)} per second`;
        figures.push({ name, value: seconds, unit: "s", goal: `under ${below} s`, met: seconds < below, note });
      }
      return figures;
    }),
};

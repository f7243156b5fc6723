import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../tools/bundle.ts";
import { root } from "../tools/root.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
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
      await bundle({ root, entries: { child: "bench/life-child.ts" }, directory: join(folder, "bundle") });
      writeFileSync(join(folder, "bundle/package.json"), '{ "type": "module" }\n');
      const figures: Figure[] = [];
      for (const [argument, name, below] of lives) {
        const { stdout } = await promisify(execFile)(process.execPath, [
          "--max-old-space-size=8192",
          join(folder, "bundle/child.js"),
          argument,
        ]);
        const { milliseconds, writes } = JSON.parse(stdout) as Life;
        const seconds = milliseconds / 1000;
        const note = `${writes} writes, ${Math.round(writes / seconds)} per second`;
        figures.push({ name, value: seconds, unit: "s", goal: `under ${below} s`, met: seconds < below, note });
      }
      return figures;
    }),
};

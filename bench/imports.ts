import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { importBudgets, importsOf } from "../tools/import-budget.ts";
import { type Benchmark, type Figure, median, spread, timed } from "./benchmark.ts";
import { inFolder, programMain } from "./processes.ts";

const runs = 9;
/** Times Node's own start. */
const most = 2;

/** Commands that end by themselves where there is no cluster: what they take is Node's start, their modules, and an answer. */
const measured: Readonly<Record<string, readonly string[]>> = {
  "kubets --version": ["--version"],
  "kubets status": ["status"],
  "kubets kubectl version": ["kubectl", "version", "--client"],
};

export const imports: Benchmark = {
  name: "imports",
  about: "modules and milliseconds that each subcommand takes before it does anything",
  run: () =>
    inFolder(async (folder) => {
      const main = await programMain();
      const run = async (...args: readonly string[]): Promise<void> => {
        // The exit code says whether there is a cluster.
        await promisify(execFile)(process.execPath, [...args], { env: { PATH: process.env.PATH, HOME: folder } }).catch(() => undefined);
      };
      const figures: Figure[] = [];
      for (const [budget, { modules, kilobytes, files }] of await importsOf(importBudgets)) {
        figures.push({
          name: `${budget.command}, modules`,
          value: modules.length,
          unit: "modules",
          goal: `at most ${budget.mostModules}`,
          met: modules.length <= budget.mostModules,
          note: `${kilobytes.toFixed(0)} kB of at most ${budget.mostKilobytes} in ${files} files`,
        });
      }
      for (const [name, args] of Object.entries(measured)) {
        const bare: number[] = [];
        const times: number[] = [];
        for (let count = 0; count < runs; count++) {
          bare.push(...(await timed(() => run("-e", "0"), { runs: 1, warmUp: 0 })));
          times.push(...(await timed(() => run(main, ...args), { runs: 1, warmUp: count === 0 ? 2 : 0 })));
        }
        const [value, peerValue] = [median(times), median(bare)];
        figures.push({
          name: `${name}, exec to exit`,
          value,
          unit: "ms",
          peer: "node -e 0",
          peerValue,
          ratio: value / peerValue,
          goal: `at most ${most} × Node's own start`,
          met: value <= most * peerValue,
          note: spread(times, "ms"),
        });
      }
      return figures;
    }),
};

import { type Benchmark, type Figure, median, spread } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { inFolder } from "./processes.ts";

interface Child {
  readonly handles: readonly number[];
  readonly settled: readonly number[];
}

/** What another try from the same beginning costs. Nothing else that we know of forks a cluster. */
export const fork: Benchmark = {
  name: "fork",
  about: "forking a settled cluster of 10,000 objects, with every controller and three simulated nodes",
  run: () =>
    inFolder(async (folder) => {
      const child = await bundledChild<Child>("bench/fork-child.ts", folder);
      const { handles, settled } = await child();
      const figure = (name: string, values: readonly number[], below: number): Figure => ({
        name,
        value: median(values),
        unit: "ms",
        goal: `under ${below} ms`,
        met: median(values) < below,
        note: spread(values, "ms"),
      });
      return [figure("fork() until its handle is there", handles, 10), figure("fork() until it is settled", settled, 100)];
    }),
};

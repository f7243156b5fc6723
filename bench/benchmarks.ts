import type { Benchmark } from "./benchmark.ts";

/** Every benchmark, in the order in which they run. A new one is a file here and a line. */
export const benchmarks: readonly Benchmark[] = [];

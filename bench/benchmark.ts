/** One figure that an issue or the README names, measured beside something. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What ran beside it, in the same run on the same machine, and its figure in the same unit. */
  readonly peer?: string;
  readonly peerValue?: number;
  /** `value / peerValue`. */
  readonly ratio?: number;
  /** In words, such as "under 300 ms". */
  readonly goal: string;
  readonly met: boolean;
  /** What qualifies the figure: the spread, the disk's sync latency, CPU per operation. */
  readonly note?: string;
}

/** A benchmark gives one or more figures; it starts and stops everything that it needs. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(): Promise<readonly Figure[]>;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `q` of the values lies (nearest rank). */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Runs `once` several times after a warm-up and answers the milliseconds of each. */
export async function timed(
  once: () => Promise<unknown>,
  { runs, warmUp = 1 }: { readonly runs: number; readonly warmUp?: number },
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    const began = performance.now();
    await once();
    if (run >= 0) times.push(performance.now() - began);
  }
  return times;
}

/** Runs `once` again while there is time for another as long as the longest so far: at least once, at most `most` times. */
export async function asOftenAs<Result>(
  once: () => Promise<Result>,
  { seconds, most }: { readonly seconds: number; readonly most: number },
): Promise<readonly Result[]> {
  const until = performance.now() + seconds * 1000;
  const results: Result[] = [];
  let longest = 0;
  do {
    const began = performance.now();
    results.push(await once());
    longest = Math.max(longest, performance.now() - began);
  } while (results.length < most && performance.now() + longest < until);
  return results;
}

export function spread(values: readonly number[], unit: string): string {
  const show = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  return `min ${show(Math.min(...values))}, max ${show(Math.max(...values))} ${unit}, ${values.length} runs`;
}

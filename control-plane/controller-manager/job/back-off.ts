import type { Pod } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { finishedAt } from "./tracking.ts";

const firstDelay = 10_000;
const longestDelay = 10 * 60_000;

/** From when on a Pod may take the place of those that failed: 10 s after the first failure in a row, doubled with each, 10 min at most. */
export function mayStartFrom(succeeded: readonly Pod[], failed: readonly Pod[]): Instant {
  const lastSuccess = Math.max(0, ...succeeded.map(finishedAt));
  const inRow = failed.map(finishedAt).filter((end) => end > lastSuccess);
  return backOffAfter(inRow);
}

/** The same for one index, which may remember more failures than there are Pods left to tell. */
export function indexMayStartFrom(failed: readonly Pod[], failures: number): Instant {
  if (failed.length === 0) return 0 as Instant;
  return (Math.max(...failed.map(finishedAt)) + delayAfter(failures)) as Instant;
}

function backOffAfter(ends: readonly Instant[]): Instant {
  return ends.length === 0 ? (0 as Instant) : ((Math.max(...ends) + delayAfter(ends.length)) as Instant);
}

function delayAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(longestDelay, firstDelay * 2 ** Math.min(failures - 1, 16));
}

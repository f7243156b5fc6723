import type { Instant } from "@kubets/machinery";

/** How many replicas, and when that was. */
export interface TimedCount {
  readonly replicas: number;
  readonly at: Instant;
}

/** What was decided for an autoscaler before: what keeps it from going to and fro. Known to one process only, as upstream. */
export interface Memory {
  /** What the metrics asked for, newest last. */
  readonly recommendations: readonly TimedCount[];
  /** By how much the number was raised, and lowered. */
  readonly raised: readonly TimedCount[];
  readonly lowered: readonly TimedCount[];
}

export const newMemory: Memory = { recommendations: [], raised: [], lowered: [] };

/** The entries of the last `seconds`. */
export function since(entries: readonly TimedCount[], seconds: number, now: Instant): readonly TimedCount[] {
  const cutoff = now - seconds * 1000;
  return entries.filter(({ at }) => at > cutoff);
}

/** Longest window and longest period that an autoscaler can have, in seconds: what is older never counts again. */
const longest = 3600;

export function remember(entries: readonly TimedCount[], replicas: number, now: Instant): readonly TimedCount[] {
  return [...since(entries, longest, now), { replicas, at: now }];
}

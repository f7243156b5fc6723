import type { Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";

const firstDelay = 1_000;
const longestDelay = 15 * 60_000;

/**
 * Remembers how often Pods of a DaemonSet failed on a node, so that each is replaced later than the one before. A new template
 * begins anew. What is forgotten by a restart costs one quick attempt.
 */
export interface Failures {
  /** Counts the Pod once, and answers how many have failed on its node so far, itself among them. */
  count(key: FailureKey, pod: Pod): number;
  forget(daemonSet: string): void;
}

export interface FailureKey {
  /** The uid of the DaemonSet. */
  readonly daemonSet: string;
  readonly generation: number;
  readonly node: string;
}

export function createFailures(): Failures {
  const byDaemonSet = new Map<string, Map<string, { readonly generation: number; readonly pods: Set<string> }>>();
  return {
    count({ daemonSet, generation, node }, { metadata }) {
      const nodes = byDaemonSet.get(daemonSet) ?? new Map<string, { readonly generation: number; readonly pods: Set<string> }>();
      byDaemonSet.set(daemonSet, nodes);
      const known = nodes.get(node);
      const entry = known?.generation === generation ? known : { generation, pods: new Set<string>() };
      nodes.set(node, entry);
      // Enough to reach the longest delay; more would only grow.
      if (entry.pods.size < 12) entry.pods.add(metadata.uid);
      return entry.pods.size;
    },
    forget: (daemonSet) => void byDaemonSet.delete(daemonSet),
  };
}

/** From when on a Pod that failed may be replaced, if `failures` failed so far. The first goes at once. */
export function replaceableFrom(pod: Pod, failures: number): Instant {
  if (failures <= 1) return endOf(pod);
  return (endOf(pod) + Math.min(longestDelay, firstDelay * 2 ** (failures - 2))) as Instant;
}

/** When a Pod ended, as far as it says. */
function endOf({ status, metadata }: Pod): Instant {
  const ends = status.containerStatuses?.flatMap(({ state }) => parseTime(state?.terminated?.finishedAt ?? "") ?? []) ?? [];
  return ends.length > 0 ? (Math.max(...ends) as Instant) : (parseTime(metadata.creationTimestamp) ?? (0 as Instant));
}

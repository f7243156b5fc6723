import { isPodAvailable, isPodReady, isPodTerminal, type Pod, type StatefulSet } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { podRevisionLabel } from "../history/controller-revisions.ts";
import { ordinalOf } from "./identity.ts";

/** One place of a StatefulSet, and the Pod that stands in it. */
export interface Replica {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

/** The Pods of a StatefulSet by their place. */
export interface Replicas {
  /** From the first number to the last that there should be, with gaps where a Pod is missing. */
  readonly wanted: readonly Replica[];
  /** Pods with a number that there should not be, the highest first: the order in which they go. */
  readonly surplus: readonly (Replica & { readonly pod: Pod })[];
}

export function replicasOf(set: StatefulSet, pods: readonly Pod[]): Replicas {
  const start = set.spec.ordinals?.start ?? 0;
  const end = start + set.spec.replicas;
  const byOrdinal = new Map<number, Pod>();
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  const wanted = Array.from({ length: set.spec.replicas }, (_, index) => ({ ordinal: start + index, pod: byOrdinal.get(start + index) }));
  const surplus = [...byOrdinal].flatMap(([ordinal, pod]) => (ordinal < start || ordinal >= end ? [{ ordinal, pod }] : []));
  return { wanted, surplus: surplus.toSorted((a, b) => b.ordinal - a.ordinal) };
}

export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status.phase === "Running" && isPodReady(pod);
}

/** Running, ready for long enough, and to stay: what the next Pod in order waits for. */
export function isHealthy({ spec }: StatefulSet, pod: Pod | undefined, now: Instant): boolean {
  return (
    pod !== undefined &&
    !isTerminating(pod) &&
    !isPodTerminal(pod) &&
    isRunningAndReady(pod) &&
    isPodAvailable(pod, spec.minReadySeconds ?? 0, now)
  );
}

/** Of which revision a Pod was made. */
export function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[podRevisionLabel];
}

import { type Job, isPodTerminal, type Pod } from "@kubets/api";
import { type FailureVerdict, judgeFailure } from "./failure-policy.ts";
import { parseIndexes } from "./indexes.ts";
import { countIn, failureCountAnnotation, indexOf, isTracked } from "./tracking.ts";

/** How many ended Pods are written down in one pass: their uids stand in the status until their finalizers are gone. */
const mostUncounted = 500;

/** What a Job has come to, every Pod counted exactly once. */
export interface Tally {
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** Pods that ended, also those counted long ago, as far as they are still there; ignored failures are not among them. */
  readonly succeededPods: readonly Pod[];
  readonly failedPods: readonly Pod[];
  /** All that count, those that are not written down yet among them. */
  readonly succeeded: number;
  readonly failed: number;
  /** What the status says: numbers, and uids of Pods whose finalizer stands between them and being a number. */
  readonly written: { readonly succeeded: number; readonly failed: number };
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
  /** Of an Indexed Job. */
  readonly completedIndexes: ReadonlySet<number>;
  /** Of a Job with a limit per index. */
  readonly failedIndexes: ReadonlySet<number>;
  /** How often the Pods of an index have failed. */
  readonly failuresOf: (index: number) => number;
  /** Pods whose end the status will have recorded: their finalizer can go. */
  readonly recorded: readonly Pod[];
  /** Why the failure policy fails the Job at once. */
  readonly failJob?: string;
}

export function tallyOf(job: Job, pods: readonly Pod[]): Tally {
  const { spec, status } = job;
  const completions = spec.completions ?? 0;
  const isIndexed = spec.completionMode === "Indexed";
  const active: Pod[] = [];
  const terminating: Pod[] = [];
  const succeededPods: Pod[] = [];
  const failed: { readonly pod: Pod; readonly verdict: FailureVerdict }[] = [];
  for (const pod of pods) {
    const isLeaving = pod.metadata.deletionTimestamp !== undefined;
    if (pod.status.phase === "Succeeded") succeededPods.push(pod);
    else if (isFailed(job, pod)) failed.push({ pod, verdict: judgeFailure(job, pod) });
    if (isPodTerminal(pod)) continue;
    (isLeaving ? terminating : active).push(pod);
  }
  const counting = failed.filter(({ verdict }) => verdict.action !== "Ignore");
  const failures = failuresByIndex(
    [...active, ...terminating],
    counting.map(({ pod }) => pod),
  );
  const limit = spec.backoffLimitPerIndex;
  const completed = new Set(isIndexed ? parseIndexes(status.completedIndexes, completions) : []);
  if (isIndexed) for (const pod of succeededPods.filter(isTracked)) addIndex(completed, pod, completions);
  const failedIndexes = new Set(parseIndexes(status.failedIndexes, completions));
  if (limit !== undefined) {
    for (const [index, count] of failures) if (index < completions && count > limit && !completed.has(index)) failedIndexes.add(index);
    for (const { pod, verdict } of counting) if (verdict.action === "FailIndex") addIndex(failedIndexes, pod, completions);
  }

  // Pods whose uid is in the status and whose finalizer is gone turn into numbers; the others stay uids.
  const tracked = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
  const known = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] };
  const turned = (uids: readonly string[]): number => uids.filter((uid) => !tracked.has(uid)).length;
  const isNew =
    (uids: readonly string[]) =>
    (pod: Pod): boolean =>
      isTracked(pod) && !uids.includes(pod.metadata.uid);
  const uidOf = ({ metadata }: Pod): string => metadata.uid;
  const uncounted = {
    succeeded: isIndexed
      ? []
      : [
          ...known.succeeded.filter((uid) => tracked.has(uid)),
          ...succeededPods.filter(isNew(known.succeeded)).map(uidOf).slice(0, mostUncounted),
        ],
    failed: [
      ...known.failed.filter((uid) => tracked.has(uid)),
      ...counting
        .map(({ pod }) => pod)
        .filter(isNew(known.failed))
        .map(uidOf)
        .slice(0, mostUncounted),
    ],
  };
  const written = {
    succeeded: isIndexed ? completed.size : (status.succeeded ?? 0) + turned(known.succeeded),
    failed: (status.failed ?? 0) + turned(known.failed),
  };
  const writtenDown = new Set([...uncounted.succeeded, ...uncounted.failed]);
  const remembers = ({ metadata }: Pod): boolean => writtenDown.has(metadata.uid);
  const failJob = failed.find(({ verdict }) => verdict.action === "FailJob")?.verdict.message;
  return {
    active,
    terminating,
    succeededPods,
    failedPods: counting.map(({ pod }) => pod),
    succeeded: written.succeeded + uncounted.succeeded.length,
    failed: written.failed + uncounted.failed.length,
    written,
    uncounted,
    completedIndexes: completed,
    failedIndexes,
    failuresOf: (index) => failures.get(index) ?? 0,
    recorded: [
      ...succeededPods.filter((pod) => isTracked(pod) && (isIndexed || remembers(pod))),
      ...failed.filter(({ pod, verdict }) => isTracked(pod) && (verdict.action === "Ignore" || remembers(pod))).map(({ pod }) => pod),
    ],
    ...(failJob === undefined ? {} : { failJob }),
  };
}

/** A Pod on its way out counts as failed at once, unless the Job waits with its replacement until it has ended. */
function isFailed({ spec }: Job, { status, metadata }: Pod): boolean {
  return status.phase === "Failed" || (metadata.deletionTimestamp !== undefined && spec.podReplacementPolicy !== "Failed");
}

/** Each Pod knows how many failed before it. */
function failuresByIndex(others: readonly Pod[], failed: readonly Pod[]): ReadonlyMap<number, number> {
  const failures = new Map<number, number>();
  const note = (pod: Pod, count: number): void => {
    const index = indexOf(pod);
    if (index !== undefined) failures.set(index, Math.max(failures.get(index) ?? 0, count));
  };
  for (const pod of others) note(pod, countIn(pod, failureCountAnnotation));
  for (const pod of failed) note(pod, countIn(pod, failureCountAnnotation) + 1);
  return failures;
}

function addIndex(indexes: Set<number>, pod: Pod, completions: number): void {
  const index = indexOf(pod);
  if (index !== undefined && index < completions) indexes.add(index);
}

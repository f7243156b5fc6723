import { type Job, type Pod, PodKind } from "@kubets/api";
import { type Action, create, deletion, event, type ReconcileContext } from "@kubets/client";
import type { Instant } from "@kubets/machinery";
import { cheapestFirst } from "../replicaset/cheapest-first.ts";
import { indexMayStartFrom, mayStartFrom } from "./back-off.ts";
import { podOfIndex, podOfJob } from "./new-pods.ts";
import type { Tally } from "./tally.ts";
import { countIn, ignoredFailureCountAnnotation, indexOf, isTracked, untrack } from "./tracking.ts";

/** Pods to make and to take away, so that as many are active as should be. */
export interface PodSteps {
  readonly actions: readonly Action[];
  /** Milliseconds until a Pod may take the place of one that failed. */
  readonly wait?: number;
}

/** How many Pods are made or deleted in one go, so that one Job doesn't hold up the others. */
const burst = 500;

export function podSteps(job: Job, tally: Tally, now: Instant, context: ReconcileContext): PodSteps {
  const { active, terminating } = tally;
  const wanted = job.spec.suspend ? 0 : wantedActive(job, tally);
  const surplus = surplusOf(job, tally, wanted, now).slice(0, burst);
  // Taken away without being counted as failed: the finalizer goes first.
  if (surplus.length > 0) return { actions: surplus.flatMap((pod) => [...(isTracked(pod) ? [untrack(pod)] : []), ...removal(job, pod)]) };
  const leaving = job.spec.podReplacementPolicy === "Failed" ? terminating.length : 0;
  const missing = Math.min(wanted - active.length - leaving, burst);
  if (missing <= 0) return { actions: [] };
  if (job.spec.backoffLimitPerIndex !== undefined) return indexedCreations(job, tally, missing, now, context);
  const wait = mayStartFrom(tally.succeededPods, tally.failedPods) - now;
  if (wait > 0) return { actions: [], wait };
  if (job.spec.completionMode === "Indexed") return indexedCreations(job, tally, missing, now, context);
  return { actions: Array.from({ length: missing }, () => creation(job, podOfJob(job, context.random))).flat() };
}

function wantedActive({ spec }: Job, { succeeded, failedIndexes, active }: Tally): number {
  const parallelism = spec.parallelism ?? 1;
  if (spec.completions === undefined) return succeeded > 0 ? Math.min(active.length, parallelism) : parallelism;
  return Math.max(0, Math.min(spec.completions - succeeded - failedIndexes.size, parallelism));
}

/** Pods of indexes that are done, doubled or out of range, and the cheapest of those that are too many. */
function surplusOf(job: Job, { active, completedIndexes, failedIndexes }: Tally, wanted: number, now: Instant): readonly Pod[] {
  const needless = new Set<Pod>();
  if (job.spec.completionMode === "Indexed") {
    const seen = new Set<number>();
    for (const pod of active.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a)))) {
      const index = indexOf(pod);
      const isNeeded =
        index !== undefined &&
        index < (job.spec.completions ?? 0) &&
        !completedIndexes.has(index) &&
        !failedIndexes.has(index) &&
        !seen.has(index);
      if (isNeeded) seen.add(index);
      else needless.add(pod);
    }
  }
  const rest = active.filter((pod) => !needless.has(pod));
  return rest.length <= wanted ? [...needless] : [...needless, ...cheapestFirst(rest, [], now).slice(0, rest.length - wanted)];
}

function isRunning({ status }: Pod): boolean {
  return status.phase === "Running";
}

function indexedCreations(job: Job, tally: Tally, missing: number, now: Instant, { random }: ReconcileContext): PodSteps {
  const { active, terminating, completedIndexes, failedIndexes, failedPods, failuresOf } = tally;
  const hasLimit = job.spec.backoffLimitPerIndex !== undefined;
  const taken = new Set([...active, ...(job.spec.podReplacementPolicy === "Failed" ? terminating : [])].map(indexOf));
  const failedOf = hasLimit ? Map.groupBy(failedPods, indexOf) : new Map<number | undefined, Pod[]>();
  const actions: Action[] = [];
  const waits: number[] = [];
  let left = missing;
  for (let index = 0; index < (job.spec.completions ?? 0) && left > 0; index++) {
    if (taken.has(index) || completedIndexes.has(index) || failedIndexes.has(index)) continue;
    const failed = failedOf.get(index) ?? [];
    const wait = indexMayStartFrom(failed, failuresOf(index)) - now;
    if (wait > 0) {
      waits.push(wait);
      continue;
    }
    const ignored = Math.max(0, ...failed.map((pod) => countIn(pod, ignoredFailureCountAnnotation)));
    const counts = hasLimit ? { failures: failuresOf(index), ignored } : undefined;
    actions.push(...creation(job, podOfIndex(job, index, counts, random)));
    left--;
  }
  return { actions, ...(waits.length === 0 ? {} : { wait: Math.min(...waits) }) };
}

function creation(job: Job, pod: ReturnType<typeof podOfJob>): readonly Action[] {
  return [create(PodKind, pod), event(job, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`)];
}

export function removal(job: Job, pod: Pod): readonly Action[] {
  return [deletion(PodKind, pod), event(job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`)];
}

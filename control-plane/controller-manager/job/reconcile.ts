import { isPodReady, isPodTerminal, type Job, type JobCondition, JobKind, type JobStatus, type Pod, PodKind } from "@kubets/api";
import { type Action, type Decision, event, nothing, type ReconcileContext, updateStatus } from "@kubets/client";
import { formatTime, type Instant, type Kind, sameJson, type StatusError } from "@kubets/machinery";
import { claim } from "../ownership/claim.ts";
import { some } from "../ownership/counts.ts";
import { findCondition, isFinished, withCondition } from "./conditions.ts";
import { formatIndexes } from "./indexes.ts";
import { podSteps, removal } from "./pods.ts";
import { type Tally, tallyOf } from "./tally.ts";
import { countIn, failureCountAnnotation, indexOf, isTracked, trackingFinalizer, untrack } from "./tracking.ts";
import { newVerdict, standingVerdict, untilDeadline, type Verdict } from "./verdict.ts";

export interface Observed {
  /** Absent when only Pods are left of a Job. */
  readonly job: Job | undefined;
  /** The Pods that it owns, and the orphans of its namespace. */
  readonly candidates: readonly Pod[];
  /** Pods of an earlier Job of the name, which is gone: nobody will count them any more. */
  readonly strays: readonly Pod[];
}

export const managedByUs = "kubernetes.io/job-controller";

/**
 * Runs Pods until enough of them have succeeded or too many have failed. Each Pod is counted exactly once: its uid is written into the
 * status before its finalizer is taken away, and becomes a number only after. A verdict (`SuccessCriteriaMet`, `FailureTarget`) ends
 * what still runs; the Job has ended when its last Pod has.
 */
export function reconcile({ job, candidates, strays }: Observed, now: Instant, context: ReconcileContext): Decision {
  const released = strays.filter(isTracked).map(untrack);
  if (job === undefined) return { actions: released };
  if ((job.spec.managedBy ?? managedByUs) !== managedByUs) return nothing;
  const { owned, actions: ownership } = claimed(job, candidates);
  if (isFinished(job) || job.metadata.deletionTimestamp !== undefined)
    return { actions: [...released, ...owned.filter(isTracked).map(untrack)] };
  const { tally, verdict, end, status, isUrgent } = stateOf(job, owned, now);
  const steps = verdict === undefined ? podSteps(job, tally, now, context) : { actions: tally.active.flatMap((pod) => removal(job, pod)) };
  const made = steps.actions.filter(({ verb }) => verb === "create").length;
  const actions: Action[] = [
    ...released,
    ...ownership,
    ...(made > 0 && !isUrgent
      ? // One status tells of the new Pods as well.
        [...steps.actions, ...statusWrite(job, { ...status, active: tally.active.length + made })]
      : [
          ...statusWrite(job, status),
          // Only now: what a finalizer keeps is what the status may not know of yet.
          ...tally.recorded.filter((pod) => verdict !== undefined || !isLastMemory(job, pod, tally)).map(untrack),
          ...steps.actions,
        ]),
    ...events(job, status, end),
  ];
  const waits = [steps.wait, verdict === undefined ? untilDeadline({ ...job, status }, now) : undefined].filter(
    (wait) => wait !== undefined,
  );
  return { actions, ...(waits.length === 0 ? {} : { requeueAfter: Math.max(0, Math.min(...waits)) }) };
}

/**
 * The server refused to make or delete a Pod (quota, admission, …): an event says so, and it is tried again later. The status that waited for the new
 * Pods doesn't wait any longer.
 */
export function refused({ job, candidates }: Observed, action: Action, error: StatusError, now: Instant): Decision | undefined {
  if (job === undefined || (action.verb !== "create" && action.verb !== "delete")) return undefined;
  const [reason, doing] = action.verb === "create" ? ["FailedCreate", "creating"] : ["FailedDelete", "deleting"];
  const { status, isUrgent } = stateOf(job, claimed(job, candidates).owned, now);
  const waited = action.verb === "create" && !isUrgent ? statusWrite(job, status) : [];
  return { actions: [event(job, "Warning", reason, `Error ${doing}: ${error.message}`), ...waited] };
}

function claimed(job: Job, candidates: readonly Pod[]): ReturnType<typeof claim<Pod>> {
  return claim({
    owner: job,
    ownerKind: JobKind as unknown as Kind,
    selector: job.spec.selector ?? {},
    kind: PodKind as unknown as Kind,
    candidates,
    finalizer: trackingFinalizer,
  });
}

interface State {
  readonly tally: Tally;
  readonly verdict: Verdict | undefined;
  readonly end: Verdict | undefined;
  readonly status: JobStatus;
  /** Pods that ended are to be written down, or let go because they are: that comes before anything else. */
  readonly isUrgent: boolean;
}

/** What has become of a Job with these Pods. */
function stateOf(job: Job, owned: readonly Pod[], now: Instant): State {
  const tally = tallyOf(job, owned);
  const verdict = standingVerdict(job) ?? newVerdict(job, tally, now);
  const end = endOf(tally, owned, verdict);
  const status = statusOf(job, tally, { verdict, end, now });
  return { tally, verdict, end, status, isUrgent: tally.recorded.length > 0 || !countsAsBefore(status, job.status) };
}

function statusWrite(job: Job, status: JobStatus): readonly Action[] {
  return sameJson(status, job.status) ? [] : [updateStatus(JobKind, { ...job, status })];
}

/** Whether the status tells of the same ends as before: then only when the Job began and what runs may differ. */
function countsAsBefore(status: JobStatus, before: JobStatus): boolean {
  const ends = ({ active: _active, ready: _ready, terminating: _terminating, startTime: _begun, ...counted }: JobStatus): JobStatus => ({
    uncountedTerminatedPods: {},
    ...counted,
  });
  return sameJson(ends(status), ends(before));
}

/** A verdict becomes the Job's end when no Pod is left that could change what is counted. */
function endOf(tally: Tally, owned: readonly Pod[], verdict: Verdict | undefined): Verdict | undefined {
  const isCounted = tally.uncounted.succeeded.length + tally.uncounted.failed.length === 0;
  const allEnded = owned.every((pod) => isPodTerminal(pod));
  return isCounted && allEnded && !owned.some(isTracked) ? verdict : undefined;
}

/** The failures of an index are known from its last Pod: that one stays until the next has taken the number over. */
function isLastMemory({ spec }: Job, pod: Pod, { failuresOf, completedIndexes, failedIndexes, active, terminating }: Tally): boolean {
  const index = indexOf(pod);
  if (spec.backoffLimitPerIndex === undefined || index === undefined || completedIndexes.has(index) || failedIndexes.has(index))
    return false;
  const failures = failuresOf(index);
  if (countIn(pod, failureCountAnnotation) + 1 !== failures) return false;
  return ![...active, ...terminating].some((other) => indexOf(other) === index && countIn(other, failureCountAnnotation) === failures);
}

interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly end: Verdict | undefined;
  readonly now: Instant;
}

function statusOf(job: Job, tally: Tally, { verdict, end, now }: Outcome): JobStatus {
  const { spec, status } = job;
  const active = verdict === undefined ? tally.active : [];
  const indexed = spec.completionMode === "Indexed" ? { completedIndexes: formatIndexes(tally.completedIndexes) || undefined } : {};
  const limited = spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(tally.failedIndexes) };
  const conditions = conditionsOf(job, { verdict, end, now });
  return {
    ...status,
    ...indexed,
    ...limited,
    conditions: conditions.length > 0 ? conditions : undefined,
    startTime: spec.suspend && verdict === undefined ? undefined : (status.startTime ?? formatTime(now)),
    completionTime: end?.outcome === "Complete" ? formatTime(now) : status.completionTime,
    active: some(active.length),
    ready: active.filter(isPodReady).length,
    terminating: tally.terminating.length + (tally.active.length - active.length),
    succeeded: some(tally.written.succeeded),
    failed: some(tally.written.failed),
    uncountedTerminatedPods: {
      ...(tally.uncounted.succeeded.length > 0 ? { succeeded: tally.uncounted.succeeded } : {}),
      ...(tally.uncounted.failed.length > 0 ? { failed: tally.uncounted.failed } : {}),
    },
  };
}

function conditionsOf(job: Job, { verdict, end, now }: Outcome): readonly JobCondition[] {
  let conditions = job.status.conditions ?? [];
  const set = (type: string, status: "False" | "True", reason: string, message: string): void => {
    conditions = withCondition(conditions, { type, status, reason, message }, now);
  };
  if (verdict !== undefined)
    set(verdict.outcome === "Failed" ? "FailureTarget" : "SuccessCriteriaMet", "True", verdict.reason, verdict.message);
  else if (job.spec.suspend) set("Suspended", "True", "JobSuspended", "Job suspended");
  else if (findCondition(job, "Suspended")?.status === "True") set("Suspended", "False", "JobResumed", "Job resumed");
  if (end !== undefined) set(end.outcome, "True", end.reason, end.message);
  return conditions;
}

function events(job: Job, status: JobStatus, end: Verdict | undefined): readonly Action[] {
  const suspended = status.conditions?.find(({ type }) => type === "Suspended")?.status;
  const changed = suspended !== findCondition(job, "Suspended")?.status;
  return [
    ...(changed && suspended === "True" ? [event(job, "Normal", "Suspended", "Job suspended")] : []),
    ...(changed && suspended === "False" ? [event(job, "Normal", "Resumed", "Job resumed")] : []),
    ...(end?.outcome === "Complete" ? [event(job, "Normal", "Completed", "Job completed")] : []),
    ...(end?.outcome === "Failed" ? [event(job, "Warning", end.reason, end.message)] : []),
  ];
}

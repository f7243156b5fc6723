import type { Job, Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";
import { parseIndexes } from "./indexes.ts";
import type { Tally } from "./tally.ts";

/** How a Job is to end. It has ended once its last Pod has. */
export interface Verdict {
  readonly outcome: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** The verdict that stands already: once decided, it stays. */
export function standingVerdict({ status }: Job): Verdict | undefined {
  for (const { type, status: holds, reason = "", message = "" } of status.conditions ?? []) {
    if (holds !== "True") continue;
    if (type === "FailureTarget") return { outcome: "Failed", reason, message };
    if (type === "SuccessCriteriaMet") return { outcome: "Complete", reason, message };
  }
  return undefined;
}

/** Whether and how the Job should end, by what its Pods have come to. */
export function newVerdict(job: Job, tally: Tally, now: Instant): Verdict | undefined {
  return failure(job, tally, now) ?? successByPolicy(job, tally) ?? completion(job, tally);
}

function failure(job: Job, tally: Tally, now: Instant): Verdict | undefined {
  const { spec } = job;
  const failed = (reason: string, message: string): Verdict => ({ outcome: "Failed", reason, message });
  if (tally.failJob !== undefined) return failed("PodFailurePolicy", tally.failJob);
  if (tally.failed > (spec.backoffLimit ?? 0) || restartsBeyondLimit(job, tally.active))
    return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  const left = untilDeadline(job, now);
  if (left !== undefined && left <= 0) return failed("DeadlineExceeded", "Job was active longer than specified deadline");
  if (spec.backoffLimitPerIndex === undefined) return undefined;
  const { completedIndexes, failedIndexes } = tally;
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
    return failed("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  if (failedIndexes.size > 0 && failedIndexes.size + completedIndexes.size >= (spec.completions ?? 0))
    return failed("FailedIndexes", "Job has failed indexes");
  return undefined;
}

/** Containers that restart in place count against the same limit. */
function restartsBeyondLimit({ spec }: Job, active: readonly Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  const restarts = active
    .flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  const limit = spec.backoffLimit ?? 0;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until the Job has been active for too long; `undefined` without a deadline. */
export function untilDeadline({ spec, status }: Job, now: Instant): number | undefined {
  const start = status.startTime === undefined ? undefined : parseTime(status.startTime);
  if (spec.activeDeadlineSeconds === undefined || start === undefined || spec.suspend) return undefined;
  return start + spec.activeDeadlineSeconds * 1000 - now;
}

function successByPolicy({ spec }: Job, { completedIndexes }: Tally): Verdict | undefined {
  const completions = spec.completions ?? 0;
  for (const [index, { succeededIndexes, succeededCount }] of (spec.successPolicy?.rules ?? []).entries()) {
    const named = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, completions);
    const met = named === undefined ? completedIndexes.size : [...named].filter((each) => completedIndexes.has(each)).length;
    if (met >= (succeededCount ?? named?.size ?? completions))
      return { outcome: "Complete", reason: "SuccessPolicy", message: `Matched rules at index ${index}` };
  }
  return undefined;
}

function completion({ spec }: Job, { succeeded, active, terminating }: Tally): Verdict | undefined {
  // Without a number, one success tells that the work is done; Pods that run finish theirs.
  const isDone = spec.completions === undefined ? succeeded > 0 && active.length + terminating.length === 0 : succeeded >= spec.completions;
  if (!isDone) return undefined;
  return { outcome: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

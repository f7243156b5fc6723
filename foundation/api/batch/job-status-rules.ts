import { type FieldError, invalid, omittedValue, parseTime, required, sameJson, type Time } from "@kubets/machinery";
import type { Job, JobStatus } from "./job.ts";

/**
 * What can't be true of a Job: two ends at once, an end without its reason or its times, work that goes on after the end, and counts that go
 * backwards. A status that was wrong before may be written as long as what is wrong isn't touched.
 */
export function validateJobStatusUpdate({ status, spec }: Job, { status: before, spec: specBefore }: Job): readonly FieldError[] {
  const isIndexed = spec.completionMode === "Indexed";
  // Such a Job shrinks by losing its last indexes, whether or not they have succeeded.
  const mayShrink = isIndexed && spec.completions !== undefined && spec.completions === spec.parallelism;
  return [
    ...ends(status, before),
    ...times(status, before, specBefore.suspend),
    ...(hasEnded(status) ? afterTheEnd(status, before) : []),
    ...neverLess("failed", status, before),
    ...(mayShrink ? [] : neverLess("succeeded", status, before)),
    ...((isChanged("ready", status, before) || isChanged("active", status, before)) && (status.ready ?? 0) > (status.active ?? 0)
      ? [invalid("status.ready", status.ready, "cannot set more ready pods than active")]
      : []),
  ];
}

type ConditionType = "Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet";

function is({ conditions = [] }: JobStatus, type: ConditionType): boolean {
  return conditions.some((each) => each.type === type && each.status === "True");
}

function hasEnded(status: JobStatus): boolean {
  return is(status, "Complete") || is(status, "Failed");
}

function isChanged(field: keyof JobStatus, status: JobStatus, before: JobStatus): boolean {
  return !sameJson(status[field], before[field]);
}

function ends(status: JobStatus, before: JobStatus): readonly FieldError[] {
  const now = (type: ConditionType): boolean => is(status, type);
  const refuse = (problem: string): FieldError => invalid("status.conditions", omittedValue, problem);
  const hasNews = (...types: readonly ConditionType[]): boolean => types.some((type) => now(type) !== is(before, type));
  const lost = (["Failed", "Complete", "FailureTarget", "SuccessCriteriaMet"] as const).filter((type) => is(before, type) && !now(type));
  return [
    ...(hasNews("Complete", "Failed") && now("Complete") && now("Failed")
      ? [refuse("cannot set Complete=True and Failed=true conditions")]
      : []),
    ...(hasNews("Complete", "FailureTarget") && now("Complete") && now("FailureTarget")
      ? [refuse("cannot set Complete=True and FailureTarget=true conditions")]
      : []),
    ...(hasNews("Failed", "FailureTarget") && now("Failed") && !now("FailureTarget")
      ? [refuse("cannot set Failed=True condition without the FailureTarget=true condition")]
      : []),
    ...(hasNews("Complete", "SuccessCriteriaMet") && now("Complete") && !now("SuccessCriteriaMet")
      ? [refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")]
      : []),
    ...lost.map((type) => refuse(`cannot disable the terminal ${type}=True condition`)),
  ];
}

function times(status: JobStatus, before: JobStatus, isSuspended: boolean): readonly FieldError[] {
  const { startTime, completionTime } = status;
  const isComplete = is(status, "Complete");
  const at = (time: Time): number => parseTime(time) ?? 0;
  const errors: FieldError[] = [];
  if (isChanged("completionTime", status, before) || isComplete !== is(before, "Complete")) {
    if (completionTime !== undefined && !isComplete)
      errors.push(invalid("status.completionTime", completionTime, "cannot set completionTime when there is no Complete=True condition"));
    if (completionTime === undefined && isComplete)
      errors.push(required("status.completionTime", "completionTime is required for Complete jobs"));
  }
  if (startTime !== undefined && completionTime !== undefined && at(completionTime) < at(startTime))
    if (isChanged("startTime", status, before) || isChanged("completionTime", status, before))
      errors.push(invalid("status.completionTime", completionTime, "completionTime cannot be set before startTime"));
  if (completionTime !== undefined && before.completionTime !== undefined && completionTime !== before.completionTime)
    errors.push(invalid("status.completionTime", completionTime, "completionTime cannot be mutated"));
  if (before.startTime !== undefined && startTime !== before.startTime && !isSuspended) {
    const what = startTime === undefined ? "removed" : "updated";
    errors.push(required("status.startTime", `startTime cannot be ${what} for unsuspended job`));
  }
  return errors;
}

/** Of a Job that has ended: nothing goes on, and everything is counted. */
function afterTheEnd(status: JobStatus, before: JobStatus): readonly FieldError[] {
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: { succeeded = [], failed = [] } = {} } = status;
  const isNews = (field: keyof JobStatus): boolean => !hasEnded(before) || isChanged(field, status, before);
  const uncounted = status.uncountedTerminatedPods;
  return [
    ...(isNews("active") && active > 0 ? [invalid("status.active", active, "active>0 is invalid for finished job")] : []),
    ...(isNews("terminating") && terminating > 0
      ? [invalid("status.terminating", terminating, "terminating>0 is invalid for finished job")]
      : []),
    ...(isNews("startTime") && startTime === undefined ? [required("status.startTime", "startTime is required for finished job")] : []),
    ...(isNews("uncountedTerminatedPods") && succeeded.length + failed.length > 0
      ? [invalid("status.uncountedTerminatedPods", uncounted, "uncountedTerminatedPods needs to be empty for finished job")]
      : []),
  ];
}

function neverLess(field: "failed" | "succeeded", status: JobStatus, before: JobStatus): readonly FieldError[] {
  const count = status[field] ?? 0;
  return count < (before[field] ?? 0) ? [invalid(`status.${field}`, count, `cannot decrease the ${field} counter`)] : [];
}

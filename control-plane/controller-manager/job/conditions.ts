import type { Job, JobCondition } from "@kubets/api";
import { formatTime, type Instant } from "@kubets/machinery";

type Conditions = readonly JobCondition[];

export function findCondition({ status }: Job, type: string): JobCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** Whether a Job has ended, and how. */
export function isFinished(job: Job): boolean {
  return job.status.conditions?.some(({ type, status }) => status === "True" && (type === "Complete" || type === "Failed")) === true;
}

/** The conditions with one set; the times change only with what it says. */
export function withCondition(
  conditions: Conditions,
  next: Pick<JobCondition, "type" | "status" | "reason" | "message">,
  now: Instant,
): Conditions {
  const previous = conditions.find(({ type }) => type === next.type);
  if (previous?.status === next.status && previous.reason === next.reason) return conditions;
  const time = formatTime(now);
  return [...conditions.filter(({ type }) => type !== next.type), { ...next, lastProbeTime: time, lastTransitionTime: time }];
}

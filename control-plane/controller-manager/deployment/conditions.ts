import type { Deployment, DeploymentCondition, DeploymentStatus } from "@kubets/api";
import { formatTime, type Instant } from "@kubets/machinery";

type Conditions = DeploymentStatus["conditions"];

export function findCondition(conditions: Conditions, type: string): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with one set. Nothing changes when status and reason are as before; the time of transition changes only with the
 * status.
 */
export function withCondition(
  conditions: Conditions,
  next: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
  now: Instant,
): Conditions {
  const previous = findCondition(conditions, next.type);
  if (previous !== undefined && previous.status === next.status && previous.reason === next.reason) return conditions;
  return replaceCondition(conditions, next, now);
}

/** Like {@link withCondition}, but marks an update even when status and reason are as before: progress goes on. */
export function replaceCondition(
  conditions: Conditions,
  next: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">,
  now: Instant,
): Conditions {
  const previous = findCondition(conditions, next.type);
  const time = formatTime(now);
  const lastTransitionTime = previous?.status === next.status ? (previous.lastTransitionTime ?? time) : time;
  return [...(conditions ?? []).filter(({ type }) => type !== next.type), { ...next, lastUpdateTime: time, lastTransitionTime }];
}

export function withoutCondition(conditions: Conditions, type: string): Conditions {
  return conditions?.some((condition) => condition.type === type) === true
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}

/** A deadline of the largest 32-bit number means none. */
export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== 2 ** 31 - 1;
}

import type { HorizontalPodAutoscalerCondition } from "@kubets/api";
import { formatTime, type Instant } from "@kubets/machinery";

export type ConditionType = "AbleToScale" | "ScalingActive" | "ScalingLimited";

/** The conditions with one of them set; it keeps the time since when its status holds. */
export function withCondition(
  conditions: readonly HorizontalPodAutoscalerCondition[],
  {
    type,
    holds,
    reason,
    message,
  }: { readonly type: ConditionType; readonly holds: boolean; readonly reason: string; readonly message: string },
  now: Instant,
): readonly HorizontalPodAutoscalerCondition[] {
  const status = holds ? "True" : "False";
  const before = conditions.find((condition) => condition.type === type);
  const since = before?.status === status ? before.lastTransitionTime : undefined;
  const next: HorizontalPodAutoscalerCondition = { type, status, lastTransitionTime: since ?? formatTime(now), reason, message };
  return before === undefined ? [...conditions, next] : conditions.map((condition) => (condition === before ? next : condition));
}

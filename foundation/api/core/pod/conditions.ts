import { formatTime, type Instant, parseTime } from "@kubets/machinery";
import type { Pod } from "./pod.ts";
import type { PodCondition } from "./pod-status.ts";

/** The condition of a type; `undefined` when the Pod has none. */
export function findPodCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status.conditions?.find((condition) => condition.type === type);
}

/**
 * The Pod with a condition set. The time of transition is `now` when the status changes and stays as it was otherwise.
 * Answers the same object when nothing changes, so that a caller need not write.
 */
export function withPodCondition(pod: Pod, condition: Omit<PodCondition, "lastTransitionTime">, now: Instant): Pod {
  const conditions = pod.status.conditions ?? [];
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const previous = conditions[index];
  const lastTransitionTime = previous?.status === condition.status ? previous.lastTransitionTime : formatTime(now);
  const next: PodCondition = { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  if (previous !== undefined && sameCondition(previous, next)) return pod;
  const changed = previous === undefined ? [...conditions, next] : conditions.with(index, next);
  return { ...pod, status: { ...pod.status, conditions: changed } };
}

function sameCondition(a: PodCondition, b: PodCondition): boolean {
  return (
    a.status === b.status &&
    (a.reason ?? "") === (b.reason ?? "") &&
    (a.message ?? "") === (b.message ?? "") &&
    (a.observedGeneration ?? 0) === (b.observedGeneration ?? 0) &&
    a.lastProbeTime === b.lastProbeTime &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}

/** Whether the Pod may get traffic: its condition `Ready` holds. */
export function isPodReady(pod: Pod): boolean {
  return findPodCondition(pod, "Ready")?.status === "True";
}

/** Whether the Pod has been ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: Instant): boolean {
  const ready = findPodCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const since = ready.lastTransitionTime === undefined ? undefined : parseTime(ready.lastTransitionTime);
  return since !== undefined && since + minReadySeconds * 1000 <= now;
}

/** Whether the Pod has ended for good: its containers will not run again. */
export function isPodTerminal({ status }: Pick<Pod, "status">): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}

/** What a kubelet found of a Pod; since when is decided by what the Pod says already. */
export type PodFinding = Pick<PodCondition, "type" | "status" | "reason" | "message">;

/** The condition `Ready`: that of its containers, and each of its readiness gates. */
export function podReady(pod: Pod, containersReady: PodFinding): PodFinding {
  const type = "Ready";
  if (containersReady.status !== "True") return { ...containersReady, type };
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = findPodCondition(pod, conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === "True") return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (messages.length === 0) return { type, status: "True" };
  return { type, status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

/** The finding as a condition of the Pod: of its generation, and in transition since `now` unless the status was the same before. */
export function foundAt(pod: Pod, finding: PodFinding, now: Instant): PodCondition {
  const before = findPodCondition(pod, finding.type);
  const since = before?.status === finding.status ? before.lastTransitionTime : undefined;
  const generation = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  return { ...finding, ...generation, lastTransitionTime: since ?? formatTime(now) };
}

import { findPodCondition, type Pod, type Service } from "@kubets/api";
import type { KubernetesObject } from "@kubets/machinery";

/** When the last change happened that led to a write of endpoints: by it the delay until the data plane knows is measured. */
export const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

/** The newest of the Pods' last changes of readiness and the Service's creation; nothing when what was written knows of it already. */
export function changeTriggerTime(service: Service, pods: readonly Pod[], written: readonly KubernetesObject[]): string | undefined {
  const times = pods.flatMap((pod) => findPodCondition(pod, "Ready")?.lastTransitionTime ?? []);
  const newest = [service.metadata.creationTimestamp, ...times].reduce((a, b) => (a > b ? a : b));
  const known = written.map(({ metadata }) => metadata.annotations?.[triggerAnnotation] ?? "").reduce((a, b) => (a > b ? a : b), "");
  return newest > known ? newest : undefined;
}

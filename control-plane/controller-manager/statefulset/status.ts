import { isPodAvailable, type Pod, type StatefulSet, type StatefulSetStatus } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { some } from "../ownership/counts.ts";
import { isRunningAndReady, isTerminating, revisionOf } from "./replicas.ts";

/** The status that follows from the Pods that are there, those on their way out among them. */
export function statusOf(
  set: StatefulSet,
  pods: readonly Pod[],
  { current, updated, now }: { readonly current: string; readonly updated: string; readonly now: Instant },
): StatefulSetStatus {
  const { spec, metadata } = set;
  const count = (holds: (pod: Pod) => boolean): number => pods.filter(holds).length;
  const ready = count(isRunningAndReady);
  const isOf =
    (revision: string) =>
    (pod: Pod): boolean =>
      !isTerminating(pod) && revisionOf(pod) === revision;
  const status: StatefulSetStatus = {
    ...set.status,
    observedGeneration: metadata.generation,
    replicas: pods.length,
    readyReplicas: some(ready),
    availableReplicas: count((pod) => isRunningAndReady(pod) && isPodAvailable(pod, spec.minReadySeconds ?? 0, now)),
    currentReplicas: some(count(isOf(current))),
    updatedReplicas: some(count(isOf(updated))),
    currentRevision: current,
    updateRevision: updated,
    // Written even when zero, as upstream does.
    collisionCount: set.status.collisionCount ?? 0,
  };
  const isRolledOut =
    spec.updateStrategy.type === "RollingUpdate" &&
    (status.updatedReplicas ?? 0) === spec.replicas &&
    ready === spec.replicas &&
    pods.length === spec.replicas;
  return isRolledOut ? { ...status, currentRevision: updated, currentReplicas: status.updatedReplicas } : status;
}

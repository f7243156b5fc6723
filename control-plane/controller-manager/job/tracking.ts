import { type Pod, PodKind } from "@kubets/api";
import { type Action, patch } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";

/** Keeps a Pod of a Job until its end has been counted. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
/** The index that a Pod of an Indexed Job works on: an annotation and a label. */
export const indexKey = "batch.kubernetes.io/job-completion-index";
/** How often the Pods of this index failed before. */
export const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
/** How many failures of this index were not counted. */
export const ignoredFailureCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** Lets a Pod go whose end is written down. */
export function untrack(pod: Pod): Action {
  const change = { metadata: { uid: pod.metadata.uid, "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } };
  return patch(PodKind, pod, change, { type: "strategic" });
}

/** The index of a Pod; `undefined` for a Pod of a Job without indexes. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexKey];
  return text !== undefined && /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined;
}

export function countIn({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? "0";
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** When the last container of a Pod ended; when the Pod was marked for deletion or made, where no container says. */
export function finishedAt({ status, metadata }: Pod): Instant {
  const ends = (status.containerStatuses ?? []).flatMap(({ state }) => {
    const end = state?.terminated?.finishedAt;
    return end === undefined ? [] : (parseTime(end) ?? []);
  });
  if (ends.length > 0) return Math.max(...ends) as Instant;
  const ready = status.conditions?.find(({ type, status: holds }) => type === "Ready" && holds === "False")?.lastTransitionTime;
  return parseTime(ready ?? metadata.deletionTimestamp ?? metadata.creationTimestamp) ?? (0 as Instant);
}

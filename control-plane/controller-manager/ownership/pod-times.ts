import { findPodCondition, type Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";

/** Since when a Pod has been ready; `undefined` while it isn't. */
export function readySince(pod: Pod): Instant | undefined {
  const ready = findPodCondition(pod, "Ready");
  if (ready?.status !== "True" || ready.lastTransitionTime === undefined) return undefined;
  return parseTime(ready.lastTransitionTime);
}

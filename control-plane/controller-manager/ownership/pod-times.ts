import { findPodCondition, type Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";

/** Since when a Pod has been ready; `undefined` while it isn't. */
export function readySince(pod: Pod): Instant | undefined {
  const ready = findPodCondition(pod, "Ready");
  if (ready?.status !== "True" || ready.lastTransitionTime === undefined) return undefined;
  return parseTime(ready.lastTransitionTime);
}

/**
 * In how many milliseconds the next Pod becomes available by waiting alone: it is ready, but not for `minReadySeconds` yet. `undefined`
 * when there is none.
 */
export function untilAvailable(pods: readonly Pod[], minReadySeconds: number, now: Instant): number | undefined {
  if (minReadySeconds === 0) return undefined;
  const waits = pods.flatMap((pod) => {
    const since = readySince(pod);
    const wait = since === undefined ? 0 : since + minReadySeconds * 1000 - now;
    return wait > 0 ? [wait] : [];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

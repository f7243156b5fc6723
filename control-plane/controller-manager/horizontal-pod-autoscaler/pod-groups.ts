import { findPodCondition, isPodReady, type Pod, isSidecar } from "@kubets/api";
import { type Instant, milliValue, parseTime } from "@kubets/machinery";
import type { PodReading } from "./readings.ts";

/** Pods by what their metrics are worth. */
export interface PodGroups {
  readonly ready: readonly Pod[];
  /** Not started yet, or not long enough for their use of processors to say something. */
  readonly unready: readonly Pod[];
  /** They should have a metric. */
  readonly missing: readonly Pod[];
}

/** Upstream's flags, in milliseconds. */
export interface PodDelays {
  /** `--horizontal-pod-autoscaler-cpu-initialization-period`. */
  readonly cpuInitialization: number;
  /** `--horizontal-pod-autoscaler-initial-readiness-delay`. */
  readonly initialReadiness: number;
}

export const defaultPodDelays: PodDelays = { cpuInitialization: 300_000, initialReadiness: 30_000 };

/** Pods on their way out, and those that failed, are in no group. `resource` is empty for metrics that are no resource. */
export function groupPods(
  pods: readonly Pod[],
  readings: ReadonlyMap<string, PodReading>,
  { resource, delays, now }: { readonly resource: string; readonly delays: PodDelays; readonly now: Instant },
): PodGroups {
  const groups = { ready: [] as Pod[], unready: [] as Pod[], missing: [] as Pod[] };
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined || pod.status.phase === "Failed") continue;
    const reading = readings.get(pod.metadata.name);
    if (pod.status.phase === "Pending") groups.unready.push(pod);
    else if (reading === undefined) groups.missing.push(pod);
    else if (resource === "cpu" && !saysSomething(pod, reading, delays, now)) groups.unready.push(pod);
    else groups.ready.push(pod);
  }
  return groups;
}

/** Whether the processors that a Pod uses are those of its work: while it starts it uses more, before it is ready less. */
function saysSomething(pod: Pod, { at, windowSeconds }: PodReading, delays: PodDelays, now: Instant): boolean {
  const ready = findPodCondition(pod, "Ready");
  const started = parseTime(pod.status.startTime ?? "");
  if (ready === undefined || started === undefined) return false;
  const changed = parseTime(ready.lastTransitionTime ?? "") ?? 0;
  if (started + delays.cpuInitialization > now) return ready.status !== "False" && at >= changed + windowSeconds * 1000;
  // It has been ready before.
  return ready.status !== "False" || started + delays.initialReadiness <= changed;
}

export function readyPods(pods: readonly Pod[]): number {
  return pods.filter((pod) => pod.status.phase === "Running" && isPodReady(pod)).length;
}

/**
 * What each Pod asks for of a resource, in thousandths: all of its containers, or the one that is named. A message when a container that
 * should says nothing.
 */
export function requestsOf(pods: readonly Pod[], resource: string, container?: string): ReadonlyMap<string, number> | string {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const ofPod = container === undefined ? spec.resources?.requests?.[resource] : undefined;
    const running = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
    let sum = 0;
    for (const each of running) {
      if (ofPod !== undefined || (container !== undefined && each.name !== container)) continue;
      const request = each.resources.requests?.[resource];
      if (request === undefined) return `missing request for ${resource} in container ${each.name} of Pod ${metadata.name}`;
      sum += milliValue(request);
    }
    requests.set(metadata.name, ofPod === undefined ? sum : milliValue(ofPod));
  }
  return requests;
}

import { type DaemonSet, type DaemonSetStatus, isPodAvailable, isPodReady } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { some } from "../ownership/counts.ts";
import type { DaemonNode } from "./daemon-nodes.ts";

export function statusOf(daemonSet: DaemonSet, nodes: readonly DaemonNode[], now: Instant): DaemonSetStatus {
  const { spec, status, metadata } = daemonSet;
  const running = nodes.filter(({ placement }) => placement.shouldRun);
  const manned = running.filter(hasPods);
  const count = (holds: (node: DaemonNode) => boolean): number => manned.filter(holds).length;
  const available = count(({ fresh, old }) => [...fresh, ...old].some((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)));
  return {
    ...status,
    observedGeneration: metadata.generation,
    desiredNumberScheduled: running.length,
    currentNumberScheduled: manned.length,
    numberMisscheduled: nodes.filter((node) => !node.placement.shouldRun && hasPods(node)).length,
    numberReady: count(({ fresh, old }) => [...fresh, ...old].some(isPodReady)),
    numberAvailable: some(available),
    numberUnavailable: some(running.length - available),
    updatedNumberScheduled: some(count(({ fresh }) => fresh.length > 0)),
  };
}

function hasPods({ fresh, old, ended, leaving }: DaemonNode): boolean {
  return fresh.length + old.length + ended.length + leaving.length > 0;
}

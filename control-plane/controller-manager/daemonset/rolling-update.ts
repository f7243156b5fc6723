import { type DaemonSet, isPodAvailable, type Pod } from "@kubets/api";
import { type Instant, resolvePercent } from "@kubets/machinery";
import type { DaemonNode } from "./daemon-nodes.ts";

/** What a rolling update does now. */
export interface RollingStep {
  readonly deletions: readonly Pod[];
  /** Nodes that get a Pod of the new template beside the old one. */
  readonly surges: readonly DaemonNode[];
}

/**
 * The next step of a rolling update. Without surge, old Pods go first and at most `maxUnavailable` nodes are without an available one;
 * with surge, a node gets its new Pod beside the old one, which goes when the new one is available. Percentages are of the
 * nodes that should run a Pod, rounded up. An old Pod that is not available anyway is replaced without counting.
 */
export function rollingStep({ spec }: DaemonSet, nodes: readonly DaemonNode[], now: Instant): RollingStep {
  const { maxSurge: surge = 0, maxUnavailable: unavailable = 1 } = spec.updateStrategy.rollingUpdate ?? {};
  const running = nodes.filter(({ placement }) => placement.shouldRun);
  const maxSurge = resolvePercent(surge, running.length, "up") ?? 0;
  const maxUnavailable = resolvePercent(unavailable, running.length, "up") ?? 0;
  const isAvailable = (pod: Pod): boolean => isPodAvailable(pod, spec.minReadySeconds ?? 0, now);
  return maxSurge > 0
    ? withSurge(running, maxSurge, isAvailable)
    : // Both may be percentages that come to nothing: one node at a time then.
      withoutSurge(running, Math.max(1, maxUnavailable), isAvailable);
}

type IsAvailable = (pod: Pod) => boolean;

function withoutSurge(nodes: readonly DaemonNode[], maxUnavailable: number, isAvailable: IsAvailable): RollingStep {
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { fresh, old, leaving } of nodes) {
    const available = [...fresh, ...old].some(isAvailable);
    if (!available) unavailable++;
    // The place is taken until whoever is leaving has left.
    if (leaving.length > 0 || fresh.length > 0) continue;
    (available ? candidates : broken).push(...old);
  }
  return { deletions: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))], surges: [] };
}

function withSurge(nodes: readonly DaemonNode[], maxSurge: number, isAvailable: IsAvailable): RollingStep {
  const deletions: Pod[] = [];
  const broken: DaemonNode[] = [];
  const candidates: DaemonNode[] = [];
  let surging = 0;
  for (const node of nodes) {
    const { fresh, old } = node;
    if (old.length === 0) continue;
    if (fresh.length === 0) (old.some(isAvailable) ? candidates : broken).push(node);
    else if (fresh.some(isAvailable)) deletions.push(...old);
    else surging++;
  }
  return { deletions, surges: [...broken, ...candidates.slice(0, Math.max(0, maxSurge - surging))] };
}

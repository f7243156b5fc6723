import type { Deployment } from "@kubets/api";
import { resolvePercent } from "@kubets/machinery";

/** The bounds of a rolling update, in Pods. */
export interface Bounds {
  /** Pods that may be there at once, beside those that are terminating. */
  readonly maxTotal: number;
  /** Pods that must be available at every moment. */
  readonly minAvailable: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/**
 * Surge is rounded up, unavailability down. When both come to nothing, one Pod may be unavailable: otherwise nothing could move.
 * A Deployment that recreates may lose all.
 */
export function boundsOf({ spec }: Deployment): Bounds {
  const { replicas, strategy } = spec;
  if (strategy.type === "Recreate") return { maxTotal: replicas, minAvailable: replicas, maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = resolvePercent(strategy.rollingUpdate?.maxSurge ?? "25%", replicas, "up") ?? 0;
  const resolved = resolvePercent(strategy.rollingUpdate?.maxUnavailable ?? "25%", replicas, "down") ?? 0;
  const maxUnavailable = Math.min(replicas, maxSurge === 0 && resolved === 0 ? 1 : resolved);
  return { maxTotal: replicas + maxSurge, minAvailable: replicas - maxUnavailable, maxSurge, maxUnavailable };
}

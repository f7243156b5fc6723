import type { ReplicaSet } from "@kubets/api";
import { dependable, type Family, totalSize } from "./replica-sets.ts";
import type { Bounds } from "./sizes.ts";

/** The size that each ReplicaSet should have next; those that stay as they are aren't listed. */
export type Sizes = ReadonlyMap<ReplicaSet, number>;

/**
 * One step of a rolling update: the current ReplicaSet grows as far as the surge allows, then the old ones shrink as far as
 * availability allows; unhealthy Pods of old ones go first, since they are no loss.
 */
export function rollingStep({ current, old }: Family & { readonly current: ReplicaSet }, replicas: number, bounds: Bounds): Sizes {
  const sizes = new Map<ReplicaSet, number>();
  const grown = grownSize(current, old, replicas, bounds);
  if (grown !== current.spec.replicas) sizes.set(current, grown);

  const newUnavailable = grown - dependable(current);
  const total = grown + totalSize(old);
  // Pods of the current ReplicaSet that are still coming up must not be counted on.
  let removable = total - bounds.minAvailable - newUnavailable;
  if (totalSize(old) === 0 || removable <= 0) return sizes;

  for (const replicaSet of old) {
    const unhealthy = replicaSet.spec.replicas - (replicaSet.status.availableReplicas ?? 0);
    const fewer = Math.min(removable, Math.max(0, unhealthy));
    if (fewer > 0) sizes.set(replicaSet, replicaSet.spec.replicas - fewer);
    removable -= fewer;
  }
  let spare = [current, ...old].reduce((sum, each) => sum + dependable(each), 0) - bounds.minAvailable;
  for (const replicaSet of old) {
    const size = sizes.get(replicaSet) ?? replicaSet.spec.replicas;
    const fewer = Math.min(size, Math.max(0, spare));
    if (fewer > 0) sizes.set(replicaSet, size - fewer);
    spare -= fewer;
  }
  return sizes;
}

function grownSize(current: ReplicaSet, old: readonly ReplicaSet[], replicas: number, { maxTotal }: Bounds): number {
  const size = current.spec.replicas;
  if (size >= replicas) return replicas;
  const room = maxTotal - size - totalSize(old);
  return room <= 0 ? size : Math.min(replicas, size + room);
}

import type { Deployment, ReplicaSet } from "@kubets/api";
import { desiredReplicasOf, maxReplicasOf } from "./annotations.ts";
import { oldestFirst } from "../ownership/oldest-first.ts";
import { type Family, isActive, totalSize } from "./replica-sets.ts";
import type { Sizes } from "./rolling-update.ts";
import type { Bounds } from "./sizes.ts";

/** Whether the Deployment was scaled since its active ReplicaSets last were. */
export function wasScaled({ spec }: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.some((replicaSet) => {
    const desired = desiredReplicasOf(replicaSet);
    return isActive(replicaSet) && desired !== undefined && desired !== spec.replicas;
  });
}

/**
 * The sizes after a Deployment was scaled, maybe in the middle of a rollout: the only active ReplicaSet takes all of the change; where
 * the current one has what it needs, old ones go; otherwise each takes its share, so that a bad rollout is not carried further by scaling.
 */
export function scaledSizes(deployment: Deployment, { current, old }: Family, bounds: Bounds): Sizes {
  const all = current === undefined ? old : [...old, current];
  const { replicas, strategy } = deployment.spec;
  const active = all.filter(isActive);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? old.at(-1);
    // A size that is right is written too when the size of the Deployment that stands beside it isn't: else it would look scaled for ever.
    const isRight = only?.spec.replicas === replicas && (desiredReplicasOf(only) ?? replicas) === replicas;
    return only === undefined || isRight ? new Map() : new Map([[only, replicas]]);
  }
  if (current !== undefined && isSaturated(current, replicas)) return new Map(old.filter(isActive).map((replicaSet) => [replicaSet, 0]));
  if (strategy.type !== "RollingUpdate") return new Map();
  return shares(deployment, active, replicas > 0 ? bounds.maxTotal : 0);
}

function isSaturated(current: ReplicaSet, replicas: number): boolean {
  return current.spec.replicas === replicas && desiredReplicasOf(current) === replicas && current.status.availableReplicas === replicas;
}

function shares({ status }: Deployment, active: readonly ReplicaSet[], allowed: number): Sizes {
  const change = allowed - totalSize(active);
  // The larger first; of equals, the newer grows and the older shrinks.
  const order = active.toSorted((a, b) => b.spec.replicas - a.spec.replicas || (change > 0 ? oldestFirst(b, a) : oldestFirst(a, b)));
  const sizes = new Map<ReplicaSet, number>();
  let left = change;
  for (const replicaSet of order) {
    const { replicas } = replicaSet.spec;
    const of = maxReplicasOf(replicaSet) || status.replicas || replicas;
    const share = Math.round((replicas * allowed) / Math.max(1, of)) - replicas;
    const taken = change > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
    sizes.set(replicaSet, replicas + taken);
    left -= taken;
  }
  // What rounding left over goes to the first.
  const [first] = order;
  if (left !== 0 && first !== undefined) sizes.set(first, Math.max(0, sizes.get(first)! + left));
  return sizes;
}

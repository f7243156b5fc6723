import { type Deployment, DeploymentKind, type Pod, PodKind, type ReplicaSet, ReplicaSetKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Rolls a Deployment's Pods to its template, a ReplicaSet per template. */
export const deploymentController: Controller<Observed> = {
  name: "deployment",
  watches: [
    watch(DeploymentKind),
    watch(ReplicaSetKind, { keys: deploymentsOf, indexes: orphanIndex }),
    watch(PodKind, { keys: recreatingDeploymentsOf }),
  ],
  observe,
  reconcile,
  refused,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const deployment = caches.of(DeploymentKind).get(key);
  if (deployment === undefined) return undefined;
  const replicaSets = caches.of(ReplicaSetKind);
  return {
    deployment,
    candidates: [
      ...replicaSets.byIndex("owner", deployment.metadata.uid),
      ...replicaSets.byIndex("orphan", deployment.metadata.namespace ?? ""),
    ],
    podsOf: ({ metadata }) => caches.of(PodKind).byIndex("owner", metadata.uid),
  };
}

/** A ReplicaSet touches its owner; an orphan touches every Deployment that could adopt it. */
function deploymentsOf(replicaSet: ReplicaSet, caches: Caches): readonly string[] {
  const owner = controllerOf(replicaSet);
  const namespace = replicaSet.metadata.namespace ?? "";
  if (owner !== undefined) return owner.kind === "Deployment" ? [`${namespace}/${owner.name}`] : [];
  const matching = caches.of(DeploymentKind).list({ namespace });
  return matching.filter(({ spec }) => selectorMatches(spec.selector, replicaSet.metadata.labels)).map(objectKey);
}

/** Only who recreates waits for Pods; all others hear of them through the counts of their ReplicaSets. */
function recreatingDeploymentsOf(pod: Pod, caches: Caches): readonly string[] {
  const owner = controllerOf(pod);
  if (owner?.kind !== "ReplicaSet") return [];
  const namespace = pod.metadata.namespace ?? "";
  const replicaSet = caches.of(ReplicaSetKind).get(`${namespace}/${owner.name}`);
  const above = replicaSet === undefined ? undefined : controllerOf(replicaSet);
  if (above?.kind !== "Deployment") return [];
  const deployment: Deployment | undefined = caches.of(DeploymentKind).get(`${namespace}/${above.name}`);
  return deployment?.spec.strategy.type === "Recreate" ? [objectKey(deployment)] : [];
}

import { type Pod, PodKind, type ReplicaSet, ReplicaSetKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type Kind, type LabelSelector, selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { measureDeletions } from "./metrics.ts";
import { type Observed, reconcile, refused, type ReplicaOwner } from "./reconcile.ts";

/** Keeps as many Pods of a template running as `spec.replicas` says. */
export const replicaSetController: Controller<Observed> = {
  name: "replicaset",
  watches: [watch(ReplicaSetKind), watch(PodKind, { keys: replicaSetsOf, indexes: orphanIndex })],
  observe,
  reconcile,
  refused,
  measure: measureDeletions,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const replicaSet = caches.of(ReplicaSetKind).get(key);
  if (replicaSet === undefined) return undefined;
  const pods = caches.of(PodKind);
  return {
    owner: replicaOwner(replicaSet),
    candidates: [...pods.byIndex("owner", replicaSet.metadata.uid), ...pods.byIndex("orphan", replicaSet.metadata.namespace ?? "")],
    siblings: siblingPods(replicaSet, caches),
  };
}

export function replicaOwner(replicaSet: ReplicaSet): ReplicaOwner {
  const { replicas, minReadySeconds = 0, selector, template } = replicaSet.spec;
  const kind = ReplicaSetKind as unknown as Kind;
  return { kind, object: replicaSet, replicas, minReadySeconds, selector, template, status: replicaSet.status, countsTerminating: true };
}

/** Pods of the ReplicaSets that belong to the same owner: those that share a node with one are the first to go. */
function siblingPods(replicaSet: ReplicaSet, caches: Caches): readonly Pod[] {
  const owner = controllerOf(replicaSet);
  if (owner === undefined) return [];
  const siblings = caches.of(ReplicaSetKind).byIndex("owner", owner.uid);
  return siblings.flatMap(({ metadata }) =>
    metadata.uid === replicaSet.metadata.uid ? [] : caches.of(PodKind).byIndex("owner", metadata.uid),
  );
}

/** A Pod touches its owner; an orphan touches every ReplicaSet that could adopt it. */
function replicaSetsOf(pod: Pod, caches: Caches): readonly string[] {
  const owner = controllerOf(pod);
  const namespace = pod.metadata.namespace ?? "";
  if (owner !== undefined) return owner.kind === "ReplicaSet" ? [`${namespace}/${owner.name}`] : [];
  const matching = caches
    .of(ReplicaSetKind)
    .list({ namespace })
    .filter(({ spec }) => selects(spec.selector, pod));
  return matching.map(objectKey);
}

function selects(selector: LabelSelector, pod: Pod): boolean {
  return selectorMatches(selector, pod.metadata.labels);
}

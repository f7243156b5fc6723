import type { Deployment, PodTemplateSpec, ReplicaSet } from "@kubets/api";
import { sameJson } from "@kubets/machinery";
import { oldestFirst } from "../ownership/oldest-first.ts";
import { revisionOf } from "./annotations.ts";

export const contentHashLabel = "pod-template-hash";

/** A Deployment's ReplicaSets: the one of its present template, if it is there, and the others, oldest first. */
export interface Family {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export function familyOf({ spec }: Deployment, replicaSets: readonly ReplicaSet[]): Family {
  const sorted = replicaSets.toSorted(oldestFirst);
  // Should two have the template, the older one is the one: a second was made by mistake.
  const current = sorted.find((replicaSet) => sameTemplate(replicaSet.spec.template, spec.template));
  return { current, old: sorted.filter((replicaSet) => replicaSet !== current) };
}

export function isActive({ spec }: ReplicaSet): boolean {
  return spec.replicas > 0;
}

export function highestRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return replicaSets.map(revisionOf).reduce((a, b) => (a > b ? a : b), 0n);
}

export function totalSize(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, { spec }) => sum + spec.replicas, 0);
}

/**
 * How many of the Pods that a ReplicaSet is to have can be counted on. What its status says of a size that it had before may speak of Pods
 * that are about to go: then none can.
 */
export function dependable({ spec, status, metadata }: ReplicaSet): number {
  const isOfNow = (status.observedGeneration ?? Infinity) >= (metadata.generation ?? 0);
  return isOfNow ? Math.min(status.availableReplicas ?? 0, spec.replicas) : 0;
}

export function totalAvailable(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, { status }) => sum + (status.availableReplicas ?? 0), 0);
}

/** The hash label is the controller's addition and doesn't count. */
function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return sameJson(withoutHash(a), withoutHash(b));
}

function withoutHash({ metadata, spec }: PodTemplateSpec): unknown {
  const { [contentHashLabel]: _hash, ...labels } = metadata.labels ?? {};
  return { metadata: { ...metadata, labels }, spec };
}

export function revisionsOldestFirst(replicaSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return replicaSets.toSorted((a, b) => Number(revisionOf(a) - revisionOf(b)) || oldestFirst(a, b));
}

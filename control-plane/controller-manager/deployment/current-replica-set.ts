import { type Deployment, DeploymentKind, type ReplicaSet } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Kind, LabelSelector } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { withRevision, withSizes } from "./annotations.ts";
import { contentHashLabel } from "./replica-sets.ts";
import type { Bounds } from "./sizes.ts";
import { contentHash } from "../ownership/content-hash.ts";

/** The ReplicaSet that a Deployment makes for its present template. */
export function newReplicaSet(
  deployment: Deployment,
  { revision, size, bounds }: { readonly revision: bigint; readonly size: number; readonly bounds: Bounds },
): DraftObject<ReplicaSet> & { readonly metadata: { readonly name: string } } {
  const { metadata, spec } = deployment;
  const hash = contentHash(spec.template, deployment.status.collisionCount ?? 0);
  const labels = { ...spec.template.metadata.labels, [contentHashLabel]: hash };
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: withSizes(withRevision(undefined, deployment, revision), { desired: spec.replicas, max: bounds.maxTotal }),
      ownerReferences: [controllerReference(deployment, DeploymentKind as unknown as Kind)],
    },
    spec: {
      replicas: size,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: withHash(spec.selector, hash),
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** The current ReplicaSet with the revision, annotations and readiness time that it should have; the same object when it has them. */
export function upToDate(replicaSet: ReplicaSet, deployment: Deployment, revision: bigint): ReplicaSet {
  const annotations = withRevision(replicaSet.metadata.annotations, deployment, revision);
  const { minReadySeconds } = deployment.spec;
  const isCurrent =
    sameEntries(annotations, replicaSet.metadata.annotations ?? {}) && (replicaSet.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
  if (isCurrent) return replicaSet;
  return { ...replicaSet, metadata: { ...replicaSet.metadata, annotations }, spec: { ...replicaSet.spec, minReadySeconds } };
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [contentHashLabel]: hash } };
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

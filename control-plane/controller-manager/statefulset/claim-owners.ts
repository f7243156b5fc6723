import { type PersistentVolumeClaim, PersistentVolumeClaimKind, type Pod, PodKind, type StatefulSet, StatefulSetKind } from "@kubets/api";
import { type Action, update } from "@kubets/client";
import type { Kind, KubernetesObject, OwnerReference } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";

/**
 * Who a claim goes with, by `persistentVolumeClaimRetentionPolicy`: with the StatefulSet when that is deleted, with its Pod when the
 * StatefulSet is scaled down, or with nobody. The garbage collector does the rest. Claims of another controller are left alone.
 */
export function ownClaim(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim, isSurplus: boolean): readonly Action[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy;
  const references = claim.metadata.ownerReferences ?? [];
  if (references.some(({ controller, uid }) => controller === true && uid !== set.metadata.uid && uid !== pod.metadata.uid)) return [];
  const goesWithPod = whenScaled === "Delete" && isSurplus;
  const goesWithSet = whenDeleted === "Delete" && !goesWithPod;
  const wanted = [
    ...references.filter((reference) => !isOf(reference, set, "StatefulSet") && !isOf(reference, pod, "Pod")),
    ...(goesWithSet ? [controllerReference(set, StatefulSetKind as unknown as Kind)] : []),
    ...(goesWithPod ? [controllerReference(pod, PodKind as unknown as Kind)] : []),
  ];
  if (sameOwners(wanted, references)) return [];
  return [update(PersistentVolumeClaimKind, { ...claim, metadata: { ...claim.metadata, ownerReferences: wanted } })];
}

/** An earlier object of the same name counts as well: what it left is made right. */
function isOf({ kind, name }: OwnerReference, owner: KubernetesObject, ownerKind: string): boolean {
  return kind === ownerKind && name === owner.metadata.name;
}

function sameOwners(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  return a.length === b.length && a.every(({ uid }) => b.some((other) => other.uid === uid));
}

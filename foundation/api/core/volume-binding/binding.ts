import type { StorageClass } from "../../storage/storage-class.ts";
import type { PersistentVolumeClaim } from "../persistent-volume-claim.ts";
import type { PersistentVolume } from "../persistent-volume.ts";
import type { ObjectReference } from "../shared/object-reference.ts";
import { storageClassAnnotation } from "../storage-columns.ts";
import { volumeAnnotations } from "./annotations.ts";

/** Whether a volume is reserved for this claim: by a controller, or by a person who named it before it had a uid. */
export function isReservedFor({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return (claimRef.uid ?? "") === "" || claimRef.uid === metadata.uid;
}

/** Whether claim and volume belong together for good. */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? "") !== "" && metadata.annotations?.[volumeAnnotations.bindCompleted] !== undefined;
}

/** `namespace/name` of the claim that a volume points at. */
export function claimKeyOf({ namespace = "", name = "" }: ObjectReference): string {
  return `${namespace}/${name}`;
}

/** The volume, pointing at the claim. The same object when it does already. */
export function reserveVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { metadata, spec } = volume;
  const wasReserved = isReservedFor(volume, claim);
  if (wasReserved && spec.claimRef?.uid === claim.metadata.uid) return volume;
  const { namespace = "", name, uid, resourceVersion } = claim.metadata;
  return {
    ...volume,
    metadata: wasReserved
      ? metadata
      : { ...metadata, annotations: { ...metadata.annotations, [volumeAnnotations.boundByController]: "yes" } },
    spec: { ...spec, claimRef: { kind: "PersistentVolumeClaim", namespace, name, uid, apiVersion: "v1", resourceVersion } },
  };
}

/** Whether a claim waits for its first consumer before it gets a volume. One whose consumer has a node waits no longer. */
export function waitsForConsumer(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean {
  return bindsOnFirstUse(storageClass) && claim.metadata.annotations?.[volumeAnnotations.selectedNode] === undefined;
}

/** Whether claims of a class are bound where their first consumer goes. */
export function bindsOnFirstUse(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === "WaitForFirstConsumer";
}

/** Whether a claim says nothing of a class: the default one may be filled in later. One that says `""` wants none. */
export function takesDefaultClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return spec.storageClassName === undefined && metadata.annotations?.[storageClassAnnotation] === undefined;
}

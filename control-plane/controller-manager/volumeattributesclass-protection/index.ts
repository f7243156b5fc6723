import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type VolumeAttributesClass,
  VolumeAttributesClassKind,
  volumeProtection,
} from "@kubets/api";
import { type Controller, type Decision, nothing, update, watch } from "@kubets/client";
import { isProtected, isUnprotected, protect, release } from "../ownership/finalizers.ts";

export interface Observed {
  readonly attributesClass: VolumeAttributesClass;
  readonly isUsed: boolean;
}

/** Keeps a VolumeAttributesClass that is being deleted as long as a volume has its attributes, or a claim wants them. */
export const volumeAttributesClassProtection: Controller<Observed> = {
  name: "volumeattributesclass-protection",
  watches: [
    watch(VolumeAttributesClassKind),
    watch(PersistentVolumeClaimKind, { keys: classesOfClaim, indexes: { attributesClassesOfClaim: classesOfClaim } }),
    watch(PersistentVolumeKind, { keys: classOfVolume, indexes: { attributesClassOfVolume: classOfVolume } }),
  ],
  observe(name, caches) {
    const attributesClass = caches.of(VolumeAttributesClassKind).get(name);
    if (attributesClass === undefined) return undefined;
    const claims = caches.of(PersistentVolumeClaimKind).byIndex("attributesClassesOfClaim", name);
    const volumes = caches.of(PersistentVolumeKind).byIndex("attributesClassOfVolume", name);
    return { attributesClass, isUsed: claims.length + volumes.length > 0 };
  },
  reconcile,
};

export function reconcile({ attributesClass, isUsed }: Observed): Decision {
  const finalizer = volumeProtection.attributesClass;
  if (isUnprotected(attributesClass, finalizer))
    return { actions: [update(VolumeAttributesClassKind, protect(attributesClass, finalizer))] };
  if (!isProtected(attributesClass, finalizer) || isUsed) return nothing;
  return { actions: [update(VolumeAttributesClassKind, release(attributesClass, finalizer))] };
}

/** The class that a claim wants, the one that its volume has, and the one that it is on the way to. */
function classesOfClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.flatMap((name) => (name === undefined || name === "" ? [] : [name])))];
}

function classOfVolume({ spec }: PersistentVolume): readonly string[] {
  return spec.volumeAttributesClassName === undefined ? [] : [spec.volumeAttributesClassName];
}

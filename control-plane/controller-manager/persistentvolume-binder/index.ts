import {
  claimKeyOf,
  claimKeysOfPod,
  defaultStorageClassOf,
  isFullyBound,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type Pod,
  PodKind,
  type StorageClass,
  storageClassOfClaim,
  storageClassOfVolume,
  StorageClassKind,
  takesDefaultClass,
} from "@kubets/api";
import { type Caches, type Controller, type Decision, objectKey, watch } from "@kubets/client";
import { type ObservedClaim, reconcileClaim } from "./claim.ts";
import { type ObservedVolume, reconcileVolume } from "./volume.ts";

export type Observed = ObservedClaim | ObservedVolume;

/** Gives claims their volumes, asks provisioners for those that are missing, and says what becomes of volumes whose claims are gone. */
export const persistentVolumeBinder: Controller<Observed> = {
  name: "persistentvolume-binder",
  watches: [
    watch(PersistentVolumeClaimKind, { keys: keysOfClaim, indexes: { unboundOfClass, naming } }),
    watch(PersistentVolumeKind, { keys: keysOfVolume, indexes: { freeOfClass, reserved } }),
    watch(StorageClassKind, { keys: keysOfClass }),
    watch(PodKind, { keys: keysOfPod, indexes: { claimsOfPod: claimKeysOfPod } }),
  ],
  observe,
  reconcile,
};

// Claims and volumes are worked on under one name, as upstream: the first part of a key says which.
const claimKey = (key: string): string => `claim/${key}`;
const volumeKey = (name: string): string => `volume/${name}`;

export function reconcile(observed: Observed): Decision {
  switch (observed.of) {
    case "claim":
      return reconcileClaim(observed);
    case "volume":
      return reconcileVolume(observed);
  }
}

function observe(key: string, caches: Caches): Observed | undefined {
  const slash = key.indexOf("/");
  const rest = key.slice(slash + 1);
  return key.slice(0, slash) === "claim" ? observeClaim(rest, caches) : observeVolume(rest, caches);
}

function observeClaim(key: string, caches: Caches): ObservedClaim | undefined {
  const claim = caches.of(PersistentVolumeClaimKind).get(key);
  if (claim === undefined) return undefined;
  const volumes = caches.of(PersistentVolumeKind);
  const classes = caches.of(StorageClassKind);
  const className = storageClassOfClaim(claim);
  const isUnbound = !isFullyBound(claim);
  return {
    of: "claim",
    claim,
    named: volumes.get(claim.spec.volumeName ?? ""),
    candidates: isUnbound ? [...volumes.byIndex("reserved", key), ...volumes.byIndex("freeOfClass", className)] : [],
    storageClass: className === "" ? undefined : classes.get(className),
    defaultClass: takesDefaultClass(claim) ? defaultStorageClassOf(classes.list()) : undefined,
    consumers: isUnbound ? caches.of(PodKind).byIndex("claimsOfPod", key) : [],
  };
}

function observeVolume(name: string, caches: Caches): ObservedVolume | undefined {
  const volume = caches.of(PersistentVolumeKind).get(name);
  if (volume === undefined) return undefined;
  const { claimRef } = volume.spec;
  return {
    of: "volume",
    volume,
    claim: claimRef === undefined ? undefined : caches.of(PersistentVolumeClaimKind).get(claimKeyOf(claimRef)),
  };
}

/** A claim touches itself, the volume that it names, and those that point at it. */
function keysOfClaim(claim: PersistentVolumeClaim, caches: Caches): readonly string[] {
  const key = objectKey(claim);
  const pointing = caches.of(PersistentVolumeKind).byIndex("reserved", key);
  const { volumeName = "" } = claim.spec;
  return [
    claimKey(key),
    ...(volumeName === "" ? [] : [volumeKey(volumeName)]),
    ...pointing.map(({ metadata }) => volumeKey(metadata.name)),
  ];
}

/** A volume touches itself, the claims that it points at or that name it, and, when it is free, those that wait for one of its class. */
function keysOfVolume(volume: PersistentVolume, caches: Caches): readonly string[] {
  const { claimRef } = volume.spec;
  const claims = caches.of(PersistentVolumeClaimKind);
  return [
    volumeKey(volume.metadata.name),
    ...claims.byIndex("naming", volume.metadata.name).map((claim) => claimKey(objectKey(claim))),
    ...(claimRef === undefined
      ? claims.byIndex("unboundOfClass", storageClassOfVolume(volume)).map((claim) => claimKey(objectKey(claim)))
      : [claimKey(claimKeyOf(claimRef))]),
  ];
}

/** A class touches the claims that wait for it, and, when it could be the default, those that name none. */
function keysOfClass({ metadata }: StorageClass, caches: Caches): readonly string[] {
  const claims = caches.of(PersistentVolumeClaimKind);
  const waiting = claims.byIndex("unboundOfClass", metadata.name);
  const classless = metadata.name === "" ? [] : claims.byIndex("unboundOfClass", "").filter(takesDefaultClass);
  return [...waiting, ...classless].map((claim) => claimKey(objectKey(claim)));
}

/** A Pod that comes, or gets its node, is what its unbound claims wait for. */
function keysOfPod(pod: Pod, caches: Caches): readonly string[] {
  const claims = caches.of(PersistentVolumeClaimKind);
  return claimKeysOfPod(pod)
    .filter((key) => {
      const claim = claims.get(key);
      return claim !== undefined && !isFullyBound(claim);
    })
    .map(claimKey);
}

function unboundOfClass(claim: PersistentVolumeClaim): readonly string[] {
  return isFullyBound(claim) ? [] : [storageClassOfClaim(claim)];
}

function naming({ spec }: PersistentVolumeClaim): readonly string[] {
  return (spec.volumeName ?? "") === "" ? [] : [spec.volumeName!];
}

function freeOfClass(volume: PersistentVolume): readonly string[] {
  return volume.spec.claimRef === undefined ? [storageClassOfVolume(volume)] : [];
}

function reserved({ spec }: PersistentVolume): readonly string[] {
  return spec.claimRef === undefined ? [] : [claimKeyOf(spec.claimRef)];
}

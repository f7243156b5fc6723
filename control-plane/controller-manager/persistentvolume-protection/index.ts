import { type PersistentVolume, PersistentVolumeKind, volumeProtection } from "@kubets/api";
import { type Controller, type Decision, nothing, update, watch } from "@kubets/client";
import { isProtected, isUnprotected, protect, release } from "../ownership/finalizers.ts";

/** Keeps a volume that is being deleted as long as a claim is bound to it. */
export const persistentVolumeProtection: Controller<PersistentVolume> = {
  name: "persistentvolume-protection",
  watches: [watch(PersistentVolumeKind)],
  observe: (name, caches) => caches.of(PersistentVolumeKind).get(name),
  reconcile,
};

export function reconcile(volume: PersistentVolume): Decision {
  const finalizer = volumeProtection.volume;
  if (isUnprotected(volume, finalizer)) return { actions: [update(PersistentVolumeKind, protect(volume, finalizer))] };
  if (!isProtected(volume, finalizer) || volume.status.phase === "Bound") return nothing;
  return { actions: [update(PersistentVolumeKind, release(volume, finalizer))] };
}

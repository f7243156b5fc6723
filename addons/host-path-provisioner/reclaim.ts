import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  provisionerFinalizer,
  requestedStorage,
  storageOf,
} from "@kubets/api";
import { deletion, type Decision, event, nothing, update, updateStatus } from "@kubets/client";
import { compareQuantities } from "@kubets/machinery";

export interface ObservedVolume {
  readonly of: "volume";
  /** Made by this provisioner, on a node that is served here. */
  readonly volume: PersistentVolume;
  /** The claim that has the volume. */
  readonly claim: PersistentVolumeClaim | undefined;
  /** Where a volume of this name lies; `undefined` when no volume of this provisioner has such a name. */
  readonly path: string | undefined;
}

/** Deletes what a released volume held, then the volume; and lets one grow whose claim asks for more. */
export function reconcileVolume(observed: ObservedVolume): Decision {
  const { volume } = observed;
  const { phase } = volume.status;
  if (phase === "Bound") return grow(observed);
  const isToGo = volume.spec.persistentVolumeReclaimPolicy === "Delete" && (phase === "Released" || phase === "Failed");
  return isToGo ? remove(observed) : nothing;
}

function remove({ volume, path }: ObservedVolume): Decision {
  const { name, deletionTimestamp, finalizers = [] } = volume.metadata;
  if (deletionTimestamp !== undefined && !finalizers.includes(provisionerFinalizer)) return nothing;
  // Objects are easily forged: a directory is deleted by the volume's name, and only when the volume really is that directory.
  if (path === undefined || volume.spec.local?.path !== path)
    return {
      actions: [
        event(volume, "Warning", "VolumeFailedDelete", `${volume.spec.local?.path ?? name} is not a directory of this provisioner`),
      ],
    };
  const others = finalizers.filter((finalizer) => finalizer !== provisionerFinalizer);
  return {
    actions: [
      { verb: "outside", deed: "remove", subject: name },
      deletionTimestamp === undefined
        ? deletion(PersistentVolumeKind, volume)
        : update(PersistentVolumeKind, { ...volume, metadata: { ...volume.metadata, finalizers: others } }),
    ],
  };
}

/** A directory is as large as its disk: growing it is a matter of numbers. */
function grow({ volume, claim }: ObservedVolume): Decision {
  if (claim === undefined || claim.status.phase !== "Bound" || claim.metadata.deletionTimestamp !== undefined) return nothing;
  const wanted = requestedStorage(claim);
  const isLarger = (than: string): boolean => compareQuantities(wanted, than) > 0;
  const { capacity = {}, conditions = [] } = claim.status;
  const isGrown = !isLarger(storageOf(volume));
  if (isGrown && !isLarger(capacity["storage"] ?? "0")) return nothing;
  const others = conditions.filter(({ type }) => type !== "Resizing" && type !== "FileSystemResizePending");
  const { conditions: _conditions, ...rest } = claim.status;
  const status = { ...rest, capacity: { ...capacity, storage: wanted }, ...(others.length === 0 ? {} : { conditions: others }) };
  const { name } = volume.metadata;
  return {
    actions: [
      ...(isGrown
        ? []
        : [
            update(PersistentVolumeKind, { ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: wanted } } }),
            event(claim, "Normal", "Resizing", `External resizer is resizing volume ${name}`),
          ]),
      updateStatus(PersistentVolumeClaimKind, { ...claim, status }),
      event(claim, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded"),
    ],
  };
}

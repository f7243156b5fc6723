import {
  claimKeyOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type PersistentVolumeStatus,
  volumeAnnotations,
} from "@kubets/api";
import { type Action, type Decision, event, nothing, update, updateStatus } from "@kubets/client";
import type { Kind } from "@kubets/machinery";

export interface ObservedVolume {
  readonly of: "volume";
  readonly volume: PersistentVolume;
  /** The claim of the name that the volume points at, whatever its uid. */
  readonly claim: PersistentVolumeClaim | undefined;
}

/** What follows for a volume: its phase, and what becomes of it when its claim is gone. */
export function reconcileVolume({ volume, claim: found }: ObservedVolume): Decision {
  const { claimRef } = volume.spec;
  // Nobody's, or reserved by a person for a claim that has not come yet.
  if (claimRef === undefined || (claimRef.uid ?? "") === "") return { actions: inPhase(volume, "Available") };
  const claim = found?.metadata.uid === claimRef.uid ? found : undefined;
  if (claim === undefined) return reclaim(volume);
  const volumeName = claim.spec.volumeName ?? "";
  if (volumeName === volume.metadata.name) return { actions: inPhase(volume, "Bound") };
  if (volumeName === "") return claim.spec.volumeMode === volume.spec.volumeMode ? nothing : ofWrongMode(volume, claim);
  // The claim got another volume meanwhile: one that was made for it is of no use, any other is free again.
  const { annotations = {} } = volume.metadata;
  const isMadeForClaim =
    annotations[volumeAnnotations.provisionedBy] !== undefined && volume.spec.persistentVolumeReclaimPolicy === "Delete";
  return isMadeForClaim ? reclaim(volume, { ofPresentClaim: true }) : { actions: [update(PersistentVolumeKind, unreserved(volume))] };
}

function ofWrongMode(volume: PersistentVolume, claim: PersistentVolumeClaim): Decision {
  const key = claimKeyOf(volume.spec.claimRef!);
  return {
    actions: [
      event(
        volume,
        "Warning",
        "VolumeMismatch",
        `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.`,
      ),
      event(
        claim,
        "Warning",
        "VolumeMismatch",
        `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim "${key.slice(key.indexOf("/") + 1)}" due to incompatible volumeMode.`,
      ),
    ],
  };
}

/** The volume's claim is gone. A claim may also be too new for the cache: the server is asked before anything is released. */
function reclaim(volume: PersistentVolume, { ofPresentClaim = false }: { readonly ofPresentClaim?: boolean } = {}): Decision {
  const { phase } = volume.status;
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec;
  if (phase !== "Released" && phase !== "Failed") {
    const { namespace = "", name = "", uid = "" } = claimRef!;
    const confirm: Action = { verb: "confirmGone", kind: PersistentVolumeClaimKind as unknown as Kind, namespace, name, uid };
    return { actions: [...(ofPresentClaim ? [] : [confirm]), ...inPhase(volume, "Released")] };
  }
  if (phase === "Failed" || policy === "Retain") return nothing;
  if (policy === "Recycle") return failed(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
  // The provisioner that made it deletes it; nobody does for a volume that a person made.
  const isProvisioned = volume.metadata.annotations?.[volumeAnnotations.provisionedBy] !== undefined;
  return isProvisioned
    ? nothing
    : failed(
        volume,
        "VolumeFailedDelete",
        `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`,
      );
}

/** Takes back what a controller wrote; what a person wrote is left without the uid, and holds for the next claim of that name. */
function unreserved(volume: PersistentVolume): PersistentVolume {
  const { metadata, spec } = volume;
  const { claimRef, ...free } = spec;
  const { [volumeAnnotations.boundByController]: byController, ...annotations } = metadata.annotations ?? {};
  if (byController !== undefined) return { ...volume, metadata: { ...metadata, annotations }, spec: free };
  const { uid: _uid, resourceVersion: _version, ...named } = claimRef!;
  return { ...volume, spec: { ...spec, claimRef: named } };
}

function failed(volume: PersistentVolume, reason: string, message: string): Decision {
  return { actions: [...inPhase(volume, "Failed", message), event(volume, "Warning", reason, message)] };
}

function inPhase(volume: PersistentVolume, phase: PersistentVolumeStatus["phase"], message?: string): readonly Action[] {
  if (volume.status.phase === phase) return [];
  const { message: _message, reason: _reason, ...rest } = volume.status;
  return [updateStatus(PersistentVolumeKind, { ...volume, status: { ...rest, phase, ...(message === undefined ? {} : { message }) } })];
}

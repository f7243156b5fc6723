import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type PersistentVolumeClaimStatus,
} from "@kubets/api";
import { type Action, type Decision, event, updateStatus } from "@kubets/client";
import { sameJson } from "@kubets/machinery";

/** The claim has no volume yet; `told` says what it waits for. */
export function pending(claim: PersistentVolumeClaim, ...told: readonly Action[]): Decision {
  return { actions: [...written(claim, withoutVolume(claim, "Pending")), ...told] };
}

/** The claim's volume is gone for good. Told once. */
export function lost(claim: PersistentVolumeClaim, reason: string, message: string): Decision {
  if (claim.status.phase === "Lost") return { actions: [] };
  return { actions: [...written(claim, withoutVolume(claim, "Lost")), event(claim, "Warning", reason, message)] };
}

/** The claim has its volume. */
export function bound(claim: PersistentVolumeClaim, volume: PersistentVolume): readonly Action[] {
  const { status } = claim;
  const { accessModes, capacity, volumeAttributesClassName } = volume.spec;
  // Later the capacity may be less than the volume's on purpose: as long as the file system has not grown with it.
  const isNew = status.phase !== "Bound";
  return written(claim, {
    ...status,
    phase: "Bound",
    ...(accessModes === undefined ? {} : { accessModes }),
    ...(isNew && capacity !== undefined ? { capacity } : {}),
    ...(isNew && volumeAttributesClassName !== undefined ? { currentVolumeAttributesClassName: volumeAttributesClassName } : {}),
  });
}

function withoutVolume({ status }: PersistentVolumeClaim, phase: "Lost" | "Pending"): PersistentVolumeClaimStatus {
  const { accessModes: _modes, capacity: _capacity, ...rest } = status;
  return { ...rest, phase };
}

function written(claim: PersistentVolumeClaim, status: PersistentVolumeClaimStatus): readonly Action[] {
  return sameJson(status, claim.status) ? [] : [updateStatus(PersistentVolumeClaimKind, { ...claim, status })];
}

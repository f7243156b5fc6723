import { type PersistentVolumeClaim, PersistentVolumeClaimKind, requestedStorage } from "@kubets/api";
import { type Controller, type Decision, event, nothing, watch } from "@kubets/client";
import { compareQuantities } from "@kubets/machinery";

/**
 * Says of a claim that asks for more than it has that somebody else will see to it: every volume that can grow has a driver of its own
 * that makes it grow, since no driver is part of Kubernetes any more.
 */
export const persistentVolumeExpander: Controller<PersistentVolumeClaim> = {
  name: "persistentvolume-expander",
  watches: [watch(PersistentVolumeClaimKind)],
  observe: (key, caches) => caches.of(PersistentVolumeClaimKind).get(key),
  reconcile,
};

export function reconcile(claim: PersistentVolumeClaim): Decision {
  const { phase, capacity = {}, conditions = [] } = claim.status;
  if (phase !== "Bound" || compareQuantities(requestedStorage(claim), capacity["storage"] ?? "0") <= 0) return nothing;
  const isUnderWay = conditions.some(({ type }) => type === "Resizing" || type === "FileSystemResizePending");
  if (isUnderWay) return nothing;
  const message = "waiting for an external controller to expand this PVC";
  return { actions: [event(claim, "Normal", "ExternalExpanding", message)] };
}

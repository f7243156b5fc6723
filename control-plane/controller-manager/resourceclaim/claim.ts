import { type Pod, type ResourceV1ResourceClaim, ResourceV1ResourceClaimKind } from "@kubets/api";
import { type Action, type Decision, deletion, nothing, update, updateStatus } from "@kubets/client";
import { isProtected, release } from "../ownership/finalizers.ts";
import { controllerOf } from "../ownership/claim.ts";
import { isDone } from "./pod.ts";

/** Holds a claim while something is allocated for it. */
const deleteProtection = "resource.kubernetes.io/delete-protection";

export interface ObservedClaim {
  readonly of: "claim";
  readonly claim: ResourceV1ResourceClaim;
  readonly pod: (name: string) => Pod | undefined;
}

/**
 * Takes reservations from Pods that run no more, and what was allocated from claims that nobody has reserved. A claim that was made for
 * a Pod goes with what the Pod runs, also when the Pod itself stays.
 */
export function reconcileClaim({ claim, pod }: ObservedClaim): Decision {
  const { metadata, status } = claim;
  const reservedFor = (status.reservedFor ?? []).filter(({ apiGroup = "", resource, name, uid }) => {
    // What isn't a Pod is somebody else's to end.
    if (apiGroup !== "" || resource !== "pods") return true;
    const user = pod(name);
    return user !== undefined && user.metadata.uid === uid && !isDone(user);
  });
  const isFree = reservedFor.length === 0;
  const wasReserved = (status.reservedFor ?? []).length > 0;
  const isLeaving = metadata.deletionTimestamp !== undefined;
  const isReleased = isFree && status.allocation !== undefined && (wasReserved || isLeaving);
  const gone: readonly Action[] =
    isFree && !isLeaving && belongsToDonePod(claim, pod) ? [deletion(ResourceV1ResourceClaimKind, claim)] : [];
  if (isReleased || reservedFor.length !== (status.reservedFor ?? []).length) {
    const { allocation, devices, reservedFor: _before, ...rest } = status;
    const kept = isReleased
      ? rest
      : { ...rest, ...(allocation === undefined ? {} : { allocation }), ...(devices === undefined ? {} : { devices }) };
    const next = { ...claim, status: { ...kept, ...(isFree ? {} : { reservedFor }) } };
    return { actions: [updateStatus(ResourceV1ResourceClaimKind, next), ...gone] };
  }
  if (status.allocation === undefined && isFree && (isProtected(claim, deleteProtection) || isHeldForNothing(claim)))
    return { actions: [update(ResourceV1ResourceClaimKind, release(claim, deleteProtection)), ...gone] };
  return gone.length === 0 ? nothing : { actions: gone };
}

function isHeldForNothing({ metadata: { finalizers = [] } }: ResourceV1ResourceClaim): boolean {
  return finalizers.includes(deleteProtection);
}

function belongsToDonePod(claim: ResourceV1ResourceClaim, pod: ObservedClaim["pod"]): boolean {
  const owner = controllerOf(claim);
  if (owner?.kind !== "Pod") return false;
  const present = pod(owner.name);
  return present !== undefined && present.metadata.uid === owner.uid && isDone(present);
}

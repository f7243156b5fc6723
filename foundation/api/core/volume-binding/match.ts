import { compareQuantities, type Quantity, selectorMatches } from "@kubets/machinery";
import type { Node } from "../node.ts";
import { type PersistentVolumeClaim, storageClassOfClaim } from "../persistent-volume-claim.ts";
import { type PersistentVolume, storageClassOfVolume } from "../persistent-volume.ts";
import { matchesNodeSelector } from "../shared/node-selector-matches.ts";
import { isReservedFor } from "./binding.ts";

/** How much storage a claim asks for. */
export function requestedStorage({ spec }: PersistentVolumeClaim): Quantity {
  return spec.resources.requests?.["storage"] ?? "0";
}

/** How much storage a volume has. */
export function storageOf({ spec }: PersistentVolume): Quantity {
  return spec.capacity?.["storage"] ?? "0";
}

/** Whether a volume can be reached from a node. */
export function isReachableFrom({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Why a volume that a claim names is not what the claim asks for, in upstream's words; `undefined` when it is. */
export function volumeMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(storageOf(volume), requestedStorage(claim)) < 0) return "requested PV is too small";
  if (storageClassOfVolume(volume) !== storageClassOfClaim(claim)) return "storageClassName does not match";
  if (volume.spec.volumeMode !== claim.spec.volumeMode) return "incompatible volumeMode";
  if (attributesClass(volume) !== attributesClass(claim)) return "VolumeAttributesClassName does not match";
  return offersModes(volume, claim) ? undefined : "incompatible accessMode";
}

export interface MatchOptions {
  /** Only volumes that can be reached from it. */
  readonly node?: Node;
  /** Names of volumes that are taken by something that isn't in the objects yet. */
  readonly excluded?: ReadonlySet<string>;
  /** Only volumes that are reserved for the claim already. */
  readonly reservedOnly?: boolean;
}

/**
 * The volume for a claim: one that is reserved for it, else the smallest of those that offer the fewest access modes besides the ones
 * asked for, else by name; `undefined` when none will do.
 */
export function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, excluded, reservedOnly = false }: MatchOptions = {},
): PersistentVolume | undefined {
  const requested = requestedStorage(claim);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const isReserved = isReservedFor(volume, claim);
    if (!isReserved && (reservedOnly || volume.spec.claimRef !== undefined)) continue;
    if (excluded?.has(volume.metadata.name) === true || volume.metadata.deletionTimestamp !== undefined) continue;
    if (volume.spec.volumeMode !== claim.spec.volumeMode || attributesClass(volume) !== attributesClass(claim)) continue;
    if (!offersModes(volume, claim) || compareQuantities(storageOf(volume), requested) < 0) continue;
    const isReachable = node === undefined || isReachableFrom(volume, node);
    // Whoever reserved it has decided: no other volume will do, not even where this one can't be reached.
    if (isReserved) return isReachable ? volume : undefined;
    if (!isReachable || volume.status.phase !== "Available") continue;
    if (storageClassOfVolume(volume) !== storageClassOfClaim(claim)) continue;
    if (claim.spec.selector !== undefined && !selectorMatches(claim.spec.selector, volume.metadata.labels)) continue;
    if (best === undefined || isBetter(volume, best)) best = volume;
  }
  return best;
}

function isBetter(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0);
  if (modes !== 0) return modes < 0;
  const size = compareQuantities(storageOf(a), storageOf(b));
  return size === 0 ? a.metadata.name < b.metadata.name : size < 0;
}

function offersModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const offered = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => offered.includes(mode));
}

function attributesClass({ spec }: PersistentVolume | PersistentVolumeClaim): string {
  return spec.volumeAttributesClassName ?? "";
}

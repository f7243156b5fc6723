import {
  bestVolume,
  isFullyBound,
  isReachableFrom,
  isReservedFor,
  type Node,
  noProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  requestedStorage,
  type StorageClass,
  storageClassOfClaim,
  storageClassOfVolume,
  volumeAnnotations,
} from "@kubets/api";
import { type ObjectKey, objectKey } from "@kubets/client";
import { compareQuantities } from "@kubets/machinery";
import type { VolumeState } from "./volume-state.ts";

/** What has to be done so that a Pod finds its volumes on a node. */
export interface VolumePlan {
  readonly node: string;
  /** Volumes that are there, to be reserved for claims. */
  readonly bindings: readonly { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[];
  /** Claims whose volumes are to be made where the node reaches them. */
  readonly provisions: readonly ObjectKey[];
}

/** Why a Pod doesn't find its volumes on a node, in upstream's words. */
export const unreachable = "node(s) had volume node affinity conflict";
export const noneToBind = "node(s) didn't find available persistent volumes to bind";
export const missing = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** They get their volume where the Pod goes. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** Asked of every node: what a Pod's claims would need there, or why they can't have it. */
export interface VolumePlanner {
  plan(node: Node): VolumePlan | readonly string[];
}

/** Prepares once what doesn't depend on the node. */
export function volumePlanner({ bound, delayed }: PodClaims, state: VolumeState): VolumePlanner {
  const boundVolumes = bound.map(({ spec }) => state.volume(spec.volumeName!));
  const promised = delayed.length === 0 ? new Set<string>() : state.promised();
  const wanted = delayed
    // The smallest first, so that each takes the smallest volume that is enough for it.
    .toSorted((a, b) => compareQuantities(requestedStorage(a), requestedStorage(b)))
    .map((claim) => ({
      claim,
      storageClass: state.storageClass(storageClassOfClaim(claim)),
      selected: claim.metadata.annotations?.[volumeAnnotations.selectedNode] ?? state.selectedNode(objectKey(claim)),
      candidates: state.volumes().filter((volume) => !promised.has(volume.metadata.name) && mayBecome(volume, claim)),
    }));
  return {
    plan(node) {
      const reasons: string[] = [];
      if (boundVolumes.some((volume) => volume !== undefined && !isReachableFrom(volume, node))) reasons.push(unreachable);
      const found = planDelayed(wanted, node);
      if (found === undefined) reasons.push(noneToBind);
      if (boundVolumes.includes(undefined)) reasons.push(missing);
      return found === undefined || reasons.length > 0 ? reasons : { node: node.metadata.name, ...found };
    },
  };
}

interface WantedVolume {
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass | undefined;
  readonly selected: string | undefined;
  readonly candidates: readonly PersistentVolume[];
}

function planDelayed(wanted: readonly WantedVolume[], node: Node): Pick<VolumePlan, "bindings" | "provisions"> | undefined {
  const bindings: VolumePlan["bindings"][number][] = [];
  const provisions: ObjectKey[] = [];
  const taken = new Set<string>();
  for (const { claim, storageClass, selected, candidates } of wanted) {
    if (selected !== undefined && selected !== node.metadata.name) return undefined;
    const volume = selected === undefined ? bestVolume(claim, candidates, { node, excluded: taken }) : undefined;
    if (volume !== undefined) {
      taken.add(volume.metadata.name);
      bindings.push({ volume, claim });
    } else if (canProvision(storageClass, node)) {
      provisions.push(objectKey(claim));
    } else {
      return undefined;
    }
  }
  return { bindings, provisions };
}

function mayBecome(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return volume.spec.claimRef === undefined
    ? storageClassOfVolume(volume) === storageClassOfClaim(claim)
    : isReservedFor(volume, claim) && !isFullyBound(claim);
}

/** Whether a class has somebody who makes volumes where the node reaches them. */
function canProvision(storageClass: StorageClass | undefined, { metadata: { labels = {} } }: Node): boolean {
  if (storageClass === undefined || storageClass.provisioner === noProvisioner) return false;
  const { allowedTopologies = [] } = storageClass;
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])),
  );
}

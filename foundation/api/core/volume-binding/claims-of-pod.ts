import type { PersistentVolumeClaim } from "../persistent-volume-claim.ts";
import type { Pod } from "../pod/pod.ts";

/** A volume of a Pod that stands on a claim. */
export interface ClaimVolume {
  readonly volume: string;
  /** Name of the claim, in the Pod's namespace. */
  readonly claim: string;
  /** Whether the claim is made for this Pod and goes with it. */
  readonly isEphemeral: boolean;
  readonly readOnly: boolean;
}

/** The volumes of a Pod that stand on claims. The claim of an ephemeral one is called after the Pod and the volume. */
export function claimVolumes({ metadata, spec: { volumes = [] } }: Pod): readonly ClaimVolume[] {
  return volumes.flatMap(({ name, ephemeral, persistentVolumeClaim }): readonly ClaimVolume[] => {
    if (ephemeral !== undefined) return [{ volume: name, claim: `${metadata.name}-${name}`, isEphemeral: true, readOnly: false }];
    if (persistentVolumeClaim === undefined) return [];
    const { claimName, readOnly = false } = persistentVolumeClaim;
    return [{ volume: name, claim: claimName, isEphemeral: false, readOnly }];
  });
}

/** `namespace/name` of every claim that a Pod uses, for indexes. */
export function claimKeysOfPod(pod: Pod): readonly string[] {
  return claimVolumes(pod).map(({ claim }) => `${pod.metadata.namespace ?? ""}/${claim}`);
}

/** Whether a claim was made for a Pod, and doesn't only have the name by chance. */
export function isMadeForPod({ metadata }: PersistentVolumeClaim, pod: Pod): boolean {
  return metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === pod.metadata.uid) === true;
}

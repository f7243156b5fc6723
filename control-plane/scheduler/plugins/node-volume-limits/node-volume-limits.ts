import { claimKeysOfPod, type Pod, storageClassOfClaim } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { type Plugin, rejection, skip } from "../../framework.ts";
import { usesClaims, type VolumeState } from "../../volumes/volume-state.ts";

const name = "NodeVolumeLimits";
const tooMany = rejection(name, true, "node(s) exceed max volume count");

/** Keeps a Pod off nodes that can't attach its volumes besides those that are in use there, by what CSINodes say of their drivers. */
export const nodeVolumeLimits: Plugin = {
  name,
  sign: ({ pod }) => (usesClaims(pod) ? undefined : ""),

  preFilter({ pod }, snapshot) {
    const state = snapshot.volumes;
    const wanted = usesClaims(pod) ? driverVolumes([pod], state) : new Map<string, ReadonlySet<string>>();
    if (wanted.size === 0) return skip;
    const passes = (slot: number): boolean => {
      const limits = limitsOf(snapshot.nameOf(slot), state);
      if (![...wanted.keys()].some((driver) => limits.has(driver))) return true;
      const others = [...snapshot.podsOn(slot).values()].map((other) => other.pod);
      const present = driverVolumes(others.filter(usesClaims), state);
      return [...wanted].every(([driver, volumes]) => {
        const limit = limits.get(driver);
        const used = present.get(driver) ?? new Set<string>();
        // A volume that is there already takes no more room.
        return limit === undefined || volumes.isSubsetOf(used) || used.union(volumes).size <= limit;
      });
    };
    return { kind: "filter", filter: { scope: "usage", passes, rejection: () => tooMany } };
  },

  hints: {
    AssignedPodDeleted: (_pod, { pod }) => usesClaims(pod),
    NodeAdded: () => true,
    ClaimChanged: ({ pod }, { claim }) => claimKeysOfPod(pod).includes(objectKey(claim)),
    CSINodeChanged: () => true,
  },
};

function limitsOf(node: string, state: VolumeState): ReadonlyMap<string, number> {
  const drivers = state.csiNode(node)?.spec.drivers ?? [];
  return new Map(
    drivers.flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])),
  );
}

/** The volumes of CSI drivers that Pods use, by driver. One that is yet to be made counts by its claim. */
function driverVolumes(pods: readonly Pod[], state: VolumeState): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (driver: string, volume: string): void => void found.set(driver, (found.get(driver) ?? new Set()).add(volume));
  for (const key of pods.flatMap(claimKeysOfPod)) {
    const claim = state.claim(key);
    if (claim === undefined) continue;
    const { volumeName = "" } = claim.spec;
    const csi = state.volume(volumeName)?.spec.csi;
    if (csi !== undefined) add(csi.driver, csi.volumeHandle);
    else if (volumeName === "") add(state.storageClass(storageClassOfClaim(claim))?.provisioner ?? "", `claim ${key}`);
  }
  return found;
}

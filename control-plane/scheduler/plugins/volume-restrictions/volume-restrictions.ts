import { claimKeysOfPod, claimVolumes, type Pod } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { type Plugin, rejection, skip } from "../../framework.ts";
import type { Snapshot } from "../../snapshot.ts";
import { usesClaims } from "../../volumes/volume-state.ts";

const name = "VolumeRestrictions";
const inUse = rejection(name, true, "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode");

/** Keeps a Pod waiting as long as another one has a volume that only one Pod may have. */
export const volumeRestrictions: Plugin = {
  name,
  sign: ({ pod }) => (usesClaims(pod) ? undefined : ""),

  preFilter({ pod }, snapshot) {
    const exclusive = usesClaims(pod) ? exclusiveClaims(pod, snapshot) : [];
    if (exclusive.length === 0) return skip;
    const users = slotsUsing(exclusive, snapshot);
    if (users.length === 0) return skip;
    // Wherever that Pod is: a volume for one Pod is for one Pod of the whole cluster.
    const isFree = (): boolean => users.every((slot) => !hasUser(exclusive, slot, snapshot));
    return { kind: "filter", filter: { scope: "usage", passes: isFree, rejection: () => inUse } };
  },

  hints: {
    AssignedPodDeleted: ({ pod }, event) => shareClaim(pod, event.pod),
    ClaimChanged: ({ pod }, { claim }) => claimKeysOfPod(pod).includes(objectKey(claim)),
  },
};

function exclusiveClaims(pod: Pod, snapshot: Snapshot): readonly string[] {
  return claimVolumes(pod).flatMap(({ claim }) => {
    const key = `${pod.metadata.namespace ?? ""}/${claim}`;
    return snapshot.volumes.claim(key)?.spec.accessModes?.includes("ReadWriteOncePod") === true ? [key] : [];
  });
}

function slotsUsing(claims: readonly string[], snapshot: Snapshot): readonly number[] {
  return [...snapshot.nodeSlots()].filter((slot) => hasUser(claims, slot, snapshot));
}

function hasUser(claims: readonly string[], slot: number, snapshot: Snapshot): boolean {
  for (const { pod } of snapshot.podsOn(slot).values()) {
    if (usesClaims(pod) && claimKeysOfPod(pod).some((key) => claims.includes(key))) return true;
  }
  return false;
}

function shareClaim(a: Pod, b: Pod): boolean {
  const keys = claimKeysOfPod(a);
  return claimKeysOfPod(b).some((key) => keys.includes(key));
}

import { claimKeysOfPod, type Node, type PersistentVolume } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { type Plugin, rejection, skip } from "../../framework.ts";
import { usesClaims } from "../../volumes/volume-state.ts";

const name = "VolumeZone";
const elsewhere = rejection(name, false, "node(s) had no available volume zone");

/** Labels of volumes and nodes that name a place; the older ones are taken for the newer where a node has only those. */
const placeLabels: Readonly<Record<string, string>> = {
  "topology.kubernetes.io/zone": "failure-domain.beta.kubernetes.io/zone",
  "topology.kubernetes.io/region": "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
};

/** Sends a Pod to the zone and region that its volumes' labels name. */
export const volumeZone: Plugin = {
  name,
  sign: ({ pod }) => (usesClaims(pod) ? undefined : ""),

  preFilter({ pod }, snapshot) {
    if (!usesClaims(pod)) return skip;
    const places = claimKeysOfPod(pod).flatMap((key) => {
      const volume = snapshot.volumes.volume(snapshot.volumes.claim(key)?.spec.volumeName ?? "");
      return volume === undefined ? [] : placesOf(volume);
    });
    if (places.length === 0) return skip;
    const passes = (slot: number): boolean => places.every((place) => isIn(snapshot.node(slot)!, place));
    return { kind: "filter", filter: { scope: "node", passes, rejection: () => elsewhere } };
  },

  hints: {
    NodeAdded: () => true,
    NodeUpdated: (_pod, { changed }) => changed.has("labels"),
    ClaimChanged: ({ pod }, { claim }) => claimKeysOfPod(pod).includes(objectKey(claim)),
    VolumeChanged: () => true,
  },
};

interface Place {
  readonly key: string;
  /** Any of them will do. */
  readonly values: readonly string[];
}

function placesOf({ metadata: { labels = {} } }: PersistentVolume): readonly Place[] {
  return Object.entries(labels)
    .filter(([key]) => placeLabels[key] !== undefined)
    .map(([key, value]) => ({ key, values: value.split("__") }));
}

/** A node without any label of places is taken to be everywhere: a cluster that has no zones. */
function isIn({ metadata: { labels = {} } }: Node, { key, values }: Place): boolean {
  if (!Object.keys(placeLabels).some((label) => labels[label] !== undefined)) return true;
  const value = labels[key] ?? labels[placeLabels[key]!];
  return value !== undefined && values.includes(value);
}

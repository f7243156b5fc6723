import {
  bindsOnFirstUse,
  claimKeysOfPod,
  type ClaimVolume,
  claimVolumes,
  isFullyBound,
  isMadeForPod,
  type PersistentVolumeClaim,
  type Pod,
  storageClassOfClaim,
} from "@kubets/api";
import { objectKey } from "@kubets/client";
import { type Plugin, rejection, skip } from "../../framework.ts";
import { type PodClaims, volumePlanner } from "../../volumes/volume-plan.ts";
import { usesClaims, type VolumeState } from "../../volumes/volume-state.ts";
import { bindVolumes } from "./bind-volumes.ts";

const name = "VolumeBinding";

/** Sends a Pod where its volumes are, or can be; and has those bound or made that wait for it, before it goes there. */
export const volumeBinding: Plugin = {
  name,
  // What it reads of claims and volumes changes on its own: no two Pods that use any are alike.
  sign: ({ pod }) => (usesClaims(pod) ? undefined : ""),

  preFilter({ pod }, snapshot) {
    if (!usesClaims(pod)) return skip;
    const claims = claimsOf(pod, snapshot.volumes);
    if (typeof claims === "string") return { kind: "reject", rejection: rejection(name, false, claims) };
    const planner = volumePlanner(claims, snapshot.volumes);
    return {
      kind: "filter",
      filter: {
        scope: "node",
        passes: (slot) => !Array.isArray(planner.plan(snapshot.node(slot)!)),
        rejection: (slot) => {
          const answer = planner.plan(snapshot.node(slot)!);
          return rejection(name, false, ...("node" in answer ? [] : answer));
        },
      },
    };
  },

  reserve({ key, pod }, node, snapshot) {
    const slot = snapshot.slotOf(node);
    if (!usesClaims(pod) || slot === undefined) return () => {};
    const claims = claimsOf(pod, snapshot.volumes);
    if (typeof claims === "string") return rejection(name, false, claims);
    const plan = volumePlanner(claims, snapshot.volumes).plan(snapshot.node(slot)!);
    return "node" in plan ? snapshot.volumes.promise(key, plan) : rejection(name, false, ...plan);
  },

  preBind: bindVolumes,

  hints: {
    NodeAdded: () => true,
    NodeUpdated: (_pod, { changed }) => changed.has("labels"),
    ClaimChanged: ({ pod }, { claim }) => claimKeysOfPod(pod).includes(objectKey(claim)),
    VolumeChanged: () => true,
    StorageClassChanged: () => true,
  },
};

/** A Pod's claims, by what is to be done with them; in a text, why nothing can be. */
function claimsOf(pod: Pod, state: VolumeState): PodClaims | string {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = false;
  for (const use of claimVolumes(pod)) {
    const claim = state.claim(`${pod.metadata.namespace ?? ""}/${use.claim}`);
    const obstacle = obstacleIn(claim, use, pod);
    if (obstacle !== undefined) return obstacle;
    if (isFullyBound(claim!)) bound.push(claim!);
    else if ((claim!.spec.volumeName ?? "") === "" && bindsOnFirstUse(state.storageClass(storageClassOfClaim(claim!))))
      delayed.push(claim!);
    else immediate = true;
  }
  return immediate ? "pod has unbound immediate PersistentVolumeClaims" : { bound, delayed };
}

function obstacleIn(claim: PersistentVolumeClaim | undefined, { claim: name, isEphemeral }: ClaimVolume, pod: Pod): string | undefined {
  const quoted = JSON.stringify(name);
  if (claim === undefined) {
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`;
  }
  if (claim.status.phase === "Lost")
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? "")}`;
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim ${quoted} is being deleted`;
  if (isEphemeral && !isMadeForPod(claim, pod)) {
    return `PVC ${objectKey(claim)} was not created for pod ${objectKey(pod)} (pod is not owner)`;
  }
  return undefined;
}

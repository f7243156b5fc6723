import {
  claimKeysOfPod,
  claimVolumes,
  isMadeForPod,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type Pod,
  PodKind,
  volumeProtection,
} from "@kubets/api";
import { type Caches, type Controller, type Decision, nothing, update, watch } from "@kubets/client";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { isProtected, isUnprotected, protect, release } from "../ownership/finalizers.ts";

export interface Observed {
  readonly claim: PersistentVolumeClaim;
  /** Pods that name the claim. */
  readonly consumers: readonly Pod[];
}

/** Keeps a claim that is being deleted as long as a Pod on a node uses it. */
export const persistentVolumeClaimProtection: Controller<Observed> = {
  name: "persistentvolumeclaim-protection",
  watches: [watch(PersistentVolumeClaimKind), watch(PodKind, { keys: claimKeysOfPod, indexes: { claimsOfPod: claimKeysOfPod } })],
  observe(key: string, caches: Caches): Observed | undefined {
    const claim = caches.of(PersistentVolumeClaimKind).get(key);
    return claim === undefined ? undefined : { claim, consumers: caches.of(PodKind).byIndex("claimsOfPod", key) };
  },
  reconcile,
};

export function reconcile({ claim, consumers }: Observed): Decision {
  const finalizer = volumeProtection.claim;
  if (isUnprotected(claim, finalizer)) return { actions: [update(PersistentVolumeClaimKind, protect(claim, finalizer))] };
  if (!isProtected(claim, finalizer) || consumers.some((pod) => uses(pod, claim))) return nothing;
  const { namespace = "" } = claim.metadata;
  return {
    actions: [
      // A Pod may have got its node only just before: what the cache doesn't show yet counts as well.
      {
        verb: "confirmEmpty",
        kind: PodKind as unknown as Kind,
        namespace,
        where: (pod: KubernetesObject) => uses(pod as Pod, claim),
      },
      update(PersistentVolumeClaimKind, release(claim, finalizer)),
    ],
  };
}

/** A Pod without a node uses nothing yet: no kubelet starts one whose claim is being deleted. */
function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if ((pod.spec.nodeName ?? "") === "") return false;
  return claimVolumes(pod).some(
    (volume) => volume.claim === claim.metadata.name && (!volume.isEphemeral || (!isShutDown(pod) && isMadeForPod(claim, pod))),
  );
}

/** The kubelet is done with the Pod, or nobody waits for it: only its finalizers are left, which may wait for the claim themselves. */
function isShutDown({ metadata: { deletionTimestamp, deletionGracePeriodSeconds } }: Pod): boolean {
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
}

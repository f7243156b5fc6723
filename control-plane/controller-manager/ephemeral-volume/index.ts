import {
  claimKeysOfPod,
  isMadeForPod,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type Pod,
  PodKind,
  type Volume,
} from "@kubets/api";
import { type Action, type Caches, type Controller, create, type Decision, event, nothing, objectKey, watch } from "@kubets/client";
import type { Kind, StatusError } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { measureClaims } from "./metrics.ts";

export interface Observed {
  readonly pod: Pod;
  /** Claims of the names that the Pod's ephemeral volumes ask for. */
  readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
}

/** Makes the claims of Pods' ephemeral volumes; each belongs to its Pod, and goes with it. */
export const ephemeralVolumeController: Controller<Observed> = {
  name: "ephemeral-volume",
  watches: [
    watch(PodKind, { keys: keysOfPod, indexes: { claimsOfPod: claimKeysOfPod } }),
    watch(PersistentVolumeClaimKind, { keys: podsOfClaim }),
  ],
  observe,
  reconcile,
  refused,
  measure: measureClaims,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const pod = caches.of(PodKind).get(key);
  if (pod === undefined) return undefined;
  const claims = new Map<string, PersistentVolumeClaim>();
  for (const volume of ephemeralVolumes(pod)) {
    const name = claimName(pod, volume);
    const claim = caches.of(PersistentVolumeClaimKind).get(`${pod.metadata.namespace ?? ""}/${name}`);
    if (claim !== undefined) claims.set(name, claim);
  }
  return { pod, claims };
}

export function reconcile({ pod, claims }: Observed): Decision {
  if (pod.metadata.deletionTimestamp !== undefined) return nothing;
  return { actions: ephemeralVolumes(pod).flatMap((volume) => forVolume(pod, volume, claims.get(claimName(pod, volume)))) };
}

function forVolume(pod: Pod, volume: Volume, present: PersistentVolumeClaim | undefined): readonly Action[] {
  const name = claimName(pod, volume);
  if (present !== undefined) {
    if (isMadeForPod(present, pod)) return [];
    const why = `PVC ${objectKey(present)} was not created for pod ${objectKey(pod)} (pod is not owner)`;
    return [failed(pod, volume.name, why)];
  }
  const { metadata, spec } = volume.ephemeral!.volumeClaimTemplate!;
  const { namespace = "" } = pod.metadata;
  const ownerReferences = [controllerReference(pod, PodKind as unknown as Kind)];
  return [create(PersistentVolumeClaimKind, { metadata: { ...metadata, name, namespace, ownerReferences }, spec })];
}

/** The server doesn't take the claim (quota, admission, …): the Pod says so, and the claim is tried again later. */
export function refused({ pod }: Observed, action: Action, { message }: StatusError): Decision | undefined {
  if (action.verb !== "create") return undefined;
  const { name = "" } = action.object.metadata;
  return { actions: [failed(pod, name.slice(pod.metadata.name.length + 1), `create PVC ${name}: ${message}`)] };
}

function failed(pod: Pod, volume: string, why: string): Action {
  return event(pod, "Warning", "FailedBinding", `ephemeral volume ${volume}: ${why}`);
}

function ephemeralVolumes({ spec: { volumes = [] } }: Pod): readonly Volume[] {
  return volumes.filter(({ ephemeral }) => ephemeral?.volumeClaimTemplate !== undefined);
}

function claimName({ metadata }: Pod, { name }: Volume): string {
  return `${metadata.name}-${name}`;
}

function keysOfPod(pod: Pod): readonly string[] {
  return ephemeralVolumes(pod).length === 0 ? [] : [objectKey(pod)];
}

/** A claim that comes or goes is what Pods wait for, or lose. */
function podsOfClaim(claim: PersistentVolumeClaim, caches: Caches): readonly string[] {
  return caches.of(PodKind).byIndex("claimsOfPod", objectKey(claim)).flatMap(keysOfPod);
}

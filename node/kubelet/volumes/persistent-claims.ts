import {
  isMadeForPod,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type Pod,
  type Volume,
} from "@kubets/api";
import type { Client } from "@kubets/client";
import type { Files } from "../system.ts";
import { prepareHostPath } from "./host-path.ts";

export interface PersistentClaimsOptions {
  readonly client: Client;
  readonly files: Files;
}

/** Where the volume behind a claim of a Pod lies on this machine; `undefined` for a volume without a claim. Rejects while it isn't there. */
export async function findClaimedVolume(
  pod: Pod,
  { name, persistentVolumeClaim, ephemeral }: Volume,
  options: PersistentClaimsOptions,
): Promise<string | undefined> {
  if (ephemeral !== undefined)
    return placeOf(pod, await claimNamed(pod, `${pod.metadata.name}-${name}`, { isEphemeral: true }, options), options);
  if (persistentVolumeClaim === undefined) return undefined;
  const { claimName, readOnly = false } = persistentVolumeClaim;
  return placeOf(pod, await claimNamed(pod, claimName, { isEphemeral: false }, options), { ...options, readOnly });
}

/** The claim, when this Pod may use it. */
async function claimNamed(
  pod: Pod,
  name: string,
  { isEphemeral }: { readonly isEphemeral: boolean },
  { client }: PersistentClaimsOptions,
): Promise<PersistentVolumeClaim> {
  const { namespace = "" } = pod.metadata;
  const claim = await client.resource(PersistentVolumeClaimKind).in(namespace).get(name);
  if (isEphemeral && !isMadeForPod(claim, pod))
    throw new Error(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
  // What is on its way out takes no new users; Pods that run with it already go on.
  if (claim.metadata.deletionTimestamp !== undefined && pod.status.startTime === undefined)
    throw new Error(`can't start pod because PVC ${namespace}/${name} is being deleted`);
  return claim;
}

async function placeOf(
  pod: Pod,
  claim: PersistentVolumeClaim,
  { client, files, readOnly = false }: PersistentClaimsOptions & { readonly readOnly?: boolean },
): Promise<string> {
  const { namespace = "", name, uid } = claim.metadata;
  const { volumeName = "" } = claim.spec;
  if (claim.status.phase !== "Bound" || volumeName === "") throw new Error(`PVC ${namespace}/${name} is not bound`);
  const volume = await client.resource(PersistentVolumeKind).get(volumeName);
  if (volume.spec.claimRef?.uid !== uid) throw new Error(`PersistentVolume ${volumeName} is not bound to PVC ${namespace}/${name}`);
  if (volume.spec.volumeMode === "Block")
    throw new Error(`PersistentVolume ${volumeName}: block volumes are not supported by this kubelet`);
  return prepare(volume, pod, { files, readOnly });
}

async function prepare(
  { metadata, spec: { hostPath, local } }: PersistentVolume,
  pod: Pod,
  { files, readOnly }: { readonly files: Files; readonly readOnly: boolean },
): Promise<string> {
  if (hostPath !== undefined) return prepareHostPath(files, hostPath);
  if (local === undefined) throw new Error(`PersistentVolume ${metadata.name} is of a kind that this kubelet does not support`);
  const path = await prepareHostPath(files, { path: local.path, type: "Directory" });
  // A local volume is the Pod's alone to arrange; what a hostPath names belongs to the machine.
  const { fsGroup, fsGroupChangePolicy = "Always" } = pod.spec.securityContext;
  if (fsGroup !== undefined && !readOnly)
    await files.giveToGroup(path, fsGroup, { writable: true, unlessDone: fsGroupChangePolicy === "OnRootMismatch" });
  return path;
}

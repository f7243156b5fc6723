import {
  claimKeyOf,
  claimKeysOfPod,
  CSIDriverKind,
  isFullyBound,
  type Node,
  NodeKind,
  type PersistentVolume,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type Pod,
  PodKind,
  type VolumeAttachment,
  VolumeAttachmentKind,
} from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { measureAttachments } from "./metrics.ts";
import { type ObservedNode, type ObservedVolume, reconcileNode, reconcileVolume } from "./reconcile.ts";

export type Observed = ObservedNode | ObservedVolume;

/**
 * Has the volumes of CSI drivers attached to the nodes whose Pods use them, by VolumeAttachments that the drivers carry out. Volumes whose
 * driver needs no attaching, and all others, are mounted without.
 */
export const attachDetachController: Controller<Observed> = {
  name: "attach-detach",
  watches: [
    watch(PodKind, { keys: volumesOfPod, indexes: { claimsOfPod: claimKeysOfPod } }),
    watch(PersistentVolumeKind, { keys: ({ metadata }) => [volumeKey(metadata.name)], indexes: { volumesOfDriver } }),
    watch(PersistentVolumeClaimKind, {
      keys: (claim) => (isFullyBound(claim) ? [volumeKey(claim.spec.volumeName!)] : []),
    }),
    watch(VolumeAttachmentKind, { keys: keysOfAttachment, indexes: { attachmentsOfVolume, attachmentsOfNode } }),
    watch(NodeKind, { keys: keysOfNode }),
    watch(CSIDriverKind, {
      keys: ({ metadata }, caches) =>
        caches
          .of(PersistentVolumeKind)
          .byIndex("volumesOfDriver", metadata.name)
          .map((volume) => volumeKey(volume.metadata.name)),
    }),
  ],
  observe,
  reconcile: (observed, now) => (observed.of === "volume" ? reconcileVolume(observed, now) : reconcileNode(observed)),
  measure: measureAttachments,
};

const volumeKey = (name: string): string => `volume/${name}`;
const nodeKey = (name: string): string => `node/${name}`;

function observe(key: string, caches: Caches): Observed | undefined {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  return key.slice(0, slash) === "volume" ? observeVolume(name, caches) : observeNode(name, caches);
}

function observeVolume(name: string, caches: Caches): ObservedVolume | undefined {
  const attachments = caches.of(VolumeAttachmentKind).byIndex("attachmentsOfVolume", name);
  const volume = caches.of(PersistentVolumeKind).get(name);
  // What a volume that is gone has left attached only its driver can know of; it keeps the volume until it has detached it.
  if (volume === undefined || !isAttachable(volume, caches)) return undefined;
  const { claimRef } = volume.spec;
  const claim = claimRef === undefined ? undefined : caches.of(PersistentVolumeClaimKind).get(claimKeyOf(claimRef));
  const isBound = claim !== undefined && isFullyBound(claim) && claim.spec.volumeName === name;
  const consumers = isBound ? caches.of(PodKind).byIndex("claimsOfPod", objectKey(claim)) : [];
  const nodes = new Map<string, Node>();
  for (const nodeName of [...consumers.map(({ spec }) => spec.nodeName ?? ""), ...attachments.map(({ spec }) => spec.nodeName)]) {
    const node = caches.of(NodeKind).get(nodeName);
    if (node !== undefined) nodes.set(nodeName, node);
  }
  return { of: "volume", volume, attachments, consumers, nodes };
}

function observeNode(name: string, caches: Caches): ObservedNode | undefined {
  const node = caches.of(NodeKind).get(name);
  if (node === undefined) return undefined;
  const attachments = caches.of(VolumeAttachmentKind).byIndex("attachmentsOfNode", name);
  const volumes = new Map<string, PersistentVolume>();
  for (const { spec } of attachments) {
    const volume = caches.of(PersistentVolumeKind).get(spec.source.persistentVolumeName ?? "");
    if (volume !== undefined) volumes.set(volume.metadata.name, volume);
  }
  return { of: "node", node, attachments, volumes };
}

/** A driver that has not said otherwise wants its volumes attached. */
function isAttachable({ spec }: PersistentVolume, caches: Caches): boolean {
  return spec.csi !== undefined && caches.of(CSIDriverKind).get(spec.csi.driver)?.spec.attachRequired !== false;
}

function volumesOfPod(pod: Pod, caches: Caches): readonly string[] {
  return claimKeysOfPod(pod).flatMap((key) => {
    const claim = caches.of(PersistentVolumeClaimKind).get(key);
    return claim !== undefined && isFullyBound(claim) ? [volumeKey(claim.spec.volumeName!)] : [];
  });
}

function keysOfAttachment(attachment: VolumeAttachment): readonly string[] {
  return [...attachmentsOfVolume(attachment).map(volumeKey), nodeKey(attachment.spec.nodeName)];
}

/** A node touches itself, and the volumes that are attached to it: what it uses, and whether it lives, decides when they may go. */
function keysOfNode({ metadata: { name } }: Node, caches: Caches): readonly string[] {
  const attachments = caches.of(VolumeAttachmentKind).byIndex("attachmentsOfNode", name);
  return attachments.length === 0 ? [] : [nodeKey(name), ...attachments.flatMap(attachmentsOfVolume).map(volumeKey)];
}

function attachmentsOfVolume({ spec }: VolumeAttachment): readonly string[] {
  return spec.source.persistentVolumeName === undefined ? [] : [spec.source.persistentVolumeName];
}

function attachmentsOfNode({ spec }: VolumeAttachment): readonly string[] {
  return [spec.nodeName];
}

function volumesOfDriver({ spec }: PersistentVolume): readonly string[] {
  return spec.csi === undefined ? [] : [spec.csi.driver];
}

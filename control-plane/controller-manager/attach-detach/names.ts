import type { PersistentVolume } from "@kubets/api";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What a Node calls a volume of a CSI driver. */
export function uniqueVolumeName({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec.csi?.driver ?? ""}^${spec.csi?.volumeHandle ?? ""}`;
}

/** Upstream's name of the attachment of a volume to a node, which drivers and kubelets work out by themselves. */
export function attachmentName({ spec }: PersistentVolume, nodeName: string): string {
  return `csi-${bytesToHex(sha256(utf8ToBytes(`${spec.csi?.volumeHandle ?? ""}${spec.csi?.driver ?? ""}${nodeName}`)))}`;
}

import {
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  provisionerFinalizer,
  requestedStorage,
  type StorageClass,
  volumeAnnotations,
} from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { provisionerName } from "./storage-class.ts";

export const hostnameLabel = "kubernetes.io/hostname";

/** The name of the volume that is made for a claim: the same however often it is tried. */
export function volumeNameFor({ metadata }: PersistentVolumeClaim): string {
  return `pvc-${metadata.uid}`;
}

/** The volume for a claim: a directory of one node, reserved for the claim. */
export function volumeFor(
  claim: PersistentVolumeClaim,
  { storageClass, node, path }: { readonly storageClass: StorageClass; readonly node: Node; readonly path: string },
): DraftObject<PersistentVolume> {
  const { namespace = "", name, uid, resourceVersion } = claim.metadata;
  const { reclaimPolicy, mountOptions } = storageClass;
  const hostname = hostnameOf(node);
  return {
    metadata: {
      name: volumeNameFor(claim),
      annotations: { [volumeAnnotations.provisionedBy]: provisionerName },
      ...(reclaimPolicy === "Delete" ? { finalizers: [provisionerFinalizer] } : {}),
    },
    spec: {
      capacity: { storage: requestedStorage(claim) },
      accessModes: claim.spec.accessModes ?? [],
      claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      ...(mountOptions === undefined ? {} : { mountOptions }),
      volumeMode: "Filesystem",
      local: { path },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostnameLabel, operator: "In", values: [hostname] }] }] },
      },
    },
  };
}

export function hostnameOf({ metadata }: Node): string {
  return metadata.labels?.[hostnameLabel] ?? metadata.name;
}

/** The hostname of the node on which a volume of this provisioner lies. */
export function hostnameOfVolume({ spec }: PersistentVolume): string | undefined {
  const [term] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return term?.matchExpressions?.find(({ key }) => key === hostnameLabel)?.values?.[0];
}

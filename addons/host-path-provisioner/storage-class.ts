import type { StorageClass } from "@kubets/api";
import type { DraftObject } from "@kubets/client";

/** What StorageClasses call this provisioner. */
export const provisionerName = "kubets.dev/host-path";

/**
 * The class of claims that name none. A volume is made on the node that the claim's first Pod goes to, and from then on that is where
 * the claim's Pods run.
 */
export const standardStorageClass: DraftObject<StorageClass> = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: provisionerName,
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
};

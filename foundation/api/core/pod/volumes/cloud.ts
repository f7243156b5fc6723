import { type defaulted, flag, integer, object, type Schema, struct, text } from "@kubets/machinery";
import { type LocalObjectReference, localObjectReference } from "../../shared/object-reference.ts";

export interface GCEPersistentDiskVolumeSource {
  readonly pdName: string;
  readonly fsType?: string;
  readonly partition?: number;
  readonly readOnly?: boolean;
}

export interface AWSElasticBlockStoreVolumeSource {
  readonly volumeID: string;
  readonly fsType?: string;
  readonly partition?: number;
  readonly readOnly?: boolean;
}

export interface CinderVolumeSource {
  readonly volumeID: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly secretRef?: LocalObjectReference;
}

export interface AzureFileVolumeSource {
  readonly secretName: string;
  readonly shareName: string;
  readonly readOnly?: boolean;
}

export interface AzureDiskVolumeSource {
  readonly [defaulted]?: "cachingMode" | "fsType" | "readOnly" | "kind";
  readonly diskName: string;
  readonly diskURI: string;
  readonly cachingMode: "None" | "ReadOnly" | "ReadWrite";
  readonly fsType: string;
  readonly readOnly: boolean;
  readonly kind: "Dedicated" | "Managed" | "Shared";
}

export interface VsphereVirtualDiskVolumeSource {
  readonly volumePath: string;
  readonly fsType?: string;
  readonly storagePolicyName?: string;
  readonly storagePolicyID?: string;
}

export interface PhotonPersistentDiskVolumeSource {
  readonly pdID: string;
  readonly fsType?: string;
}

export interface PortworxVolumeSource {
  readonly volumeID: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
}

export const gcePersistentDiskVolumeSource: Schema<GCEPersistentDiskVolumeSource> = object<GCEPersistentDiskVolumeSource>(
  "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
  "Deprecated: a GCE disk.",
  {
    pdName: text({ field: 1, required: true, doc: "Name of the disk." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
    partition: integer({ field: 3, doc: "Partition to mount; the whole disk when 0." }),
    readOnly: flag({ field: 4, doc: "Mount read-only." }),
  },
);

export const awsElasticBlockStoreVolumeSource: Schema<AWSElasticBlockStoreVolumeSource> = object<AWSElasticBlockStoreVolumeSource>(
  "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
  "Deprecated: an AWS EBS disk.",
  {
    volumeID: text({ field: 1, required: true, doc: "ID of the volume." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
    partition: integer({ field: 3, doc: "Partition to mount; the whole disk when 0." }),
    readOnly: flag({ field: 4, doc: "Mount read-only." }),
  },
);

export const cinderVolumeSource: Schema<CinderVolumeSource> = object<CinderVolumeSource>(
  "io.k8s.api.core.v1.CinderVolumeSource",
  "Deprecated: an OpenStack Cinder disk.",
  {
    volumeID: text({ field: 1, required: true, doc: "ID of the volume." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
    secretRef: struct(localObjectReference, { field: 4, presence: "pointer", doc: "Secret with the login." }),
  },
);

export const azureFileVolumeSource: Schema<AzureFileVolumeSource> = object<AzureFileVolumeSource>(
  "io.k8s.api.core.v1.AzureFileVolumeSource",
  "Deprecated: an Azure file share.",
  {
    secretName: text({ field: 1, required: true, doc: "Secret with account name and key." }),
    shareName: text({ field: 2, required: true, doc: "Name of the share." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
  },
);

export const azureDiskVolumeSource: Schema<AzureDiskVolumeSource> = object<AzureDiskVolumeSource>(
  "io.k8s.api.core.v1.AzureDiskVolumeSource",
  "Deprecated: an Azure data disk.",
  {
    diskName: text({ field: 1, required: true, doc: "Name of the disk." }),
    diskURI: text({ field: 2, required: true, doc: "URI of the disk." }),
    cachingMode: text({
      field: 3,
      presence: "pointer",
      enum: ["None", "ReadOnly", "ReadWrite"],
      default: "ReadWrite",
      doc: "How the host caches the disk.",
    }),
    fsType: text({ field: 4, presence: "pointer", default: "ext4", doc: "File system to mount." }),
    readOnly: flag({ field: 5, presence: "pointer", default: false, doc: "Mount read-only." }),
    kind: text({
      field: 6,
      presence: "pointer",
      enum: ["Dedicated", "Managed", "Shared"],
      default: "Shared",
      doc: "How the disk is held: in its own storage account, in a shared one, or managed.",
    }),
  },
);

export const vsphereVirtualDiskVolumeSource: Schema<VsphereVirtualDiskVolumeSource> = object<VsphereVirtualDiskVolumeSource>(
  "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
  "Deprecated: a vSphere disk.",
  {
    volumePath: text({ field: 1, required: true, doc: "Path of the disk." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
    storagePolicyName: text({ field: 3, doc: "Name of its storage policy." }),
    storagePolicyID: text({ field: 4, doc: "ID of its storage policy." }),
  },
);

export const photonPersistentDiskVolumeSource: Schema<PhotonPersistentDiskVolumeSource> = object<PhotonPersistentDiskVolumeSource>(
  "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
  "Deprecated: a Photon Controller disk.",
  {
    pdID: text({ field: 1, required: true, doc: "ID of the disk." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
  },
);

export const portworxVolumeSource: Schema<PortworxVolumeSource> = object<PortworxVolumeSource>(
  "io.k8s.api.core.v1.PortworxVolumeSource",
  "Deprecated: a Portworx volume.",
  {
    volumeID: text({ field: 1, required: true, doc: "ID of the volume." }),
    fsType: text({ field: 2, doc: "File system to mount; ext4 when empty." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
  },
);

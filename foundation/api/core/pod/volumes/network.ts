import { type defaulted, flag, integer, list, map, object, type Schema, string, struct, text } from "@kubets/machinery";
import { type LocalObjectReference, localObjectReference } from "../../shared/object-reference.ts";

export interface NFSVolumeSource {
  readonly server: string;
  readonly path: string;
  readonly readOnly?: boolean;
}

export interface ISCSIVolumeSource {
  readonly [defaulted]?: "iscsiInterface";
  readonly targetPortal: string;
  readonly iqn: string;
  readonly lun: number;
  readonly iscsiInterface: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly portals?: readonly string[];
  readonly chapAuthDiscovery?: boolean;
  readonly chapAuthSession?: boolean;
  readonly secretRef?: LocalObjectReference;
  readonly initiatorName?: string;
}

export interface FCVolumeSource {
  readonly targetWWNs?: readonly string[];
  readonly lun?: number;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly wwids?: readonly string[];
}

export interface GlusterfsVolumeSource {
  readonly endpoints: string;
  readonly path: string;
  readonly readOnly?: boolean;
}

export interface RBDVolumeSource {
  readonly [defaulted]?: "pool" | "user" | "keyring";
  readonly monitors: readonly string[];
  readonly image: string;
  readonly fsType?: string;
  readonly pool: string;
  readonly user: string;
  readonly keyring: string;
  readonly secretRef?: LocalObjectReference;
  readonly readOnly?: boolean;
}

export interface CephFSVolumeSource {
  readonly monitors: readonly string[];
  readonly path?: string;
  readonly user?: string;
  readonly secretFile?: string;
  readonly secretRef?: LocalObjectReference;
  readonly readOnly?: boolean;
}

export interface FlexVolumeSource {
  readonly driver: string;
  readonly fsType?: string;
  readonly secretRef?: LocalObjectReference;
  readonly readOnly?: boolean;
  readonly options?: Readonly<Record<string, string>>;
}

export interface FlockerVolumeSource {
  readonly datasetName?: string;
  readonly datasetUUID?: string;
}

export interface QuobyteVolumeSource {
  readonly registry: string;
  readonly volume: string;
  readonly readOnly?: boolean;
  readonly user?: string;
  readonly group?: string;
  readonly tenant?: string;
}

export interface ScaleIOVolumeSource {
  readonly [defaulted]?: "storageMode" | "fsType";
  readonly gateway: string;
  readonly system: string;
  readonly secretRef: LocalObjectReference;
  readonly sslEnabled?: boolean;
  readonly protectionDomain?: string;
  readonly storagePool?: string;
  readonly storageMode: string;
  readonly volumeName?: string;
  readonly fsType: string;
  readonly readOnly?: boolean;
}

export interface StorageOSVolumeSource {
  readonly volumeName?: string;
  readonly volumeNamespace?: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly secretRef?: LocalObjectReference;
}

export const nfsVolumeSource: Schema<NFSVolumeSource> = object<NFSVolumeSource>(
  "io.k8s.api.core.v1.NFSVolumeSource",
  "A directory that an NFS server exports.",
  {
    server: text({ field: 1, required: true, doc: "Host name or IP of the server." }),
    path: text({ field: 2, required: true, doc: "Path that the server exports." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
  },
);

export const iscsiVolumeSource: Schema<ISCSIVolumeSource> = object<ISCSIVolumeSource>(
  "io.k8s.api.core.v1.ISCSIVolumeSource",
  "A disk reached by iSCSI.",
  {
    targetPortal: text({ field: 1, required: true, doc: "Portal as IP or IP:port." }),
    iqn: text({ field: 2, required: true, doc: "Name of the target." }),
    lun: integer({ field: 3, required: true, doc: "Number of the logical unit." }),
    iscsiInterface: text({ field: 4, default: "default", doc: "Interface name of the initiator." }),
    fsType: text({ field: 5, doc: "File system to mount; ext4 when empty." }),
    readOnly: flag({ field: 6, doc: "Mount read-only." }),
    portals: list(string, { field: 7, listType: "atomic", doc: "Further portals, for multipath." }),
    chapAuthDiscovery: flag({ field: 8, doc: "Whether discovery authenticates by CHAP." }),
    chapAuthSession: flag({ field: 11, doc: "Whether the session authenticates by CHAP." }),
    secretRef: struct(localObjectReference, { field: 10, presence: "pointer", doc: "Secret with the CHAP credentials." }),
    initiatorName: text({
      field: 12,
      presence: "pointer",
      doc: "Name of the initiator; with iscsiInterface too, a new interface is made for it.",
    }),
  },
);

export const fcVolumeSource: Schema<FCVolumeSource> = object<FCVolumeSource>(
  "io.k8s.api.core.v1.FCVolumeSource",
  "A disk reached by Fibre Channel.",
  {
    targetWWNs: list(string, { field: 1, listType: "atomic", doc: "World wide names of the target." }),
    lun: integer({ field: 2, presence: "pointer", doc: "Number of the logical unit." }),
    fsType: text({ field: 3, doc: "File system to mount; ext4 when empty." }),
    readOnly: flag({ field: 4, doc: "Mount read-only." }),
    wwids: list(string, { field: 5, listType: "atomic", doc: "World wide identifiers of the volume, instead of target names and unit." }),
  },
);

export const glusterfsVolumeSource: Schema<GlusterfsVolumeSource> = object<GlusterfsVolumeSource>(
  "io.k8s.api.core.v1.GlusterfsVolumeSource",
  "Deprecated: a GlusterFS volume.",
  {
    endpoints: text({ field: 1, required: true, doc: "Endpoints object that lists the servers." }),
    path: text({ field: 2, required: true, doc: "Name of the volume." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
  },
);

export const rbdVolumeSource: Schema<RBDVolumeSource> = object<RBDVolumeSource>(
  "io.k8s.api.core.v1.RBDVolumeSource",
  "Deprecated: a Ceph RADOS block device.",
  {
    monitors: list(string, { field: 1, listType: "atomic", required: true, doc: "Addresses of the Ceph monitors." }),
    image: text({ field: 2, required: true, doc: "Name of the image." }),
    fsType: text({ field: 3, doc: "File system to mount; ext4 when empty." }),
    pool: text({ field: 4, default: "rbd", doc: "Pool of the image." }),
    user: text({ field: 5, default: "admin", doc: "RADOS user." }),
    keyring: text({ field: 6, default: "/etc/ceph/keyring", doc: "Path of the user's keyring." }),
    secretRef: struct(localObjectReference, { field: 7, presence: "pointer", doc: "Secret with the user's key; wins over the keyring." }),
    readOnly: flag({ field: 8, doc: "Mount read-only." }),
  },
);

export const cephFSVolumeSource: Schema<CephFSVolumeSource> = object<CephFSVolumeSource>(
  "io.k8s.api.core.v1.CephFSVolumeSource",
  "Deprecated: a CephFS directory.",
  {
    monitors: list(string, { field: 1, listType: "atomic", required: true, doc: "Addresses of the Ceph monitors." }),
    path: text({ field: 2, doc: "Directory to mount; / when empty." }),
    user: text({ field: 3, doc: "RADOS user; admin when empty." }),
    secretFile: text({ field: 4, doc: "Path of the user's keyring." }),
    secretRef: struct(localObjectReference, { field: 5, presence: "pointer", doc: "Secret with the user's key; wins over secretFile." }),
    readOnly: flag({ field: 6, doc: "Mount read-only." }),
  },
);

export const flexVolumeSource: Schema<FlexVolumeSource> = object<FlexVolumeSource>(
  "io.k8s.api.core.v1.FlexVolumeSource",
  "Deprecated: a volume served by an executable on the node.",
  {
    driver: text({ field: 1, required: true, doc: "Name of the driver." }),
    fsType: text({ field: 2, doc: "File system to mount; the driver's default when empty." }),
    secretRef: struct(localObjectReference, { field: 3, presence: "pointer", doc: "Secret that is handed to the driver." }),
    readOnly: flag({ field: 4, doc: "Mount read-only." }),
    options: map(string, { field: 5, doc: "Settings that the driver defines." }),
  },
);

export const flockerVolumeSource: Schema<FlockerVolumeSource> = object<FlockerVolumeSource>(
  "io.k8s.api.core.v1.FlockerVolumeSource",
  "Deprecated: a Flocker dataset.",
  {
    datasetName: text({ field: 1, doc: "Name of the dataset." }),
    datasetUUID: text({ field: 2, doc: "UUID of the dataset." }),
  },
);

export const quobyteVolumeSource: Schema<QuobyteVolumeSource> = object<QuobyteVolumeSource>(
  "io.k8s.api.core.v1.QuobyteVolumeSource",
  "Deprecated: a Quobyte volume.",
  {
    registry: text({ field: 1, required: true, doc: "Registries as host:port, joined by commas." }),
    volume: text({ field: 2, required: true, doc: "Name of the volume." }),
    readOnly: flag({ field: 3, doc: "Mount read-only." }),
    user: text({ field: 4, doc: "User that accesses are mapped to." }),
    group: text({ field: 5, doc: "Group that accesses are mapped to." }),
    tenant: text({ field: 6, doc: "Tenant that owns the volume." }),
  },
);

export const scaleIOVolumeSource: Schema<ScaleIOVolumeSource> = object<ScaleIOVolumeSource>(
  "io.k8s.api.core.v1.ScaleIOVolumeSource",
  "Deprecated: a ScaleIO volume.",
  {
    gateway: text({ field: 1, required: true, doc: "Address of the API gateway." }),
    system: text({ field: 2, required: true, doc: "Name of the storage system." }),
    secretRef: struct(localObjectReference, { field: 3, presence: "pointer", required: true, doc: "Secret with the login." }),
    sslEnabled: flag({ field: 4, doc: "Whether the gateway is spoken to by TLS." }),
    protectionDomain: text({ field: 5, doc: "Protection domain of the storage." }),
    storagePool: text({ field: 6, doc: "Storage pool within the domain." }),
    storageMode: text({ field: 7, default: "ThinProvisioned", doc: "Whether storage is ThickProvisioned or ThinProvisioned." }),
    volumeName: text({ field: 8, doc: "Name of the volume." }),
    fsType: text({ field: 9, default: "xfs", doc: "File system to mount." }),
    readOnly: flag({ field: 10, doc: "Mount read-only." }),
  },
);

export const storageOSVolumeSource: Schema<StorageOSVolumeSource> = object<StorageOSVolumeSource>(
  "io.k8s.api.core.v1.StorageOSVolumeSource",
  "Deprecated: a StorageOS volume.",
  {
    volumeName: text({ field: 1, doc: "Name of the volume." }),
    volumeNamespace: text({ field: 2, doc: "StorageOS namespace of the volume; that of the Pod when empty." }),
    fsType: text({ field: 3, doc: "File system to mount; ext4 when empty." }),
    readOnly: flag({ field: 4, doc: "Mount read-only." }),
    secretRef: struct(localObjectReference, { field: 5, presence: "pointer", doc: "Secret with the login." }),
  },
);

import { type defaulted, flag, list, object, type Schema, string, struct, text } from "@kubets/machinery";
import { type ObjectReference, objectReference, type SecretReference, secretReference } from "./shared/object-reference.ts";

/** No longer supported: a Gluster volume. */
export interface GlusterfsPersistentVolumeSource {
  readonly endpoints: string;
  readonly path: string;
  readonly readOnly?: boolean;
  readonly endpointsNamespace?: string;
}

/** No longer supported: a Ceph block device. */
export interface RBDPersistentVolumeSource {
  readonly [defaulted]?: "pool" | "user" | "keyring";
  readonly monitors: readonly string[];
  readonly image: string;
  readonly fsType?: string;
  readonly pool: string;
  readonly user: string;
  readonly keyring: string;
  readonly secretRef?: SecretReference;
  readonly readOnly?: boolean;
}

/** Superseded by CSI: a disk of OpenStack. */
export interface CinderPersistentVolumeSource {
  readonly volumeID: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly secretRef?: SecretReference;
}

/** No longer supported: a Ceph file system. */
export interface CephFSPersistentVolumeSource {
  readonly monitors: readonly string[];
  readonly path?: string;
  readonly user?: string;
  readonly secretFile?: string;
  readonly secretRef?: SecretReference;
  readonly readOnly?: boolean;
}

/** Superseded by CSI: a file share of Azure. */
export interface AzureFilePersistentVolumeSource {
  readonly secretName: string;
  readonly shareName: string;
  readonly readOnly?: boolean;
  readonly secretNamespace?: string;
}

/** No longer supported: a ScaleIO volume. */
export interface ScaleIOPersistentVolumeSource {
  readonly [defaulted]?: "storageMode" | "fsType";
  readonly gateway: string;
  readonly system: string;
  readonly secretRef: SecretReference;
  readonly sslEnabled?: boolean;
  readonly protectionDomain?: string;
  readonly storagePool?: string;
  readonly storageMode: string;
  readonly volumeName?: string;
  readonly fsType: string;
  readonly readOnly?: boolean;
}

/** No longer supported: a StorageOS volume. */
export interface StorageOSPersistentVolumeSource {
  readonly volumeName?: string;
  readonly volumeNamespace?: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly secretRef?: ObjectReference;
}

export const glusterfsPersistentVolumeSource: Schema<GlusterfsPersistentVolumeSource> = object<GlusterfsPersistentVolumeSource>(
  "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource",
  "No longer supported: a Gluster volume.",
  {
    endpoints: text({ field: 1, required: true, doc: "The Endpoints object with the Gluster hosts." }),
    path: text({ field: 2, required: true, doc: "The volume's name." }),
    readOnly: flag({ field: 3, doc: "Whether it is mounted read-only." }),
    endpointsNamespace: text({
      field: 4,
      presence: "pointer",
      doc: "The namespace of the Endpoints; that of the claim where nothing is said.",
    }),
  },
);

export const rbdPersistentVolumeSource: Schema<RBDPersistentVolumeSource> = object<RBDPersistentVolumeSource>(
  "io.k8s.api.core.v1.RBDPersistentVolumeSource",
  "No longer supported: a Ceph block device.",
  {
    monitors: list(string, { field: 1, required: true, listType: "atomic", doc: "The Ceph monitors." }),
    image: text({ field: 2, required: true, doc: "The image's name." }),
    fsType: text({ field: 3, doc: "The file system on it." }),
    pool: text({ field: 4, default: "rbd", doc: "The pool's name." }),
    user: text({ field: 5, default: "admin", doc: "The Ceph user." }),
    keyring: text({ field: 6, default: "/etc/ceph/keyring", doc: "Where the user's keyring lies on the node." }),
    secretRef: struct(secretReference, { field: 7, presence: "pointer", doc: "The Secret with the user's key; goes before the keyring." }),
    readOnly: flag({ field: 8, doc: "Whether it is mounted read-only." }),
  },
);

export const cinderPersistentVolumeSource: Schema<CinderPersistentVolumeSource> = object<CinderPersistentVolumeSource>(
  "io.k8s.api.core.v1.CinderPersistentVolumeSource",
  "Superseded by CSI: a disk of OpenStack.",
  {
    volumeID: text({ field: 1, required: true, doc: "The volume's id." }),
    fsType: text({ field: 2, doc: "The file system on it." }),
    readOnly: flag({ field: 3, doc: "Whether it is mounted read-only." }),
    secretRef: struct(secretReference, { field: 4, presence: "pointer", doc: "The Secret for reaching OpenStack." }),
  },
);

export const cephFSPersistentVolumeSource: Schema<CephFSPersistentVolumeSource> = object<CephFSPersistentVolumeSource>(
  "io.k8s.api.core.v1.CephFSPersistentVolumeSource",
  "No longer supported: a Ceph file system.",
  {
    monitors: list(string, { field: 1, required: true, listType: "atomic", doc: "The Ceph monitors." }),
    path: text({ field: 2, doc: "The directory to mount; `/` where nothing is said." }),
    user: text({ field: 3, doc: "The Ceph user; admin where nothing is said." }),
    secretFile: text({ field: 4, doc: "Where the user's key lies on the node." }),
    secretRef: struct(secretReference, { field: 5, presence: "pointer", doc: "The Secret with the user's key; goes before the file." }),
    readOnly: flag({ field: 6, doc: "Whether it is mounted read-only." }),
  },
);

export const azureFilePersistentVolumeSource: Schema<AzureFilePersistentVolumeSource> = object<AzureFilePersistentVolumeSource>(
  "io.k8s.api.core.v1.AzureFilePersistentVolumeSource",
  "Superseded by CSI: a file share of Azure.",
  {
    secretName: text({ field: 1, required: true, doc: "The Secret with the storage account's name and key." }),
    shareName: text({ field: 2, required: true, doc: "The share's name." }),
    readOnly: flag({ field: 3, doc: "Whether it is mounted read-only." }),
    secretNamespace: text({ field: 4, presence: "pointer", doc: "The namespace of the Secret; that of the claim where nothing is said." }),
  },
);

export const scaleIOPersistentVolumeSource: Schema<ScaleIOPersistentVolumeSource> = object<ScaleIOPersistentVolumeSource>(
  "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource",
  "No longer supported: a ScaleIO volume.",
  {
    gateway: text({ field: 1, required: true, doc: "Where the gateway is reached." }),
    system: text({ field: 2, required: true, doc: "The storage system's name." }),
    secretRef: struct(secretReference, { field: 3, presence: "pointer", required: true, doc: "The Secret for logging in." }),
    sslEnabled: flag({ field: 4, doc: "Whether the gateway is reached by TLS." }),
    protectionDomain: text({ field: 5, doc: "The protection domain." }),
    storagePool: text({ field: 6, doc: "The pool." }),
    storageMode: text({ field: 7, default: "ThinProvisioned", doc: "ThickProvisioned or ThinProvisioned." }),
    volumeName: text({ field: 8, doc: "The volume's name." }),
    fsType: text({ field: 9, default: "xfs", doc: "The file system on it." }),
    readOnly: flag({ field: 10, doc: "Whether it is mounted read-only." }),
  },
);

export const storageOSPersistentVolumeSource: Schema<StorageOSPersistentVolumeSource> = object<StorageOSPersistentVolumeSource>(
  "io.k8s.api.core.v1.StorageOSPersistentVolumeSource",
  "No longer supported: a StorageOS volume.",
  {
    volumeName: text({ field: 1, doc: "The volume's name." }),
    volumeNamespace: text({ field: 2, doc: "The volume's namespace within StorageOS." }),
    fsType: text({ field: 3, doc: "The file system on it." }),
    readOnly: flag({ field: 4, doc: "Whether it is mounted read-only." }),
    secretRef: struct(objectReference, { field: 5, presence: "pointer", doc: "The Secret for reaching StorageOS." }),
  },
);

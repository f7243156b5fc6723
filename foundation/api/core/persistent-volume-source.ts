import { type defaulted, flag, integer, list, map, object, type Schema, string, struct, text } from "@kubets/machinery";
import {
  azureFilePersistentVolumeSource,
  type AzureFilePersistentVolumeSource,
  cephFSPersistentVolumeSource,
  type CephFSPersistentVolumeSource,
  type CinderPersistentVolumeSource,
  cinderPersistentVolumeSource,
  glusterfsPersistentVolumeSource,
  type GlusterfsPersistentVolumeSource,
  rbdPersistentVolumeSource,
  type RBDPersistentVolumeSource,
  scaleIOPersistentVolumeSource,
  type ScaleIOPersistentVolumeSource,
  storageOSPersistentVolumeSource,
  type StorageOSPersistentVolumeSource,
} from "./persistent-volume-source-legacy.ts";
import {
  type AWSElasticBlockStoreVolumeSource,
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  type AzureDiskVolumeSource,
  gcePersistentDiskVolumeSource,
  type GCEPersistentDiskVolumeSource,
  type PhotonPersistentDiskVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  type PortworxVolumeSource,
  vsphereVirtualDiskVolumeSource,
  type VsphereVirtualDiskVolumeSource,
} from "./pod/volumes/cloud.ts";
import {
  fcVolumeSource,
  type FCVolumeSource,
  flockerVolumeSource,
  type FlockerVolumeSource,
  type NFSVolumeSource,
  nfsVolumeSource,
  type QuobyteVolumeSource,
  quobyteVolumeSource,
} from "./pod/volumes/network.ts";
import { type HostPathVolumeSource, hostPathVolumeSource } from "./pod/volumes/node-local.ts";
import { type SecretReference, secretReference } from "./shared/object-reference.ts";

/** The storage behind a volume: exactly one of these. */
export interface PersistentVolumeSource {
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  readonly hostPath?: HostPathVolumeSource;
  readonly glusterfs?: GlusterfsPersistentVolumeSource;
  readonly nfs?: NFSVolumeSource;
  readonly rbd?: RBDPersistentVolumeSource;
  readonly iscsi?: ISCSIPersistentVolumeSource;
  readonly cinder?: CinderPersistentVolumeSource;
  readonly cephfs?: CephFSPersistentVolumeSource;
  readonly fc?: FCVolumeSource;
  readonly flocker?: FlockerVolumeSource;
  readonly flexVolume?: FlexPersistentVolumeSource;
  readonly azureFile?: AzureFilePersistentVolumeSource;
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource;
  readonly quobyte?: QuobyteVolumeSource;
  readonly azureDisk?: AzureDiskVolumeSource;
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  readonly portworxVolume?: PortworxVolumeSource;
  readonly scaleIO?: ScaleIOPersistentVolumeSource;
  readonly local?: LocalVolumeSource;
  readonly storageos?: StorageOSPersistentVolumeSource;
  readonly csi?: CSIPersistentVolumeSource;
}

/** A disk or directory of one node. */
export interface LocalVolumeSource {
  readonly path: string;
  readonly fsType?: string;
}

/** A volume of a CSI driver. */
export interface CSIPersistentVolumeSource {
  readonly driver: string;
  readonly volumeHandle: string;
  readonly readOnly?: boolean;
  readonly fsType?: string;
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  readonly controllerPublishSecretRef?: SecretReference;
  readonly nodeStageSecretRef?: SecretReference;
  readonly nodePublishSecretRef?: SecretReference;
  readonly controllerExpandSecretRef?: SecretReference;
  readonly nodeExpandSecretRef?: SecretReference;
}

/** A disk by iSCSI. */
export interface ISCSIPersistentVolumeSource {
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
  readonly secretRef?: SecretReference;
  readonly initiatorName?: string;
}

/** Superseded by CSI: a volume of a FlexVolume driver. */
export interface FlexPersistentVolumeSource {
  readonly driver: string;
  readonly fsType?: string;
  readonly secretRef?: SecretReference;
  readonly readOnly?: boolean;
  readonly options?: Readonly<Record<string, string>>;
}

const localVolumeSource: Schema<LocalVolumeSource> = object<LocalVolumeSource>(
  "io.k8s.api.core.v1.LocalVolumeSource",
  "A disk or directory of one node.",
  {
    path: text({ field: 1, required: true, doc: "Where it is on the node." }),
    fsType: text({ field: 2, presence: "pointer", doc: "The file system to make on a disk that has none; guessed where nothing is said." }),
  },
);

const csiPersistentVolumeSource: Schema<CSIPersistentVolumeSource> = object<CSIPersistentVolumeSource>(
  "io.k8s.api.core.v1.CSIPersistentVolumeSource",
  "A volume of a CSI driver.",
  {
    driver: text({ field: 1, required: true, doc: "The driver's name." }),
    volumeHandle: text({ field: 2, required: true, doc: "The volume's id for the driver; never changes." }),
    readOnly: flag({ field: 3, doc: "Whether it is published read-only." }),
    fsType: text({ field: 4, doc: "The file system to mount." }),
    volumeAttributes: map(string, { field: 5, doc: "What else the driver said of the volume when it was made." }),
    controllerPublishSecretRef: struct(secretReference, { field: 6, presence: "pointer", doc: "The Secret for attaching and detaching." }),
    nodeStageSecretRef: struct(secretReference, { field: 7, presence: "pointer", doc: "The Secret for staging on a node." }),
    nodePublishSecretRef: struct(secretReference, { field: 8, presence: "pointer", doc: "The Secret for mounting into a Pod." }),
    controllerExpandSecretRef: struct(secretReference, {
      field: 9,
      presence: "pointer",
      doc: "The Secret for expanding by the controller.",
    }),
    nodeExpandSecretRef: struct(secretReference, { field: 10, presence: "pointer", doc: "The Secret for expanding on the node." }),
  },
);

const iscsiPersistentVolumeSource: Schema<ISCSIPersistentVolumeSource> = object<ISCSIPersistentVolumeSource>(
  "io.k8s.api.core.v1.ISCSIPersistentVolumeSource",
  "A disk by iSCSI.",
  {
    targetPortal: text({ field: 1, required: true, doc: "The target's address, with a port if not 860 or 3260." }),
    iqn: text({ field: 2, required: true, doc: "The target's qualified name." }),
    lun: integer({ field: 3, required: true, doc: "The unit's number." }),
    iscsiInterface: text({ field: 4, default: "default", doc: "The interface that goes there." }),
    fsType: text({ field: 5, doc: "The file system on it." }),
    readOnly: flag({ field: 6, doc: "Whether it is mounted read-only." }),
    portals: list(string, { field: 7, listType: "atomic", doc: "Further addresses of the target." }),
    chapAuthDiscovery: flag({ field: 8, doc: "Whether CHAP is used to find targets." }),
    chapAuthSession: flag({ field: 11, doc: "Whether CHAP is used for the session." }),
    secretRef: struct(secretReference, { field: 10, presence: "pointer", doc: "The Secret for CHAP." }),
    initiatorName: text({ field: 12, presence: "pointer", doc: "Under which name the node logs in; makes an interface of its own." }),
  },
);

const flexPersistentVolumeSource: Schema<FlexPersistentVolumeSource> = object<FlexPersistentVolumeSource>(
  "io.k8s.api.core.v1.FlexPersistentVolumeSource",
  "Superseded by CSI: a volume of a FlexVolume driver.",
  {
    driver: text({ field: 1, required: true, doc: "The driver's name." }),
    fsType: text({ field: 2, doc: "The file system on it." }),
    secretRef: struct(secretReference, { field: 3, presence: "pointer", doc: "The Secret that the driver gets." }),
    readOnly: flag({ field: 4, doc: "Whether it is mounted read-only." }),
    options: map(string, { field: 5, doc: "What else the driver is told." }),
  },
);

export const persistentVolumeSource: Schema<PersistentVolumeSource> = object<PersistentVolumeSource>(
  "io.k8s.api.core.v1.PersistentVolumeSource",
  "The storage behind a volume: exactly one of these.",
  {
    gcePersistentDisk: struct(gcePersistentDiskVolumeSource, {
      field: 1,
      presence: "pointer",
      doc: "Superseded by CSI: a disk of Google Compute Engine.",
    }),
    awsElasticBlockStore: struct(awsElasticBlockStoreVolumeSource, {
      field: 2,
      presence: "pointer",
      doc: "Superseded by CSI: a disk of AWS.",
    }),
    hostPath: struct(hostPathVolumeSource, { field: 3, presence: "pointer", doc: "A path on a node, for tests on a single node." }),
    glusterfs: struct(glusterfsPersistentVolumeSource, { field: 4, presence: "pointer", doc: "No longer supported: a Gluster volume." }),
    nfs: struct(nfsVolumeSource, { field: 5, presence: "pointer", doc: "A directory of an NFS server." }),
    rbd: struct(rbdPersistentVolumeSource, { field: 6, presence: "pointer", doc: "No longer supported: a Ceph block device." }),
    iscsi: struct(iscsiPersistentVolumeSource, { field: 7, presence: "pointer", doc: "A disk by iSCSI." }),
    cinder: struct(cinderPersistentVolumeSource, { field: 8, presence: "pointer", doc: "Superseded by CSI: a disk of OpenStack." }),
    cephfs: struct(cephFSPersistentVolumeSource, { field: 9, presence: "pointer", doc: "No longer supported: a Ceph file system." }),
    fc: struct(fcVolumeSource, { field: 10, presence: "pointer", doc: "A disk by Fibre Channel." }),
    flocker: struct(flockerVolumeSource, { field: 11, presence: "pointer", doc: "No longer supported: a Flocker dataset." }),
    flexVolume: struct(flexPersistentVolumeSource, {
      field: 12,
      presence: "pointer",
      doc: "Superseded by CSI: a volume of a FlexVolume driver.",
    }),
    azureFile: struct(azureFilePersistentVolumeSource, {
      field: 13,
      presence: "pointer",
      doc: "Superseded by CSI: a file share of Azure.",
    }),
    vsphereVolume: struct(vsphereVirtualDiskVolumeSource, { field: 14, presence: "pointer", doc: "Superseded by CSI: a disk of vSphere." }),
    quobyte: struct(quobyteVolumeSource, { field: 15, presence: "pointer", doc: "No longer supported: a Quobyte volume." }),
    azureDisk: struct(azureDiskVolumeSource, { field: 16, presence: "pointer", doc: "Superseded by CSI: a disk of Azure." }),
    photonPersistentDisk: struct(photonPersistentDiskVolumeSource, {
      field: 17,
      presence: "pointer",
      doc: "No longer supported: a disk of Photon.",
    }),
    portworxVolume: struct(portworxVolumeSource, { field: 18, presence: "pointer", doc: "Superseded by CSI: a volume of Portworx." }),
    scaleIO: struct(scaleIOPersistentVolumeSource, { field: 19, presence: "pointer", doc: "No longer supported: a ScaleIO volume." }),
    local: struct(localVolumeSource, { field: 20, presence: "pointer", doc: "A disk or directory of one node; needs nodeAffinity." }),
    storageos: struct(storageOSPersistentVolumeSource, { field: 21, presence: "pointer", doc: "No longer supported: a StorageOS volume." }),
    csi: struct(csiPersistentVolumeSource, { field: 22, presence: "pointer", doc: "A volume of a CSI driver." }),
  },
);

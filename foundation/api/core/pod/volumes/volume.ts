import { embedded, object, type Schema, struct, text } from "@kubets/machinery";
import {
  type CSIVolumeSource,
  csiVolumeSource,
  type EphemeralVolumeSource,
  ephemeralVolumeSource,
  type PersistentVolumeClaimVolumeSource,
  persistentVolumeClaimVolumeSource,
} from "./claims.ts";
import {
  type AWSElasticBlockStoreVolumeSource,
  awsElasticBlockStoreVolumeSource,
  type AzureDiskVolumeSource,
  azureDiskVolumeSource,
  type AzureFileVolumeSource,
  azureFileVolumeSource,
  type CinderVolumeSource,
  cinderVolumeSource,
  type GCEPersistentDiskVolumeSource,
  gcePersistentDiskVolumeSource,
  type PhotonPersistentDiskVolumeSource,
  photonPersistentDiskVolumeSource,
  type PortworxVolumeSource,
  portworxVolumeSource,
  type VsphereVirtualDiskVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from "./cloud.ts";
import {
  type ConfigMapVolumeSource,
  configMapVolumeSource,
  type DownwardAPIVolumeSource,
  downwardAPIVolumeSource,
  type SecretVolumeSource,
  secretVolumeSource,
} from "./configuration.ts";
import {
  type CephFSVolumeSource,
  cephFSVolumeSource,
  type FCVolumeSource,
  fcVolumeSource,
  type FlexVolumeSource,
  flexVolumeSource,
  type FlockerVolumeSource,
  flockerVolumeSource,
  type GlusterfsVolumeSource,
  glusterfsVolumeSource,
  type ISCSIVolumeSource,
  iscsiVolumeSource,
  type NFSVolumeSource,
  nfsVolumeSource,
  type QuobyteVolumeSource,
  quobyteVolumeSource,
  type RBDVolumeSource,
  rbdVolumeSource,
  type ScaleIOVolumeSource,
  scaleIOVolumeSource,
  type StorageOSVolumeSource,
  storageOSVolumeSource,
} from "./network.ts";
import {
  type EmptyDirVolumeSource,
  emptyDirVolumeSource,
  type GitRepoVolumeSource,
  gitRepoVolumeSource,
  type HostPathVolumeSource,
  hostPathVolumeSource,
  type ImageVolumeSource,
  imageVolumeSource,
} from "./node-local.ts";
import { type ProjectedVolumeSource, projectedVolumeSource } from "./projected.ts";

export interface Volume extends VolumeSource {
  readonly name: string;
}

export interface VolumeSource {
  readonly hostPath?: HostPathVolumeSource;
  readonly emptyDir?: EmptyDirVolumeSource;
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  readonly gitRepo?: GitRepoVolumeSource;
  readonly secret?: SecretVolumeSource;
  readonly nfs?: NFSVolumeSource;
  readonly iscsi?: ISCSIVolumeSource;
  readonly glusterfs?: GlusterfsVolumeSource;
  readonly persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  readonly rbd?: RBDVolumeSource;
  readonly flexVolume?: FlexVolumeSource;
  readonly cinder?: CinderVolumeSource;
  readonly cephfs?: CephFSVolumeSource;
  readonly flocker?: FlockerVolumeSource;
  readonly downwardAPI?: DownwardAPIVolumeSource;
  readonly fc?: FCVolumeSource;
  readonly azureFile?: AzureFileVolumeSource;
  readonly configMap?: ConfigMapVolumeSource;
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource;
  readonly quobyte?: QuobyteVolumeSource;
  readonly azureDisk?: AzureDiskVolumeSource;
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  readonly projected?: ProjectedVolumeSource;
  readonly portworxVolume?: PortworxVolumeSource;
  readonly scaleIO?: ScaleIOVolumeSource;
  readonly storageos?: StorageOSVolumeSource;
  readonly csi?: CSIVolumeSource;
  readonly ephemeral?: EphemeralVolumeSource;
  readonly image?: ImageVolumeSource;
}

export const volumeSource: Schema<VolumeSource> = object<VolumeSource>(
  "io.k8s.api.core.v1.VolumeSource",
  "What a volume is made of. Exactly one is set; an empty directory when none is.",
  {
    hostPath: struct(hostPathVolumeSource, { field: 1, presence: "pointer", doc: "A file or directory of the node." }),
    emptyDir: struct(emptyDirVolumeSource, { field: 2, presence: "pointer", doc: "An empty directory that lives as long as the Pod." }),
    gcePersistentDisk: struct(gcePersistentDiskVolumeSource, {
      field: 3,
      presence: "pointer",
      doc: "Deprecated: a GCE disk. Served by the CSI driver pd.csi.storage.gke.io.",
    }),
    awsElasticBlockStore: struct(awsElasticBlockStoreVolumeSource, {
      field: 4,
      presence: "pointer",
      doc: "Deprecated: an AWS EBS disk. Served by the CSI driver ebs.csi.aws.com.",
    }),
    gitRepo: struct(gitRepoVolumeSource, {
      field: 5,
      presence: "pointer",
      doc: "Deprecated and switched off: a directory filled from a git repository.",
    }),
    secret: struct(secretVolumeSource, { field: 6, presence: "pointer", doc: "Files made of a Secret." }),
    nfs: struct(nfsVolumeSource, { field: 7, presence: "pointer", doc: "A directory that an NFS server exports." }),
    iscsi: struct(iscsiVolumeSource, { field: 8, presence: "pointer", doc: "A disk reached by iSCSI." }),
    glusterfs: struct(glusterfsVolumeSource, {
      field: 9,
      presence: "pointer",
      doc: "Deprecated and no longer supported: a GlusterFS volume.",
    }),
    persistentVolumeClaim: struct(persistentVolumeClaimVolumeSource, {
      field: 10,
      presence: "pointer",
      doc: "The volume bound to a PersistentVolumeClaim of the same namespace.",
    }),
    rbd: struct(rbdVolumeSource, { field: 11, presence: "pointer", doc: "Deprecated and no longer supported: a Ceph RADOS block device." }),
    flexVolume: struct(flexVolumeSource, {
      field: 12,
      presence: "pointer",
      doc: "Deprecated: a volume served by an executable on the node. Use a CSI driver.",
    }),
    cinder: struct(cinderVolumeSource, {
      field: 13,
      presence: "pointer",
      doc: "Deprecated: an OpenStack Cinder disk. Served by the CSI driver cinder.csi.openstack.org.",
    }),
    cephfs: struct(cephFSVolumeSource, { field: 14, presence: "pointer", doc: "Deprecated and no longer supported: a CephFS directory." }),
    flocker: struct(flockerVolumeSource, { field: 15, presence: "pointer", doc: "Deprecated and no longer supported: a Flocker dataset." }),
    downwardAPI: struct(downwardAPIVolumeSource, { field: 16, presence: "pointer", doc: "Files made of fields of the Pod." }),
    fc: struct(fcVolumeSource, { field: 17, presence: "pointer", doc: "A disk reached by Fibre Channel." }),
    azureFile: struct(azureFileVolumeSource, {
      field: 18,
      presence: "pointer",
      doc: "Deprecated: an Azure file share. Served by the CSI driver file.csi.azure.com.",
    }),
    configMap: struct(configMapVolumeSource, { field: 19, presence: "pointer", doc: "Files made of a ConfigMap." }),
    vsphereVolume: struct(vsphereVirtualDiskVolumeSource, {
      field: 20,
      presence: "pointer",
      doc: "Deprecated: a vSphere disk. Served by the CSI driver csi.vsphere.vmware.com.",
    }),
    quobyte: struct(quobyteVolumeSource, { field: 21, presence: "pointer", doc: "Deprecated and no longer supported: a Quobyte volume." }),
    azureDisk: struct(azureDiskVolumeSource, {
      field: 22,
      presence: "pointer",
      doc: "Deprecated: an Azure data disk. Served by the CSI driver disk.csi.azure.com.",
    }),
    photonPersistentDisk: struct(photonPersistentDiskVolumeSource, {
      field: 23,
      presence: "pointer",
      doc: "Deprecated and no longer supported: a Photon Controller disk.",
    }),
    projected: struct(projectedVolumeSource, { field: 26, presence: "pointer", doc: "Files from several sources in one directory." }),
    portworxVolume: struct(portworxVolumeSource, {
      field: 24,
      presence: "pointer",
      doc: "Deprecated: a Portworx volume. Served by the CSI driver pxd.portworx.com.",
    }),
    scaleIO: struct(scaleIOVolumeSource, { field: 25, presence: "pointer", doc: "Deprecated and no longer supported: a ScaleIO volume." }),
    storageos: struct(storageOSVolumeSource, {
      field: 27,
      presence: "pointer",
      doc: "Deprecated and no longer supported: a StorageOS volume.",
    }),
    csi: struct(csiVolumeSource, { field: 28, presence: "pointer", doc: "A short-lived volume that a CSI driver makes for this Pod." }),
    ephemeral: struct(ephemeralVolumeSource, {
      field: 29,
      presence: "pointer",
      doc: "A PersistentVolumeClaim that is made for this Pod and goes with it.",
    }),
    image: struct(imageVolumeSource, { field: 30, presence: "pointer", doc: "The content of an OCI image or artifact, read-only." }),
  },
);

export const volume: Schema<Volume> = object<Volume>("io.k8s.api.core.v1.Volume", "Storage that the containers of a Pod may mount.", {
  name: text({ field: 1, required: true, doc: "Name of the volume, unique in the Pod." }),
  ...embedded(volumeSource, { field: 2 }),
});

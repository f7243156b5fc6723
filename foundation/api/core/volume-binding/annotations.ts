/** What the controllers, the scheduler and provisioners tell one another on claims and volumes; the values are Kubernetes'. */
export const volumeAnnotations = {
  /** On a claim: it was bound once, and is never bound anew. */
  bindCompleted: "pv.kubernetes.io/bind-completed",
  /** On a claim or volume: who pointed it at its counterpart was a controller, not a person. */
  boundByController: "pv.kubernetes.io/bound-by-controller",
  /** On a volume: who made it. */
  provisionedBy: "pv.kubernetes.io/provisioned-by",
  /** On a claim: who is to make a volume for it. */
  storageProvisioner: "volume.kubernetes.io/storage-provisioner",
  betaStorageProvisioner: "volume.beta.kubernetes.io/storage-provisioner",
  /** On a claim: where its first consumer goes, so where its volume must be reachable. */
  selectedNode: "volume.kubernetes.io/selected-node",
} as const;

/** On a volume that a provisioner made: its storage is deleted before the object goes. */
export const provisionerFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

/** What holds volumes and what names them back from deletion while they are in use. */
export const volumeProtection = {
  claim: "kubernetes.io/pvc-protection",
  volume: "kubernetes.io/pv-protection",
  attributesClass: "kubernetes.io/vac-protection",
} as const;

/** The provisioner of classes whose volumes are made by people. */
export const noProvisioner = "kubernetes.io/no-provisioner";

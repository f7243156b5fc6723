import {
  bestVolume,
  isReservedFor,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type Pod,
  type StorageClass,
  storageClassOfClaim,
  takesDefaultClass,
  volumeAnnotations,
  volumeMismatch,
  waitsForConsumer,
} from "@kubets/api";
import { type Action, type Decision, event, nothing, update } from "@kubets/client";
import { bind } from "./bind.ts";
import { lost, pending } from "./claim-status.ts";

export interface ObservedClaim {
  readonly of: "claim";
  readonly claim: PersistentVolumeClaim;
  /** The volume that the claim names. */
  readonly named: PersistentVolume | undefined;
  /** Volumes that could be the claim's: of its class and free, or reserved for it. */
  readonly candidates: readonly PersistentVolume[];
  /** The class that the claim names. */
  readonly storageClass: StorageClass | undefined;
  readonly defaultClass: StorageClass | undefined;
  /** Pods that use the claim. */
  readonly consumers: readonly Pod[];
}

/** What follows for a claim. */
export function reconcileClaim(observed: ObservedClaim): Decision {
  const { claim } = observed;
  return claim.metadata.annotations?.[volumeAnnotations.bindCompleted] === undefined ? bindUnbound(observed) : keepBound(observed);
}

function bindUnbound(observed: ObservedClaim): Decision {
  const { claim, named, candidates, storageClass } = observed;
  if (claim.metadata.deletionTimestamp !== undefined) return nothing;
  if ((claim.spec.volumeName ?? "") !== "") return named === undefined ? pending(claim) : bindNamed(claim, named);
  const volume = bestVolume(claim, candidates, { reservedOnly: waitsForConsumer(claim, storageClass) });
  return volume === undefined ? waitOrProvision(observed) : bind(volume, claim);
}

/** A person wrote the volume's name into the claim. */
function bindNamed(claim: PersistentVolumeClaim, volume: PersistentVolume): Decision {
  if (volume.spec.claimRef === undefined) {
    const mismatch = volumeMismatch(volume, claim);
    if (mismatch === undefined) return bind(volume, claim);
    const message = `Cannot bind to requested volume "${volume.metadata.name}": ${mismatch}`;
    return pending(claim, event(claim, "Warning", "VolumeMismatch", message));
  }
  if (isReservedFor(volume, claim)) return bind(volume, claim);
  return pending(claim, event(claim, "Warning", "FailedBinding", `volume "${volume.metadata.name}" already bound to a different claim.`));
}

/** No volume is there for the claim. */
function waitOrProvision(observed: ObservedClaim): Decision {
  const { claim, storageClass, defaultClass } = observed;
  if (takesDefaultClass(claim) && defaultClass !== undefined) {
    const spec = { ...claim.spec, storageClassName: defaultClass.metadata.name };
    return { actions: [update(PersistentVolumeClaimKind, { ...claim, spec })] };
  }
  if (waitsForConsumer(claim, storageClass)) return pending(claim, waiting(observed));
  if (storageClassOfClaim(claim) !== "") return askForProvisioning(observed);
  return pending(
    claim,
    event(claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set"),
  );
}

function waiting({ claim, consumers }: ObservedClaim): Action {
  const names = consumers.filter(({ spec }) => (spec.nodeName ?? "") === "").map(({ metadata }) => metadata.name);
  const [only, ...more] = names.toSorted();
  if (only === undefined) return event(claim, "Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
  const pods = more.length === 0 ? `pod ${only}` : `pods ${[only, ...more].join(",")}`;
  return event(claim, "Normal", "WaitForPodScheduled", `waiting for ${pods} to be scheduled`);
}

/** Tells the provisioner of the class that a volume is wanted. All provisioners are separate programs, as upstream since 1.31. */
function askForProvisioning({ claim, storageClass }: ObservedClaim): Decision {
  const className = storageClassOfClaim(claim);
  if (storageClass === undefined)
    return pending(claim, event(claim, "Warning", "ProvisioningFailed", `storageclass.storage.k8s.io "${className}" not found`));
  const { provisioner } = storageClass;
  // Such names belonged to the provisioners inside of Kubernetes: none is left that makes volumes.
  if (provisioner.startsWith("kubernetes.io/"))
    return pending(claim, event(claim, "Warning", "ProvisioningFailed", `no volume plugin matched name: ${provisioner}`));
  const { storageProvisioner, betaStorageProvisioner } = volumeAnnotations;
  const { annotations = {} } = claim.metadata;
  if (annotations[storageProvisioner] !== provisioner || annotations[betaStorageProvisioner] !== provisioner) {
    const told = { ...annotations, [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner };
    return { actions: [update(PersistentVolumeClaimKind, { ...claim, metadata: { ...claim.metadata, annotations: told } })] };
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator.`;
  return pending(claim, event(claim, "Normal", "ExternalProvisioning", message));
}

/** The claim was bound before: it keeps its volume, or has lost it for good. */
function keepBound({ claim, named }: ObservedClaim): Decision {
  if ((claim.spec.volumeName ?? "") === "")
    return lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  if (named === undefined) return lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  const { claimRef } = named.spec;
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid || isReservedFor(named, claim)) return bind(named, claim);
  return lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

import {
  claimKeyOf,
  type Node,
  NodeKind,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type StorageClass,
  storageClassOfClaim,
  StorageClassKind,
  volumeAnnotations,
} from "@kubets/api";
import { type Action, type Caches, type Controller, type Decision, event, objectKey, watch } from "@kubets/client";
import type { StatusError } from "@kubets/machinery";
import { type Directories, isVolumeName } from "./directories.ts";
import { asks, type ObservedClaim, provisioningFailed, reconcileClaim } from "./provision.ts";
import { type ObservedVolume, reconcileVolume } from "./reclaim.ts";
import { provisionerName } from "./storage-class.ts";
import { hostnameOf, hostnameOfVolume, volumeNameFor } from "./volume-of-claim.ts";

export interface ProvisionerOptions {
  /** Whether a node's directories are these. Every node is served by one provisioner at most. */
  readonly serves: (node: string) => boolean;
  readonly directories: Directories;
}

type Observed = ObservedClaim | ObservedVolume;

/**
 * Makes volumes out of directories of the nodes that it serves, for claims of classes whose provisioner is {@link provisionerName}, and
 * deletes them when their claims are gone. Such a volume can be reached from its node only.
 */
export function hostPathProvisioner({ serves, directories }: ProvisionerOptions): Controller<Observed> {
  const observeClaim = (key: string, caches: Caches): ObservedClaim | undefined => {
    const claim = caches.of(PersistentVolumeClaimKind).get(key);
    if (claim === undefined || !asks(claim)) return undefined;
    const storageClass = caches.of(StorageClassKind).get(storageClassOfClaim(claim));
    const name = volumeNameFor(claim);
    const node = nodeFor(claim, storageClass, caches);
    const place = node === undefined || !serves(node.metadata.name) ? undefined : { node, path: directories.path(name) };
    return { of: "claim", claim, storageClass, made: caches.of(PersistentVolumeKind).get(name), place };
  };
  const observeVolume = (name: string, caches: Caches): ObservedVolume | undefined => {
    const volume = caches.of(PersistentVolumeKind).get(name);
    if (volume?.metadata.annotations?.[volumeAnnotations.provisionedBy] !== provisionerName) return undefined;
    const hostname = hostnameOfVolume(volume);
    const isServed = caches
      .of(NodeKind)
      .list()
      .some((node) => serves(node.metadata.name) && hostnameOf(node) === hostname);
    if (!isServed) return undefined;
    const { claimRef } = volume.spec;
    const claim = claimRef === undefined ? undefined : caches.of(PersistentVolumeClaimKind).get(claimKeyOf(claimRef));
    return {
      of: "volume",
      volume,
      claim: claim?.metadata.uid === claimRef?.uid ? claim : undefined,
      path: isVolumeName(name) ? directories.path(name) : undefined,
    };
  };
  return {
    name: "host-path-provisioner",
    watches: [
      watch(PersistentVolumeClaimKind, { keys: keysOfClaim }),
      watch(PersistentVolumeKind, { keys: keysOfVolume }),
      watch(StorageClassKind, { keys: keysOfClass }),
      watch(NodeKind, { keys: keysOfNode }),
    ],
    observe(key, caches) {
      const slash = key.indexOf("/");
      const rest = key.slice(slash + 1);
      return key.slice(0, slash) === "claim" ? observeClaim(rest, caches) : observeVolume(rest, caches);
    },
    reconcile,
    refused,
    outside: (deed, volume) => (deed === "make" ? directories.make(volume) : directories.remove(volume)),
  };
}

function reconcile(observed: Observed): Decision {
  switch (observed.of) {
    case "claim":
      return reconcileClaim(observed);
    case "volume":
      return reconcileVolume(observed);
  }
}

/** What went wrong is told to whoever waits for it; the key is tried again after its back-off. */
function refused(observed: Observed, action: Action, { message }: StatusError): Decision | undefined {
  if (observed.of === "claim") return { actions: [provisioningFailed(observed.claim, storageClassOfClaim(observed.claim), message)] };
  return action.verb === "outside" ? { actions: [event(observed.volume, "Warning", "VolumeFailedDelete", message)] } : undefined;
}

/** Where the claim's first consumer goes; a class that doesn't wait for one gets the first node by name that is Ready. */
function nodeFor(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined, caches: Caches): Node | undefined {
  const nodes = caches.of(NodeKind);
  const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode];
  if (selected !== undefined) return nodes.get(selected);
  if (storageClass?.volumeBindingMode !== "Immediate") return undefined;
  const isReady = ({ status }: Node): boolean =>
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  return nodes
    .list()
    .filter(isReady)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

const claimKey = (claim: PersistentVolumeClaim): string => `claim/${objectKey(claim)}`;

function keysOfClaim(claim: PersistentVolumeClaim): readonly string[] {
  const { volumeName = "" } = claim.spec;
  return [claimKey(claim), ...(volumeName === "" ? [] : [`volume/${volumeName}`])];
}

function keysOfVolume({ metadata, spec }: PersistentVolume): readonly string[] {
  return [`volume/${metadata.name}`, ...(spec.claimRef === undefined ? [] : [`claim/${claimKeyOf(spec.claimRef)}`])];
}

function keysOfClass({ metadata, provisioner }: StorageClass, caches: Caches): readonly string[] {
  if (provisioner !== provisionerName) return [];
  const claims = caches.of(PersistentVolumeClaimKind).list();
  return claims.filter((claim) => asks(claim) && storageClassOfClaim(claim) === metadata.name).map(claimKey);
}

/** A node that comes may be what claims wait for. Heartbeats come often: they touch what is waiting only. */
function keysOfNode({ metadata }: Node, caches: Caches): readonly string[] {
  const claims = caches.of(PersistentVolumeClaimKind).list().filter(asks);
  const released = caches
    .of(PersistentVolumeKind)
    .list()
    .filter(({ spec, status }) => status.phase === "Released" && spec.local !== undefined);
  return [
    ...claims
      .filter((claim) => (claim.metadata.annotations?.[volumeAnnotations.selectedNode] ?? metadata.name) === metadata.name)
      .map(claimKey),
    ...released.map(({ metadata: { name } }) => `volume/${name}`),
  ];
}

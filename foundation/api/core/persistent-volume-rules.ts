import {
  compareQuantities,
  type FieldError,
  forbidden,
  invalid,
  isDnsSubdomain,
  notSupported,
  parseQuantity,
  required,
  sameJson,
} from "@kubets/machinery";
import { immutable } from "../immutable.ts";
import { type PersistentVolumeSource, persistentVolumeSource } from "./persistent-volume-source.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "./persistent-volume.ts";
import type { NodeSelectorTerm } from "./shared/node-selector.ts";
import { validateNodeSelector } from "./shared/validate-node-selector.ts";

export function validatePersistentVolume({ spec }: PersistentVolume): readonly FieldError[] {
  const { storageClassName = "", volumeAttributesClassName } = spec;
  return [
    ...validateAccessModes(spec.accessModes, "spec.accessModes"),
    ...validateCapacity(spec),
    ...validateReclaimPolicy(spec),
    ...validateAffinity(spec, "spec"),
    ...validateSource(spec, "spec"),
    ...(storageClassName === ""
      ? []
      : isDnsSubdomain(storageClassName).map((message) => invalid("spec.storageClassName", storageClassName, message))),
    ...(volumeAttributesClassName === undefined ? [] : validateAttributesClass(volumeAttributesClassName, spec)),
  ];
}

function validateAccessModes(modes: PersistentVolumeSpec["accessModes"] = [], path: string): readonly FieldError[] {
  if (modes.length === 0) return [required(path)];
  return modes.length > 1 && modes.includes("ReadWriteOncePod")
    ? [forbidden(path, "may not use ReadWriteOncePod with other access modes")]
    : [];
}

function validateCapacity({ capacity = {} }: PersistentVolumeSpec): readonly FieldError[] {
  const names = Object.keys(capacity);
  if (names.length === 0) return [required("spec.capacity")];
  const { storage } = capacity;
  if (storage === undefined || names.length > 1) return [notSupported("spec.capacity", capacity, ["storage"])];
  const isPositive = compareQuantities(parseQuantity(storage), parseQuantity("0")) > 0;
  return isPositive ? [] : [invalid("spec.capacity[storage]", storage, "must be greater than zero")];
}

function validateReclaimPolicy({ persistentVolumeReclaimPolicy, hostPath }: PersistentVolumeSpec): readonly FieldError[] {
  const isRoot = hostPath?.path.split("/").every((step) => step === "" || step === ".") ?? false;
  return isRoot && persistentVolumeReclaimPolicy === "Recycle"
    ? [forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")]
    : [];
}

function validateAffinity({ nodeAffinity, local }: PersistentVolumeSpec, spec: string): readonly FieldError[] {
  const path = `${spec}.nodeAffinity`;
  if (nodeAffinity === undefined) return local === undefined ? [] : [required(path, "Local volume requires node affinity")];
  if (nodeAffinity.required === undefined) return [required(`${path}.required`, "must specify required node constraints")];
  return validateNodeSelector(nodeAffinity.required, `${path}.required`);
}

/** What can stand behind a volume, in the order in which upstream looks. */
const sourceNames: readonly (keyof PersistentVolumeSource & string)[] =
  persistentVolumeSource.node.type === "object"
    ? (Object.keys(persistentVolumeSource.node.fields()) as (keyof PersistentVolumeSource & string)[])
    : [];

function validateSource(spec: PersistentVolumeSpec, path: string): readonly FieldError[] {
  const [first, ...more] = sourceNames.filter((name) => spec[name] !== undefined);
  if (first === undefined) return [required(path, "must specify a volume type")];
  return [
    ...more.map((name) => forbidden(`${path}.${name}`, "may not specify more than 1 volume type")),
    ...validatePath(spec.hostPath?.path, `${path}.hostPath.path`),
    ...validatePath(spec.local?.path, `${path}.local.path`),
    ...(spec.nfs !== undefined && spec.nfs.path !== "" && !spec.nfs.path.startsWith("/")
      ? [invalid(`${path}.nfs.path`, spec.nfs.path, "must be an absolute path")]
      : []),
  ];
}

/** The rules for a volume that a VolumeAttachment has inline: it is nobody's, of no size, and of a CSI driver. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: string): readonly FieldError[] {
  const { claimRef, capacity = {}, csi, persistentVolumeReclaimPolicy } = spec;
  const context = "in the context of inline volumes";
  return [
    ...(claimRef === undefined ? [] : [forbidden(`${path}.claimRef`, `may not be specified ${context}`)]),
    ...(Object.keys(capacity).length === 0 ? [] : [forbidden(`${path}.capacity`, `may not be specified ${context}`)]),
    ...(csi === undefined ? [required(`${path}.csi`, `has to be specified ${context}`)] : []),
    ...validateAccessModes(spec.accessModes, `${path}.accessModes`),
    ...(persistentVolumeReclaimPolicy === "Retain"
      ? []
      : [forbidden(`${path}.persistentVolumeReclaimPolicy`, `may only be "Retain" ${context}`)]),
    ...validateAffinity(spec, path),
    ...validateSource(spec, path),
  ];
}

function validatePath(path: string | undefined, field: string): readonly FieldError[] {
  return path?.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

function validateAttributesClass(name: string, { csi }: PersistentVolumeSpec): readonly FieldError[] {
  const path = "spec.volumeAttributesClassName";
  return [
    ...(name === ""
      ? [required(path, "an empty string is disallowed")]
      : isDnsSubdomain(name).map((message) => invalid(path, name, message))),
    ...(csi === undefined ? [required("spec.csi", "has to be specified when using volumeAttributesClassName")] : []),
  ];
}

/** Besides {@link validatePersistentVolume}: the storage behind a volume stays what it is. Paths are upstream's. */
export function validatePersistentVolumeUpdate({ spec }: PersistentVolume, previous: PersistentVolume): readonly FieldError[] {
  const before = previous.spec;
  return [
    ...(sameJson(sourceOf(spec, before), sourceOf(before, before))
      ? []
      : [forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")]),
    ...immutable("volumeMode", spec.volumeMode, before.volumeMode),
    ...(before.nodeAffinity === undefined || sameJson(affinityOf(spec), affinityOf(before))
      ? []
      : [invalid("nodeAffinity", spec.nodeAffinity, "field is immutable, except for updating from beta label to GA")]),
    ...(before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined
      ? [forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden")]
      : []),
  ];
}

/** The Secret for expanding may be added later. */
function sourceOf(spec: PersistentVolumeSpec, before: PersistentVolumeSpec): object {
  const sources = Object.fromEntries(sourceNames.map((name) => [name, spec[name]]));
  if (spec.csi === undefined || before.csi?.controllerExpandSecretRef !== undefined) return sources;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi;
  return { ...sources, csi };
}

/** Labels of beta times may be replaced by those that took their place: they count as the same. */
function affinityOf({ nodeAffinity }: PersistentVolumeSpec): readonly NodeSelectorTerm[] {
  return (nodeAffinity?.required?.nodeSelectorTerms ?? []).map((term) => ({
    ...term,
    matchExpressions: (term.matchExpressions ?? []).map((each) => ({ ...each, key: stableLabels[each.key] ?? each.key })),
  }));
}

const stableLabels: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
};

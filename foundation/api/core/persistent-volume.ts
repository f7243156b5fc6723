import {
  type defaulted,
  defineKind,
  embedded,
  field,
  formatTime,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  oneOf,
  type Quantity,
  quantity,
  type Schema,
  type StrategyContext,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { validatePersistentVolume, validatePersistentVolumeUpdate } from "./persistent-volume-rules.ts";
import { type PersistentVolumeSource, persistentVolumeSource } from "./persistent-volume-source.ts";
import { type NodeSelector, nodeSelector } from "./shared/node-selector.ts";
import { objectReference, type ObjectReference } from "./shared/object-reference.ts";
import { phaseOf, shortAccessModes, storageClassAnnotation } from "./storage-columns.ts";

/** A piece of storage of the cluster, which a claim can have for itself. */
export interface PersistentVolume extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: PersistentVolumeSpec;
  readonly status: PersistentVolumeStatus;
}

/** A piece of storage, and who may have it. */
export interface PersistentVolumeSpec extends PersistentVolumeSource {
  readonly [defaulted]?: "persistentVolumeReclaimPolicy" | "volumeMode";
  readonly capacity?: Readonly<Record<string, Quantity>>;
  readonly accessModes?: readonly ("ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOnce" | "ReadWriteOncePod")[];
  readonly claimRef?: ObjectReference;
  readonly persistentVolumeReclaimPolicy: "Delete" | "Recycle" | "Retain";
  readonly storageClassName?: string;
  readonly mountOptions?: readonly string[];
  readonly volumeMode: "Block" | "Filesystem";
  readonly nodeAffinity?: VolumeNodeAffinity;
  readonly volumeAttributesClassName?: string;
}

/** From which nodes a volume can be reached. */
export interface VolumeNodeAffinity {
  readonly required?: NodeSelector;
}

/** Whether a volume is taken. */
export interface PersistentVolumeStatus {
  readonly [defaulted]?: "phase";
  readonly phase: "Available" | "Bound" | "Failed" | "Pending" | "Released";
  readonly message?: string;
  readonly reason?: string;
  readonly lastPhaseTransitionTime?: Time;
}

const volumeNodeAffinity: Schema<VolumeNodeAffinity> = object<VolumeNodeAffinity>(
  "io.k8s.api.core.v1.VolumeNodeAffinity",
  "From which nodes a volume can be reached.",
  {
    required: struct(nodeSelector, { field: 1, presence: "pointer", doc: "The nodes." }),
  },
);

export const persistentVolumeSpec: Schema<PersistentVolumeSpec> = object<PersistentVolumeSpec>(
  "io.k8s.api.core.v1.PersistentVolumeSpec",
  "A piece of storage, and who may have it.",
  {
    capacity: map(quantity, { field: 1, doc: "How large it is, under `storage`." }),
    ...embedded(persistentVolumeSource, { field: 2 }),
    accessModes: list(oneOf("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"), {
      field: 3,
      listType: "atomic",
      doc: "From how many nodes it can be mounted, and how.",
    }),
    claimRef: struct(objectReference, {
      field: 4,
      presence: "pointer",
      mapType: "granular",
      doc: "The claim that has it, or is to have it.",
    }),
    persistentVolumeReclaimPolicy: text({
      field: 5,
      default: "Retain",
      enum: ["Delete", "Recycle", "Retain"],
      doc: "What becomes of it when its claim is gone: kept (Retain), deleted (Delete), or emptied for the next one (Recycle, superseded).",
    }),
    storageClassName: text({ field: 6, doc: "The class it belongs to; empty for none." }),
    mountOptions: list(string, { field: 7, listType: "atomic", doc: "Options with which it is mounted." }),
    volumeMode: text({
      field: 8,
      presence: "pointer",
      default: "Filesystem",
      enum: ["Block", "Filesystem"],
      doc: "Whether it carries a file system or is used as a raw block device.",
    }),
    nodeAffinity: struct(volumeNodeAffinity, {
      field: 9,
      presence: "pointer",
      doc: "From which nodes it can be reached; all where nothing is said.",
    }),
    volumeAttributesClassName: text({ field: 10, presence: "pointer", doc: "The VolumeAttributesClass whose parameters it has." }),
  },
);

const persistentVolumeStatus: Schema<PersistentVolumeStatus> = object<PersistentVolumeStatus>(
  "io.k8s.api.core.v1.PersistentVolumeStatus",
  "Whether a volume is taken.",
  {
    phase: text({
      field: 1,
      default: "Pending",
      enum: ["Available", "Bound", "Failed", "Pending", "Released"],
      doc: "Available, Bound, Released (its claim is gone), Failed (it couldn't be reclaimed), or Pending.",
    }),
    message: text({ field: 2, doc: "Why it is in that phase, in a sentence for people." }),
    reason: text({ field: 3, doc: "Why something failed, in one word for machines." }),
    lastPhaseTransitionTime: field(time, { field: 4, presence: "pointer", doc: "When the phase last changed." }),
  },
);

const persistentVolume: Schema<PersistentVolume> = kindObject<PersistentVolume>(
  "io.k8s.api.core.v1.PersistentVolume",
  "A piece of storage of the cluster, which a claim can have for itself.",
  {
    spec: struct(persistentVolumeSpec, { field: 2, default: {}, doc: "The storage, and who may have it." }),
    status: struct(persistentVolumeStatus, { field: 3, default: {}, doc: "Whether it is taken." }),
  },
);

export const PersistentVolumeKind: Kind<PersistentVolume> = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  resource: "persistentvolumes",
  shortNames: ["pv"],
  scope: "Cluster",
  schema: persistentVolume,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Capacity", type: "string", doc: "How large it is.", cell: ({ spec }) => spec.capacity?.["storage"] ?? "" },
    { name: "Access Modes", type: "string", doc: "How it can be mounted.", cell: ({ spec }) => shortAccessModes(spec.accessModes) },
    {
      name: "Reclaim Policy",
      type: "string",
      doc: "What becomes of it when its claim is gone.",
      cell: ({ spec }) => spec.persistentVolumeReclaimPolicy,
    },
    { name: "Status", type: "string", doc: "Whether it is taken.", cell: ({ metadata, status }) => phaseOf(metadata, status) },
    { name: "Claim", type: "string", doc: "The claim that has it.", cell: claimOf },
    { name: "StorageClass", type: "string", doc: "The class it belongs to.", cell: storageClassOfVolume },
    {
      name: "VolumeAttributesClass",
      type: "string",
      doc: "The VolumeAttributesClass whose parameters it has.",
      cell: ({ spec }) => spec.volumeAttributesClassName ?? "<unset>",
    },
    { name: "Reason", type: "string", doc: "Why something failed.", cell: ({ status }) => status.reason ?? "" },
    ageColumn,
    { name: "VolumeMode", type: "string", priority: 1, doc: "File system or block device.", cell: ({ spec }) => spec.volumeMode },
  ],
  selectableFields: { name: ({ metadata }) => metadata.name },
  strategy: {
    answersDeleted: true,
    prepareForCreate: (volume, { now }) => ({ ...volume, status: { phase: "Pending", lastPhaseTransitionTime: formatTime(now) } }),
    prepareForStatusUpdate: withTransitionTime,
    validate: validatePersistentVolume,
    validateUpdate: validatePersistentVolumeUpdate,
  },
});

function claimOf({ spec }: PersistentVolume): string {
  return spec.claimRef === undefined ? "" : `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}`;
}

/** The StorageClass that a volume belongs to, by the field or by the older annotation; `""` when none. */
export function storageClassOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[storageClassAnnotation] ?? spec.storageClassName ?? "";
}

/** The server notes when the phase changes, unless the writer did. */
function withTransitionTime(volume: PersistentVolume, previous: PersistentVolume, { now }: StrategyContext): PersistentVolume {
  const { phase, lastPhaseTransitionTime } = volume.status;
  const { phase: before, lastPhaseTransitionTime: since } = previous.status;
  if (phase === before || (lastPhaseTransitionTime !== undefined && lastPhaseTransitionTime !== since)) return volume;
  return { ...volume, status: { ...volume.status, lastPhaseTransitionTime: formatTime(now) } };
}

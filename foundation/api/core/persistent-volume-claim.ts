import {
  compareQuantities,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  forbidden,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  oneOf,
  parseQuantity,
  type Quantity,
  quantity,
  sameJson,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import type { TypedObjectReference } from "./shared/object-reference.ts";
import { type PersistentVolumeClaimSpec, persistentVolumeClaimSpec } from "./shared/persistent-volume-claim-spec.ts";
import { validatePersistentVolumeClaimSpec } from "./shared/validate-persistent-volume-claim-spec.ts";
import { phaseOf, shortAccessModes, storageClassAnnotation } from "./storage-columns.ts";

/** Asks for a piece of storage, and stands for it once it is there. */
export interface PersistentVolumeClaim extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: PersistentVolumeClaimSpec;
  readonly status: PersistentVolumeClaimStatus;
}

/** What a claim was given. */
export interface PersistentVolumeClaimStatus {
  readonly [defaulted]?: "phase";
  readonly phase: "Bound" | "Lost" | "Pending";
  readonly accessModes?: readonly ("ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOnce" | "ReadWriteOncePod")[];
  readonly capacity?: Readonly<Record<string, Quantity>>;
  readonly conditions?: readonly PersistentVolumeClaimCondition[];
  readonly allocatedResources?: Readonly<Record<string, Quantity>>;
  readonly allocatedResourceStatuses?: Readonly<Record<string, string>>;
  readonly currentVolumeAttributesClassName?: string;
  readonly modifyVolumeStatus?: ModifyVolumeStatus;
}

/** One observation about the change of a volume. */
export interface PersistentVolumeClaimCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastProbeTime?: Time;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

/** How far the change to another VolumeAttributesClass has come. */
export interface ModifyVolumeStatus {
  readonly targetVolumeAttributesClassName?: string;
  readonly status: "InProgress" | "Infeasible" | "Pending";
}

const persistentVolumeClaimCondition: Schema<PersistentVolumeClaimCondition> = object<PersistentVolumeClaimCondition>(
  "io.k8s.api.core.v1.PersistentVolumeClaimCondition",
  "One observation about the change of a volume.",
  {
    type: text({ field: 1, required: true, doc: "Such as Resizing or FileSystemResizePending." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastProbeTime: field(time, { field: 3, doc: "When the condition was last looked at." }),
    lastTransitionTime: field(time, { field: 4, doc: "When the status last changed." }),
    reason: text({ field: 5, doc: "Why, in one word for machines." }),
    message: text({ field: 6, doc: "Why, in a sentence for people." }),
  },
);

const modifyVolumeStatus: Schema<ModifyVolumeStatus> = object<ModifyVolumeStatus>(
  "io.k8s.api.core.v1.ModifyVolumeStatus",
  "How far the change to another VolumeAttributesClass has come.",
  {
    targetVolumeAttributesClassName: text({ field: 1, doc: "The class that is wanted." }),
    status: text({
      field: 2,
      required: true,
      enum: ["InProgress", "Infeasible", "Pending"],
      doc: "Pending (the class isn't there), InProgress, or Infeasible.",
    }),
  },
);

const persistentVolumeClaimStatus: Schema<PersistentVolumeClaimStatus> = object<PersistentVolumeClaimStatus>(
  "io.k8s.api.core.v1.PersistentVolumeClaimStatus",
  "What a claim was given.",
  {
    phase: text({
      field: 1,
      default: "Pending",
      enum: ["Bound", "Lost", "Pending"],
      doc: "Pending, Bound, or Lost when the volume behind it is gone.",
    }),
    accessModes: list(oneOf("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"), {
      field: 2,
      listType: "atomic",
      doc: "How the volume can be mounted.",
    }),
    capacity: map(quantity, { field: 3, doc: "How large the volume is." }),
    conditions: list(persistentVolumeClaimCondition, {
      field: 4,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "How a change of the volume goes on.",
    }),
    allocatedResources: map(quantity, { field: 5, doc: "How large the volume is to become." }),
    allocatedResourceStatuses: map(string, {
      field: 7,
      mapType: "granular",
      doc: "How far the change of each resource has come, such as ControllerResizeInProgress.",
    }),
    currentVolumeAttributesClassName: text({
      field: 8,
      presence: "pointer",
      doc: "The VolumeAttributesClass whose parameters the volume has.",
    }),
    modifyVolumeStatus: struct(modifyVolumeStatus, {
      field: 9,
      presence: "pointer",
      doc: "How far the change to another VolumeAttributesClass has come.",
    }),
  },
);

export const persistentVolumeClaim: Schema<PersistentVolumeClaim> = kindObject<PersistentVolumeClaim>(
  "io.k8s.api.core.v1.PersistentVolumeClaim",
  "Asks for a piece of storage, and stands for it once it is there.",
  {
    spec: struct(persistentVolumeClaimSpec, { field: 2, default: {}, doc: "What is asked for." }),
    status: struct(persistentVolumeClaimStatus, { field: 3, default: {}, doc: "What was given." }),
  },
);

export const PersistentVolumeClaimKind: Kind<PersistentVolumeClaim> = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  resource: "persistentvolumeclaims",
  shortNames: ["pvc"],
  scope: "Namespaced",
  schema: persistentVolumeClaim,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Status", type: "string", doc: "Whether it has a volume.", cell: ({ metadata, status }) => phaseOf(metadata, status) },
    { name: "Volume", type: "string", doc: "The volume it has.", cell: ({ spec }) => spec.volumeName ?? "" },
    {
      name: "Capacity",
      type: "string",
      doc: "How large the volume is.",
      cell: ({ spec, status }) => (isBound(spec) ? (status.capacity?.["storage"] ?? "") : ""),
    },
    {
      name: "Access Modes",
      type: "string",
      doc: "How the volume can be mounted.",
      cell: ({ spec, status }) => (isBound(spec) ? shortAccessModes(status.accessModes) : ""),
    },
    { name: "StorageClass", type: "string", doc: "The class that it asks for.", cell: storageClassOfClaim },
    {
      name: "VolumeAttributesClass",
      type: "string",
      doc: "The VolumeAttributesClass that it asks for.",
      cell: ({ spec }) => spec.volumeAttributesClassName ?? "<unset>",
    },
    ageColumn,
    { name: "VolumeMode", type: "string", priority: 1, doc: "File system or block device.", cell: ({ spec }) => spec.volumeMode },
  ],
  selectableFields: { name: ({ metadata }) => metadata.name },
  strategy: {
    answersDeleted: true,
    defaults: withDataSourcesInStep,
    prepareForCreate: (claim) => ({ ...claim, status: { phase: "Pending" } }),
    validate: ({ spec }) => validatePersistentVolumeClaimSpec(spec, "spec"),
    validateUpdate: validateClaimUpdate,
  },
});

function isBound({ volumeName = "" }: PersistentVolumeClaimSpec): boolean {
  return volumeName !== "";
}

/** The StorageClass that a claim names, by the field or by the older annotation; `""` when none. */
export function storageClassOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[storageClassAnnotation] ?? spec.storageClassName ?? "";
}

/** `dataSource` and `dataSourceRef` say the same, unless the reference goes to another namespace; a writer may give either. */
function withDataSourcesInStep(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { dataSource, dataSourceRef } = claim.spec;
  if (dataSource !== undefined && dataSourceRef === undefined) return { ...claim, spec: { ...claim.spec, dataSourceRef: dataSource } };
  if (dataSource === undefined && dataSourceRef !== undefined && (dataSourceRef.namespace ?? "") === "" && isContent(dataSourceRef)) {
    const { namespace: _, ...local } = dataSourceRef;
    return { ...claim, spec: { ...claim.spec, dataSource: local } };
  }
  return claim;
}

/** The kinds that the older field can name: claims and snapshots of volumes. */
function isContent({ apiGroup = "", kind }: TypedObjectReference): boolean {
  return apiGroup === "" ? kind === "PersistentVolumeClaim" : apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot";
}

/** A claim gets its volume once and, when it is bound, may ask for more space or other attributes; nothing else changes. */
function validateClaimUpdate(claim: PersistentVolumeClaim, previous: PersistentVolumeClaim): readonly FieldError[] {
  const { spec, status } = claim;
  const before = previous.spec;
  const isUnchanged = sameJson(withoutChangeable(spec, before, status.phase), withoutChangeable(before, before, status.phase));
  return [
    ...(isUnchanged
      ? []
      : [forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")]),
    ...validateShrinking(spec, previous),
    ...immutable("volumeMode", spec.volumeMode, before.volumeMode),
    ...validateAttributesClassChange(spec, before),
  ];
}

function withoutChangeable(spec: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec, phase: string): object {
  const { volumeName = "", storageClassName, volumeAttributesClassName, resources, ...rest } = spec;
  const { storage: _, ...requests } = resources.requests ?? {};
  return {
    ...rest,
    volumeName: (before.volumeName ?? "") === "" ? "" : volumeName,
    // The default class may be filled in later.
    storageClassName: before.storageClassName === undefined ? undefined : storageClassName,
    volumeAttributesClassName: phase === "Bound" ? undefined : volumeAttributesClassName,
    resources: phase === "Bound" ? { ...resources, requests } : resources,
  };
}

/** Volumes don't shrink, but a wish for more that can't be met may be taken back, down to what there is. */
function validateShrinking(spec: PersistentVolumeClaimSpec, { spec: before, status }: PersistentVolumeClaim): readonly FieldError[] {
  const wanted = parseQuantity(spec.resources.requests?.["storage"] ?? "0");
  const wantedBefore = parseQuantity(before.resources.requests?.["storage"] ?? "0");
  const present = parseQuantity(status.capacity?.["storage"] ?? "0");
  const shrinks = compareQuantities(wanted, wantedBefore) < 0 && compareQuantities(wanted, present) <= 0;
  return shrinks ? [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")] : [];
}

function validateAttributesClassChange(spec: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec): readonly FieldError[] {
  const path = "spec.volumeAttributesClassName";
  if (before.volumeAttributesClassName === undefined || spec.volumeAttributesClassName === before.volumeAttributesClassName) return [];
  if (spec.volumeAttributesClassName === undefined) return [forbidden(path, "update from non-nil value to nil is forbidden")];
  return spec.volumeAttributesClassName === "" ? [forbidden(path, "update from non-nil value to an empty string is forbidden")] : [];
}

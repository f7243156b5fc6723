import {
  byteLength,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  flag,
  forbidden,
  integer,
  invalid,
  isDnsSubdomain,
  isInRange,
  type Kind,
  kindObject,
  type KubernetesObject,
  map,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
  time,
  type Time,
  tooLong,
} from "@kubets/machinery";
import { persistentVolumeSpec, type PersistentVolumeSpec } from "../core/persistent-volume.ts";
import { nameColumn, ageColumn } from "../columns.ts";
import { validateInlineVolume } from "../core/persistent-volume-rules.ts";
import { immutable } from "../immutable.ts";
import { sizeOf, validateCsiDriverName } from "./driver-rules.ts";

/** Asks that a volume be attached to a node, and tells whether it is. */
export interface VolumeAttachment extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: VolumeAttachmentSpec;
  readonly status: VolumeAttachmentStatus;
}

/** Which volume should be attached to which node. */
export interface VolumeAttachmentSpec {
  readonly attacher: string;
  readonly source: VolumeAttachmentSource;
  readonly nodeName: string;
}

/** The volume to attach. */
export interface VolumeAttachmentSource {
  readonly persistentVolumeName?: string;
  readonly inlineVolumeSpec?: PersistentVolumeSpec;
}

/** How far the attacher is. */
export interface VolumeAttachmentStatus {
  readonly attached: boolean;
  readonly attachmentMetadata?: Readonly<Record<string, string>>;
  readonly attachError?: VolumeError;
  readonly detachError?: VolumeError;
}

/** What went wrong with a volume. */
export interface VolumeError {
  readonly time?: Time;
  readonly message?: string;
  readonly errorCode?: number;
}

const volumeError: Schema<VolumeError> = object<VolumeError>("io.k8s.api.storage.v1.VolumeError", "What went wrong with a volume.", {
  time: field(time, { field: 1, doc: "When." }),
  message: text({ field: 2, doc: "What, as a text that may be logged." }),
  errorCode: integer({ field: 3, presence: "pointer", doc: "The gRPC code of the driver's answer." }),
});

const volumeAttachmentStatus: Schema<VolumeAttachmentStatus> = object<VolumeAttachmentStatus>(
  "io.k8s.api.storage.v1.VolumeAttachmentStatus",
  "How far the attacher is.",
  {
    attached: flag({ field: 1, required: true, doc: "Whether it is attached." }),
    attachmentMetadata: map(string, { field: 2, doc: "What the attacher says of it, for those who mount." }),
    attachError: struct(volumeError, { field: 3, presence: "pointer", doc: "Why it could not be attached last time." }),
    detachError: struct(volumeError, { field: 4, presence: "pointer", doc: "Why it could not be detached last time." }),
  },
);

const volumeAttachmentSource: Schema<VolumeAttachmentSource> = object<VolumeAttachmentSource>(
  "io.k8s.api.storage.v1.VolumeAttachmentSource",
  "The volume to attach.",
  {
    persistentVolumeName: text({ field: 1, presence: "pointer", doc: "The PersistentVolume." }),
    inlineVolumeSpec: struct(persistentVolumeSpec, {
      field: 2,
      presence: "pointer",
      doc: "A volume that a Pod has inline, of a kind that has since moved to a CSI driver.",
    }),
  },
);

const volumeAttachmentSpec: Schema<VolumeAttachmentSpec> = object<VolumeAttachmentSpec>(
  "io.k8s.api.storage.v1.VolumeAttachmentSpec",
  "Which volume should be attached to which node.",
  {
    attacher: text({ field: 1, required: true, doc: "The driver that attaches it." }),
    source: struct(volumeAttachmentSource, { field: 2, required: true, doc: "The volume." }),
    nodeName: text({ field: 3, required: true, mayBeEmpty: true, doc: "The node." }),
  },
);

const volumeAttachment: Schema<VolumeAttachment> = kindObject<VolumeAttachment>(
  "io.k8s.api.storage.v1.VolumeAttachment",
  "Asks that a volume be attached to a node, and tells whether it is.",
  {
    spec: struct(volumeAttachmentSpec, { field: 2, required: true, doc: "Which volume, which node; never changes." }),
    status: struct(volumeAttachmentStatus, { field: 3, default: {}, doc: "How far the attacher is." }),
  },
);

export const VolumeAttachmentKind: Kind<VolumeAttachment> = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  resource: "volumeattachments",
  scope: "Cluster",
  schema: volumeAttachment,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Attacher", type: "string", format: "name", doc: "The driver that attaches it.", cell: ({ spec }) => spec.attacher },
    { name: "PV", type: "string", doc: "The volume.", cell: ({ spec }) => spec.source.persistentVolumeName ?? "" },
    { name: "Node", type: "string", doc: "The node.", cell: ({ spec }) => spec.nodeName },
    { name: "Attached", type: "boolean", doc: "Whether it is attached.", cell: ({ status }) => status.attached },
    ageColumn,
  ],
  strategy: {
    answersDeleted: true,
    unconditionalUpdate: false,
    validate: validateVolumeAttachment,
    validateUpdate: ({ spec }, previous) => immutable("spec", spec, previous.spec),
    validateStatusUpdate: validateVolumeAttachmentStatus,
  },
});

function validateVolumeAttachment({ spec }: VolumeAttachment): readonly FieldError[] {
  const { attacher, source, nodeName } = spec;
  return [
    ...(attacher === "" ? [] : validateCsiDriverName(attacher, "spec.attacher")),
    ...validateSource(source, "spec.source"),
    ...isDnsSubdomain(nodeName).map((message) => invalid("spec.nodeName", nodeName, message)),
  ];
}

function validateSource(
  { persistentVolumeName: name, inlineVolumeSpec: inline }: VolumeAttachmentSource,
  path: string,
): readonly FieldError[] {
  const exactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (name !== undefined && inline !== undefined) return [forbidden(path, exactlyOne)];
  if (inline !== undefined) return validateInlineVolume(inline, `${path}.inlineVolumeSpec`);
  if (name === undefined) return [required(path, exactlyOne)];
  if (name === "") return [required(`${path}.persistentVolumeName`, "must specify non empty persistentVolumeName")];
  return isDnsSubdomain(name).map((message) => invalid(`${path}.persistentVolumeName`, name, message));
}

const mostMetadataBytes = 256 * 1024;
const longestMessage = 1024;
const largestCode = 2 ** 31 - 1;

function validateVolumeAttachmentStatus({ status }: VolumeAttachment): readonly FieldError[] {
  return [
    ...(sizeOf(status.attachmentMetadata ?? {}) > mostMetadataBytes ? [tooLong("status.attachmentMetadata", mostMetadataBytes)] : []),
    ...validateVolumeError(status.attachError, "status.attachError"),
    ...validateVolumeError(status.detachError, "status.detachError"),
  ];
}

function validateVolumeError(error: VolumeError | undefined, path: string): readonly FieldError[] {
  const { message = "", errorCode } = error ?? {};
  return [
    ...(byteLength(message) > longestMessage ? [tooLong(`${path}.message`, mostMetadataBytes)] : []),
    ...(errorCode === undefined ? [] : isInRange(errorCode, 0, largestCode).map((text) => invalid(`${path}.errorCode`, errorCode, text))),
  ];
}

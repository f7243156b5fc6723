import {
  type defaulted,
  type LabelSelector,
  labelSelector,
  list,
  map,
  object,
  oneOf,
  quantity,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import {
  type TypedLocalObjectReference,
  typedLocalObjectReference,
  type TypedObjectReference,
  typedObjectReference,
} from "./object-reference.ts";
import { type ResourceList } from "./resource-requirements.ts";

export interface PersistentVolumeClaimSpec {
  readonly [defaulted]?: "resources" | "volumeMode";
  readonly accessModes?: readonly ("ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOnce" | "ReadWriteOncePod")[];
  readonly selector?: LabelSelector;
  readonly resources: VolumeResourceRequirements;
  readonly volumeName?: string;
  readonly storageClassName?: string;
  readonly volumeMode: "Block" | "Filesystem";
  readonly dataSource?: TypedLocalObjectReference;
  readonly dataSourceRef?: TypedObjectReference;
  readonly volumeAttributesClassName?: string;
}

export interface VolumeResourceRequirements {
  readonly limits?: ResourceList;
  readonly requests?: ResourceList;
}

export const volumeResourceRequirements: Schema<VolumeResourceRequirements> = object<VolumeResourceRequirements>(
  "io.k8s.api.core.v1.VolumeResourceRequirements",
  "The storage that is asked for, and its upper bound.",
  {
    limits: map(quantity, { field: 1, doc: "The most storage that the volume may have." }),
    requests: map(quantity, { field: 2, doc: "The least storage that the volume must have." }),
  },
);

export const persistentVolumeClaimSpec: Schema<PersistentVolumeClaimSpec> = object<PersistentVolumeClaimSpec>(
  "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
  "The storage that a claim asks for.",
  {
    accessModes: list(oneOf("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"), {
      field: 1,
      listType: "atomic",
      doc: "Ways in which the volume is to be mountable.",
    }),
    selector: struct(labelSelector, { field: 4, presence: "pointer", doc: "Which PersistentVolumes may be bound, by their labels." }),
    resources: struct(volumeResourceRequirements, { field: 2, default: {}, doc: "How much storage is asked for." }),
    volumeName: text({ field: 3, doc: "Name of the PersistentVolume that is bound." }),
    storageClassName: text({
      field: 5,
      presence: "pointer",
      doc: "StorageClass that provisions the volume; the default class when absent, none when empty.",
    }),
    volumeMode: text({
      field: 6,
      presence: "pointer",
      enum: ["Block", "Filesystem"],
      default: "Filesystem",
      doc: "Whether the volume carries a file system or is used as a raw block device.",
    }),
    dataSource: struct(typedLocalObjectReference, {
      field: 7,
      presence: "pointer",
      doc: "VolumeSnapshot or PersistentVolumeClaim that the new volume is filled from.",
    }),
    dataSourceRef: struct(typedObjectReference, {
      field: 8,
      presence: "pointer",
      doc: "Any object that the new volume is filled from, also by way of a volume populator.",
    }),
    volumeAttributesClassName: text({
      field: 9,
      presence: "pointer",
      doc: "VolumeAttributesClass whose parameters the volume gets; may be changed later.",
    }),
  },
);

import { type defaulted, flag, map, object, type Schema, string, struct, type TemplateMeta, templateMeta, text } from "@kubets/machinery";
import { type LocalObjectReference, localObjectReference } from "../../shared/object-reference.ts";
import { type PersistentVolumeClaimSpec, persistentVolumeClaimSpec } from "../../shared/persistent-volume-claim-spec.ts";

export interface PersistentVolumeClaimVolumeSource {
  readonly claimName: string;
  readonly readOnly?: boolean;
}

export interface EphemeralVolumeSource {
  readonly volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}

export interface PersistentVolumeClaimTemplate {
  readonly [defaulted]?: "metadata";
  readonly metadata: TemplateMeta;
  readonly spec: PersistentVolumeClaimSpec;
}

export interface CSIVolumeSource {
  readonly driver: string;
  readonly readOnly?: boolean;
  readonly fsType?: string;
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  readonly nodePublishSecretRef?: LocalObjectReference;
}

export const persistentVolumeClaimVolumeSource: Schema<PersistentVolumeClaimVolumeSource> = object<PersistentVolumeClaimVolumeSource>(
  "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource",
  "The volume bound to a PersistentVolumeClaim of the same namespace.",
  {
    claimName: text({ field: 1, required: true, doc: "Name of the claim." }),
    readOnly: flag({ field: 2, doc: "Mount read-only everywhere in the Pod." }),
  },
);

export const persistentVolumeClaimTemplate: Schema<PersistentVolumeClaimTemplate> = object<PersistentVolumeClaimTemplate>(
  "io.k8s.api.core.v1.PersistentVolumeClaimTemplate",
  "A claim to be made.",
  {
    metadata: struct(templateMeta, { field: 1, default: {}, doc: "Labels and annotations of the claim." }),
    spec: struct(persistentVolumeClaimSpec, { field: 2, required: true, doc: "What the claim asks for." }),
  },
);

export const ephemeralVolumeSource: Schema<EphemeralVolumeSource> = object<EphemeralVolumeSource>(
  "io.k8s.api.core.v1.EphemeralVolumeSource",
  "A PersistentVolumeClaim that is made for this Pod and goes with it.",
  {
    volumeClaimTemplate: struct(persistentVolumeClaimTemplate, {
      field: 1,
      presence: "pointer",
      doc: "What to make; the claim is named POD-VOLUME.",
    }),
  },
);

export const csiVolumeSource: Schema<CSIVolumeSource> = object<CSIVolumeSource>(
  "io.k8s.api.core.v1.CSIVolumeSource",
  "A short-lived volume that a CSI driver makes for this Pod.",
  {
    driver: text({ field: 1, required: true, doc: "Name of the driver." }),
    readOnly: flag({ field: 2, presence: "pointer", doc: "Mount read-only." }),
    fsType: text({ field: 3, presence: "pointer", doc: "File system to mount; the driver's default when absent." }),
    volumeAttributes: map(string, { field: 4, doc: "Settings that the driver defines." }),
    nodePublishSecretRef: struct(localObjectReference, {
      field: 5,
      presence: "pointer",
      doc: "Secret that is handed to the driver when it mounts.",
    }),
  },
);

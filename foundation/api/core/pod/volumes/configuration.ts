import { type defaulted, embedded, flag, integer, list, object, type Schema, struct, text } from "@kubets/machinery";
import { localObjectReference } from "../../shared/object-reference.ts";
import { type ObjectFieldSelector, objectFieldSelector, type ResourceFieldSelector, resourceFieldSelector } from "../environment.ts";

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

export interface SecretVolumeSource {
  readonly [defaulted]?: "defaultMode";
  readonly secretName?: string;
  readonly items?: readonly KeyToPath[];
  readonly defaultMode: number;
  readonly optional?: boolean;
}

export interface ConfigMapVolumeSource {
  readonly [defaulted]?: "name" | "defaultMode";
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly defaultMode: number;
  readonly optional?: boolean;
}

export interface DownwardAPIVolumeSource {
  readonly [defaulted]?: "defaultMode";
  readonly items?: readonly DownwardAPIVolumeFile[];
  readonly defaultMode: number;
}

export interface DownwardAPIVolumeFile {
  readonly path: string;
  readonly fieldRef?: ObjectFieldSelector;
  readonly resourceFieldRef?: ResourceFieldSelector;
  readonly mode?: number;
}

export const keyToPath: Schema<KeyToPath> = object<KeyToPath>("io.k8s.api.core.v1.KeyToPath", "Puts one key into one file.", {
  key: text({ field: 1, required: true, doc: "Key to take." }),
  path: text({ field: 2, required: true, doc: 'Path of the file within the volume, relative and without "..".' }),
  mode: integer({ field: 3, presence: "pointer", doc: "Permission bits of the file; the volume's default when absent." }),
});

export const secretVolumeSource: Schema<SecretVolumeSource> = object<SecretVolumeSource>(
  "io.k8s.api.core.v1.SecretVolumeSource",
  "Files made of a Secret.",
  {
    secretName: text({ field: 1, doc: "Name of the Secret." }),
    items: list(keyToPath, { field: 2, listType: "atomic", doc: "Keys to make files of; all of them when absent." }),
    defaultMode: integer({ field: 3, presence: "pointer", default: 420, doc: "Permission bits of the files." }),
    optional: flag({ field: 4, presence: "pointer", doc: "Whether the Secret or its keys may be missing." }),
  },
);

export const configMapVolumeSource: Schema<ConfigMapVolumeSource> = object<ConfigMapVolumeSource>(
  "io.k8s.api.core.v1.ConfigMapVolumeSource",
  "Files made of a ConfigMap.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    items: list(keyToPath, { field: 2, listType: "atomic", doc: "Keys to make files of; all of them when absent." }),
    defaultMode: integer({ field: 3, presence: "pointer", default: 420, doc: "Permission bits of the files." }),
    optional: flag({ field: 4, presence: "pointer", doc: "Whether the ConfigMap or its keys may be missing." }),
  },
);

export const downwardAPIVolumeFile: Schema<DownwardAPIVolumeFile> = object<DownwardAPIVolumeFile>(
  "io.k8s.api.core.v1.DownwardAPIVolumeFile",
  "A file made of one field of the Pod.",
  {
    path: text({ field: 1, required: true, doc: 'Path of the file within the volume, relative and without "..".' }),
    fieldRef: struct(objectFieldSelector, {
      field: 2,
      presence: "pointer",
      doc: "A field of the Pod: annotations, labels, name, namespace or uid.",
    }),
    resourceFieldRef: struct(resourceFieldSelector, { field: 3, presence: "pointer", doc: "A request or limit of a container." }),
    mode: integer({ field: 4, presence: "pointer", doc: "Permission bits of the file; the volume's default when absent." }),
  },
);

export const downwardAPIVolumeSource: Schema<DownwardAPIVolumeSource> = object<DownwardAPIVolumeSource>(
  "io.k8s.api.core.v1.DownwardAPIVolumeSource",
  "Files made of fields of the Pod.",
  {
    items: list(downwardAPIVolumeFile, { field: 1, listType: "atomic", doc: "The files." }),
    defaultMode: integer({ field: 2, presence: "pointer", default: 420, doc: "Permission bits of the files." }),
  },
);

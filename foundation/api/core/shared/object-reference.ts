import { type defaulted, object, type Schema, text } from "@kubets/machinery";

export interface ObjectReference {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly apiVersion?: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

export interface LocalObjectReference {
  readonly [defaulted]?: "name";
  readonly name: string;
}

export interface TypedLocalObjectReference {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface TypedObjectReference {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface SecretReference {
  readonly name?: string;
  readonly namespace?: string;
}

export const objectReference: Schema<ObjectReference> = object<ObjectReference>(
  "io.k8s.api.core.v1.ObjectReference",
  "Points at any object, or at a part of one.",
  {
    kind: text({ field: 1, doc: "Kind of the object." }),
    namespace: text({ field: 2, doc: "Namespace of the object; empty for one of cluster scope." }),
    name: text({ field: 3, doc: "Name of the object." }),
    uid: text({ field: 4, doc: "UID of the object, to tell it from a later one of the same name." }),
    apiVersion: text({ field: 5, doc: "Group and version in which the reference was made." }),
    resourceVersion: text({ field: 6, doc: "Revision of the object that is meant, if one is." }),
    fieldPath: text({ field: 7, doc: "Part of the object that is meant, such as spec.containers{name}." }),
  },
  { atomic: true },
);

export const localObjectReference: Schema<LocalObjectReference> = object<LocalObjectReference>(
  "io.k8s.api.core.v1.LocalObjectReference",
  "Names an object of the same namespace; its kind follows from where the reference stands.",
  {
    name: text({ field: 1, default: "", doc: "Name of the object." }),
  },
  { atomic: true },
);

export const typedLocalObjectReference: Schema<TypedLocalObjectReference> = object<TypedLocalObjectReference>(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  "Names an object of any kind in the same namespace.",
  {
    apiGroup: text({ field: 1, presence: "pointer", doc: "API group of the object; absent for the core group." }),
    kind: text({ field: 2, required: true, doc: "Kind of the object." }),
    name: text({ field: 3, required: true, doc: "Name of the object." }),
  },
  { atomic: true },
);

export const typedObjectReference: Schema<TypedObjectReference> = object<TypedObjectReference>(
  "io.k8s.api.core.v1.TypedObjectReference",
  "Names an object of any kind, possibly in another namespace.",
  {
    apiGroup: text({ field: 1, presence: "pointer", doc: "API group of the object; absent for the core group." }),
    kind: text({ field: 2, required: true, doc: "Kind of the object." }),
    name: text({ field: 3, required: true, doc: "Name of the object." }),
    namespace: text({
      field: 4,
      presence: "pointer",
      doc: "Namespace of the object; that of the referring one when absent. Another one must permit it by a ReferenceGrant.",
    }),
  },
);

export const secretReference: Schema<SecretReference> = object<SecretReference>(
  "io.k8s.api.core.v1.SecretReference",
  "Names a Secret in any namespace.",
  {
    name: text({ field: 1, doc: "Name of the Secret." }),
    namespace: text({ field: 2, doc: "Namespace of the Secret." }),
  },
  { atomic: true },
);

import { assigned, listMeta, objectMeta } from "./meta-schemas.ts";
import type { KubernetesList, KubernetesObject, ListMeta, ObjectMeta } from "./meta.ts";
import { type Field, type FieldsOf, list, object, type ObjectFacts, type Schema, struct, text } from "./schema.ts";

/**
 * The schema of a kind: its own fields with `kind`, `apiVersion` and `metadata` before them.
 *
 * @example
 * const replicaSet = kindObject<ReplicaSet>("io.k8s.api.apps.v1.ReplicaSet", "Keeps a number of equal Pods running.", {
 *   spec: struct(replicaSetSpec, { field: 2, default: {}, doc: "What is wanted." }),
 *   status: struct(replicaSetStatus, { field: 3, default: {}, doc: "What is." }),
 * });
 */
export function kindObject<T extends KubernetesObject>(
  name: string,
  doc: string,
  fields: KindFields<T> | (() => KindFields<T>),
  facts: ObjectFacts = {},
): Schema<T> {
  const all = (own: KindFields<T>): FieldsOf<T> => ({ ...typeMeta(), metadata: objectMetadata, ...own }) as unknown as FieldsOf<T>;
  return object<T>(name, doc, typeof fields === "function" ? () => all(fields()) : all(fields), facts);
}

/** The entries of a kind beside those that all kinds have. */
export type KindFields<T> = Omit<FieldsOf<T>, "kind" | "apiVersion" | "metadata">;

/** The schema of a list of objects; `name` is its OpenAPI definition, such as `io.k8s.api.apps.v1.ReplicaSetList`. */
export function listObject<T extends KubernetesObject>(name: string, doc: string, item: Schema<T>): Schema<KubernetesList<T>> {
  return object<KubernetesList<T>>(name, doc, {
    ...typeMeta(),
    metadata: listMetadata,
    items: list(item, { field: 2, required: true, mayBeEmpty: true, doc: "The objects." }),
  });
}

/** The entries of `kind` and `apiVersion`, in the order in which upstream writes them. */
export function typeMeta<Kind extends string = string, Version extends string = string>(): {
  readonly kind: Field<Kind, true>;
  readonly apiVersion: Field<Version, true>;
} {
  return {
    kind: assigned(text<Kind>({ field: 0, doc: "The kind of the object, in CamelCase." })),
    apiVersion: assigned(text<Version>({ field: 0, doc: "The API group and version that the object is written in, such as apps/v1." })),
  };
}

const objectMetadata: Field<ObjectMeta, true> = struct(objectMeta, {
  field: 1,
  default: {},
  doc: "Name, labels and what else every object carries.",
});
export const listMetadata: Field<ListMeta, true> = struct(listMeta, {
  field: 1,
  default: {},
  doc: "The revision, and how to get what follows of a list.",
});

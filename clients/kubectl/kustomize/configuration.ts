import { commonAnnotations, commonLabels, templateLabels } from "./default-metadata-fields.ts";
import { defaultNameReferences } from "./default-name-references.ts";
import { defaultVariableReferences } from "./default-variable-references.ts";
import { type FieldSpec, mergeFieldSpecs } from "./field-specs.ts";
import { compareKinds } from "./kind-order.ts";
import type { KindSelector } from "./resource-id.ts";

/** Fields that hold the name of an object of a kind. */
export interface NameReference extends KindSelector {
  readonly fieldSpecs: readonly FieldSpec[];
}

/** Which fields of which kinds the parts of a kustomization change. */
export interface Configuration {
  readonly namePrefix: readonly FieldSpec[];
  readonly nameSuffix: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly commonLabels: readonly FieldSpec[];
  readonly labels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly nameReference: readonly NameReference[];
  readonly varReference: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
}

export const noConfiguration: Configuration = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
};

const created = (path: string, kind: string): FieldSpec => ({ path, kind, create: true });

export const defaultConfiguration: Configuration = {
  namePrefix: [{ path: "metadata/name" }],
  nameSuffix: [{ path: "metadata/name" }],
  namespace: [
    created("metadata/name", "Namespace"),
    { path: "spec/service/namespace", group: "apiregistration.k8s.io", kind: "APIService", create: true },
    { path: "spec/conversion/webhook/clientConfig/service/namespace", group: "apiextensions.k8s.io", kind: "CustomResourceDefinition" },
  ],
  commonLabels,
  labels: [],
  templateLabels,
  commonAnnotations,
  nameReference: defaultNameReferences,
  varReference: defaultVariableReferences,
  images: ["spec/containers[]", "spec/initContainers[]", "spec/template/spec/containers[]", "spec/template/spec/initContainers[]"].map(
    (path) => ({ path: `${path}/image`, create: true }),
  ),
  replicas: ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map((kind) => created("spec/replicas", kind)),
};

/**
 * Adds the fields of one configuration to those of another. They are sorted by kinds at each merge, as upstream does: a field of any kind
 * that comes behind the same field of some kinds is taken to be there already.
 */
export function mergeConfigurations(first: Configuration, second: Configuration): Configuration {
  const merge = (name: Exclude<keyof Configuration, "nameReference">): readonly FieldSpec[] =>
    mergeFieldSpecs(first[name], second[name]).toSorted(compareKinds);
  return {
    namePrefix: merge("namePrefix"),
    nameSuffix: merge("nameSuffix"),
    namespace: merge("namespace"),
    commonLabels: merge("commonLabels"),
    labels: merge("labels"),
    templateLabels: merge("templateLabels"),
    commonAnnotations: merge("commonAnnotations"),
    nameReference: mergeNameReferences(first.nameReference, second.nameReference),
    varReference: merge("varReference"),
    images: merge("images"),
    replicas: merge("replicas"),
  };
}

function mergeNameReferences(first: readonly NameReference[], second: readonly NameReference[]): readonly NameReference[] {
  const merged = [...first];
  for (const reference of second) {
    const index = merged.findIndex((each) => isSameKind(each, reference));
    if (index < 0) merged.push(reference);
    else merged[index] = { ...merged[index]!, fieldSpecs: mergeFieldSpecs(merged[index]!.fieldSpecs, reference.fieldSpecs) };
  }
  return merged.toSorted(compareKinds);
}

function isSameKind(one: KindSelector, other: KindSelector): boolean {
  return (["group", "version", "kind"] as const).every((part) => (one[part] ?? "") === (other[part] ?? ""));
}

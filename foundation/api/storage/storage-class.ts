import {
  type defaulted,
  defineKind,
  duplicates,
  type FieldError,
  flag,
  forbidden,
  invalid,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  required,
  sameJson,
  type Schema,
  string,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { validateParameters, validateProvisioner } from "./driver-rules.ts";

/** Names a way to make volumes for claims. */
export interface StorageClass extends KubernetesObject {
  readonly [defaulted]?: "reclaimPolicy" | "volumeBindingMode";
  readonly provisioner: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly reclaimPolicy: "Delete" | "Recycle" | "Retain";
  readonly mountOptions?: readonly string[];
  readonly allowVolumeExpansion?: boolean;
  readonly volumeBindingMode: "Immediate" | "WaitForFirstConsumer";
  readonly allowedTopologies?: readonly TopologySelectorTerm[];
}

/** Places with certain labels; all must match. */
export interface TopologySelectorTerm {
  readonly matchLabelExpressions?: readonly TopologySelectorLabelRequirement[];
}

/** One label of a place. */
export interface TopologySelectorLabelRequirement {
  readonly key: string;
  readonly values: readonly string[];
}

const topologySelectorLabelRequirement: Schema<TopologySelectorLabelRequirement> = object<TopologySelectorLabelRequirement>(
  "io.k8s.api.core.v1.TopologySelectorLabelRequirement",
  "One label of a place.",
  {
    key: text({ field: 1, required: true, mayBeEmpty: true, doc: "The label's key." }),
    values: list(string, { field: 2, required: true, mayBeEmpty: true, listType: "atomic", doc: "Its values, one of which must match." }),
  },
);

const topologySelectorTerm: Schema<TopologySelectorTerm> = object<TopologySelectorTerm>(
  "io.k8s.api.core.v1.TopologySelectorTerm",
  "Places with certain labels; all must match.",
  {
    matchLabelExpressions: list(topologySelectorLabelRequirement, { field: 1, listType: "atomic", doc: "The labels." }),
  },
  { atomic: true },
);

const storageClass: Schema<StorageClass> = kindObject<StorageClass>(
  "io.k8s.api.storage.v1.StorageClass",
  "Names a way to make volumes for claims.",
  {
    provisioner: text({ field: 2, required: true, doc: "Who makes the volumes." }),
    parameters: map(string, { field: 3, doc: "What the provisioner is told." }),
    reclaimPolicy: text({
      field: 4,
      presence: "pointer",
      default: "Delete",
      enum: ["Delete", "Recycle", "Retain"],
      doc: "What becomes of a volume whose claim is gone.",
    }),
    mountOptions: list(string, { field: 5, listType: "atomic", doc: "Options with which the volumes are mounted." }),
    allowVolumeExpansion: flag({ field: 6, presence: "pointer", doc: "Whether claims may ask for more space later." }),
    volumeBindingMode: text({
      field: 7,
      presence: "pointer",
      default: "Immediate",
      enum: ["Immediate", "WaitForFirstConsumer"],
      doc: "Whether a claim is bound at once, or when a Pod first uses it.",
    }),
    allowedTopologies: list(topologySelectorTerm, { field: 8, listType: "atomic", doc: "Where volumes may be made." }),
  },
);

const isDefaultAnnotations = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/** Whether claims that name no class get this one. */
export function isDefaultStorageClass({ metadata }: StorageClass): boolean {
  return isDefaultAnnotations.some((annotation) => metadata.annotations?.[annotation] === "true");
}

/** The class of claims that name none: of several defaults the newest, then the first by name. */
export function defaultStorageClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  return classes
    .filter(isDefaultStorageClass)
    .toSorted(
      (a, b) => compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name),
    )[0];
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

export const StorageClassKind: Kind<StorageClass> = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  resource: "storageclasses",
  shortNames: ["sc"],
  scope: "Cluster",
  schema: storageClass,
  columns: [
    { ...nameColumn, cell: (storageClass) => `${storageClass.metadata.name}${isDefaultStorageClass(storageClass) ? " (default)" : ""}` },
    { name: "Provisioner", type: "string", doc: "Who makes the volumes.", cell: ({ provisioner }) => provisioner },
    {
      name: "ReclaimPolicy",
      type: "string",
      doc: "What becomes of a volume whose claim is gone.",
      cell: ({ reclaimPolicy }) => reclaimPolicy,
    },
    { name: "VolumeBindingMode", type: "string", doc: "When a claim is bound.", cell: ({ volumeBindingMode }) => volumeBindingMode },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      doc: "Whether claims may ask for more space later.",
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
  strategy: { answersDeleted: true, validate: validateStorageClass, validateUpdate: validateStorageClassUpdate },
});

function validateStorageClass({ provisioner, parameters = {}, allowedTopologies = [] }: StorageClass): readonly FieldError[] {
  return [
    ...validateProvisioner(provisioner, "provisioner"),
    ...validateParameters(parameters, "parameters"),
    ...allowedTopologies.flatMap((term, index) => validateTerm(term, `allowedTopologies[${index}]`)),
  ];
}

function validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: string): readonly FieldError[] {
  const list = `${path}.matchLabelExpressions`;
  return [
    ...duplicates(list, matchLabelExpressions, ({ key }) => key, { child: "key" }),
    ...matchLabelExpressions.flatMap(({ key, values }, index) => [
      ...(values.length === 0 ? [required(`${list}[${index}].values`)] : duplicates(`${list}[${index}].values`, values, (value) => value)),
      ...isQualifiedName(key).map((message) => invalid(`${list}[${index}].key`, key, message)),
    ]),
  ];
}

/** Volumes were made by what the class said; it can't say something else afterwards. */
function validateStorageClassUpdate(storageClass: StorageClass, previous: StorageClass): readonly FieldError[] {
  const unchanging = ["parameters", "provisioner", "reclaimPolicy"] as const;
  return [
    ...unchanging
      .filter((field) => !sameJson(storageClass[field], previous[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...immutable("volumeBindingMode", storageClass.volumeBindingMode, previous.volumeBindingMode),
  ];
}

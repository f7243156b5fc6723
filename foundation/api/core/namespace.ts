import {
  allVerbs,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  invalid,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";

/** A scope of names: objects in one namespace don't clash with those in another. */
export interface Namespace extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: NamespaceSpec;
  readonly status: NamespaceStatus;
}

/** What a namespace asks for. */
export interface NamespaceSpec {
  readonly finalizers?: readonly string[];
}

/** Where a namespace is in its life. */
export interface NamespaceStatus {
  readonly [defaulted]?: "phase";
  readonly phase: "Active" | "Terminating";
  readonly conditions?: readonly NamespaceCondition[];
}

/** One observation about a namespace that is being deleted. */
export interface NamespaceCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const namespaceSpec: Schema<NamespaceSpec> = object<NamespaceSpec>("io.k8s.api.core.v1.NamespaceSpec", "What a namespace asks for.", {
  finalizers: list(string, {
    field: 1,
    listType: "atomic",
    doc: "Who has to finish before the emptied namespace may go away; `kubernetes` stands for the deletion of its content.",
  }),
});

const namespaceCondition: Schema<NamespaceCondition> = object<NamespaceCondition>(
  "io.k8s.api.core.v1.NamespaceCondition",
  "One observation about a namespace that is being deleted.",
  {
    type: text({ field: 1, required: true, doc: "What is observed." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 4, doc: "When the status last changed." }),
    reason: text({ field: 5, doc: "One word for machines." }),
    message: text({ field: 6, doc: "A sentence for people." }),
  },
);

const namespaceStatus: Schema<NamespaceStatus> = object<NamespaceStatus>(
  "io.k8s.api.core.v1.NamespaceStatus",
  "Where a namespace is in its life.",
  {
    phase: text({ field: 1, default: "Active", enum: ["Active", "Terminating"], doc: "Active, or Terminating once it is being deleted." }),
    conditions: list(namespaceCondition, {
      field: 2,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What the namespace controller found while deleting the content.",
    }),
  },
);

const namespace: Schema<Namespace> = kindObject<Namespace>(
  "io.k8s.api.core.v1.Namespace",
  "A scope of names: objects in one namespace don't clash with those in another.",
  {
    spec: struct(namespaceSpec, { field: 2, default: {}, doc: "What the namespace asks for." }),
    status: struct(namespaceStatus, { field: 3, default: {}, doc: "Where the namespace is in its life." }),
  },
);

/** The finalizer that stands for the deletion of a namespace's content. */
const kubernetesFinalizer = "kubernetes";
const nameLabel = "kubernetes.io/metadata.name";

export const NamespaceKind: Kind<Namespace> = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  resource: "namespaces",
  shortNames: ["ns"],
  scope: "Cluster",
  schema: namespace,
  verbs: allVerbs.filter((verb) => verb !== "deletecollection"),
  subresources: { status: true, others: ["finalize"] },
  columns: [
    nameColumn,
    { name: "Status", type: "string", doc: "Whether the namespace is in use or being deleted.", cell: ({ status }) => status.phase },
    ageColumn,
  ],
  selectableFields: { "status.phase": ({ status }) => status.phase },
  strategy: {
    name: "dnsLabel",
    defaults: labelledWithName,
    prepareForCreate: (namespace) =>
      labelledWithName({ ...namespace, spec: withKubernetesFinalizer(namespace.spec), status: { phase: "Active" } }),
    // Only the finalize subresource changes the finalizers.
    prepareForUpdate: (namespace, previous) => ({ ...namespace, spec: previous.spec }),
    validate: validateNamespace,
    validateStatusUpdate,
  },
});

/** Every namespace carries its name as a label, so that selectors can choose namespaces by name. */
function labelledWithName(namespace: Namespace): Namespace {
  const { name, labels } = namespace.metadata;
  if (name === "" || name === undefined || labels?.[nameLabel] === name) return namespace;
  return { ...namespace, metadata: { ...namespace.metadata, labels: { ...labels, [nameLabel]: name } } };
}

function withKubernetesFinalizer(spec: NamespaceSpec): NamespaceSpec {
  const finalizers = spec.finalizers ?? [];
  return finalizers.includes(kubernetesFinalizer) ? spec : { ...spec, finalizers: [...finalizers, kubernetesFinalizer] };
}

function validateNamespace({ spec }: Namespace): readonly FieldError[] {
  return (spec.finalizers ?? []).flatMap((finalizer) => validateFinalizer("spec.finalizers", finalizer));
}

/** For the finalize subresource: what may stand in `spec.finalizers`. */
export function validateNamespaceFinalizers({ spec }: Namespace): readonly FieldError[] {
  return (spec.finalizers ?? []).flatMap((finalizer, index) => validateFinalizer(`spec.finalizers[${index}]`, finalizer));
}

function validateFinalizer(field: string, finalizer: string): readonly FieldError[] {
  const errors = isQualifiedName(finalizer).map((message) => invalid(field, finalizer, message));
  if (finalizer.includes("/") || standardFinalizers.has(finalizer)) return errors;
  return [...errors, invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")];
}

const standardFinalizers: ReadonlySet<string> = new Set([kubernetesFinalizer, "orphan", "foregroundDeletion"]);

function validateStatusUpdate({ metadata, status }: Namespace): readonly FieldError[] {
  if (metadata.deletionTimestamp === undefined) {
    return status.phase === "Active" ? [] : [invalid("status.Phase", status.phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  if (status.phase === "Terminating") return [];
  return [invalid("status.Phase", status.phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
}

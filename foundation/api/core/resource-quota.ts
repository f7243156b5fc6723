import {
  type defaulted,
  defineKind,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  oneOf,
  quantity,
  type Quantity,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateResourceQuota, validateResourceQuotaUpdate } from "./resource-quota-rules.ts";

/** Limits how much a namespace may use and hold. */
export interface ResourceQuota extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ResourceQuotaSpec;
  readonly status: ResourceQuotaStatus;
}

/** How much a namespace may use and hold. */
export interface ResourceQuotaSpec {
  readonly hard?: Readonly<Record<string, Quantity>>;
  readonly scopes?: readonly (
    | "BestEffort"
    | "CrossNamespacePodAffinity"
    | "NotBestEffort"
    | "NotTerminating"
    | "PriorityClass"
    | "Terminating"
    | "VolumeAttributesClass"
  )[];
  readonly scopeSelector?: ScopeSelector;
}

/** Scopes by their values; all conditions must hold. */
export interface ScopeSelector {
  readonly matchExpressions?: readonly ScopedResourceSelectorRequirement[];
}

/** One condition on a scope. */
export interface ScopedResourceSelectorRequirement {
  readonly scopeName:
    | "BestEffort"
    | "CrossNamespacePodAffinity"
    | "NotBestEffort"
    | "NotTerminating"
    | "PriorityClass"
    | "Terminating"
    | "VolumeAttributesClass";
  readonly operator: "DoesNotExist" | "Exists" | "In" | "NotIn";
  readonly values?: readonly string[];
}

/** What is used of a quota. */
export interface ResourceQuotaStatus {
  readonly hard?: Readonly<Record<string, Quantity>>;
  readonly used?: Readonly<Record<string, Quantity>>;
}

const scopedResourceSelectorRequirement: Schema<ScopedResourceSelectorRequirement> = object<ScopedResourceSelectorRequirement>(
  "io.k8s.api.core.v1.ScopedResourceSelectorRequirement",
  "One condition on a scope.",
  {
    scopeName: text({
      field: 1,
      required: true,
      enum: [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ],
      doc: "The scope.",
    }),
    operator: text({
      field: 2,
      required: true,
      enum: ["DoesNotExist", "Exists", "In", "NotIn"],
      doc: "How the scope relates to the values.",
    }),
    values: list(string, { field: 3, listType: "atomic", doc: "The values for In and NotIn; none for Exists and DoesNotExist." }),
  },
);

const scopeSelector: Schema<ScopeSelector> = object<ScopeSelector>(
  "io.k8s.api.core.v1.ScopeSelector",
  "Scopes by their values; all conditions must hold.",
  {
    matchExpressions: list(scopedResourceSelectorRequirement, { field: 1, listType: "atomic", doc: "The conditions." }),
  },
  { atomic: true },
);

const resourceQuotaSpec: Schema<ResourceQuotaSpec> = object<ResourceQuotaSpec>(
  "io.k8s.api.core.v1.ResourceQuotaSpec",
  "How much a namespace may use and hold.",
  {
    hard: map(quantity, { field: 1, doc: "The most of each resource, and of objects by `count/RESOURCE.GROUP`." }),
    scopes: list(
      oneOf(
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ),
      { field: 2, listType: "atomic", doc: "Only objects to which all of these apply count." },
    ),
    scopeSelector: struct(scopeSelector, { field: 3, presence: "pointer", doc: "Only objects in these scopes count." }),
  },
);

const resourceQuotaStatus: Schema<ResourceQuotaStatus> = object<ResourceQuotaStatus>(
  "io.k8s.api.core.v1.ResourceQuotaStatus",
  "What is used of a quota.",
  {
    hard: map(quantity, { field: 1, doc: "The limits that hold." }),
    used: map(quantity, { field: 2, doc: "How much is used." }),
  },
);

const resourceQuota: Schema<ResourceQuota> = kindObject<ResourceQuota>(
  "io.k8s.api.core.v1.ResourceQuota",
  "Limits how much a namespace may use and hold.",
  {
    spec: struct(resourceQuotaSpec, { field: 2, default: {}, doc: "The limits." }),
    status: struct(resourceQuotaStatus, { field: 3, default: {}, doc: "What is used of them." }),
  },
);

export const ResourceQuotaKind: Kind<ResourceQuota> = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  resource: "resourcequotas",
  shortNames: ["quota"],
  scope: "Namespaced",
  schema: resourceQuota,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Request", type: "string", doc: "How much is used of what may be asked for.", cell: ({ status }) => usage(status, false) },
    { name: "Limit", type: "string", doc: "How much is used of the limits.", cell: ({ status }) => usage(status, true) },
    ageColumn,
  ],
  strategy: { answersDeleted: true, validate: validateResourceQuota, validateUpdate: validateResourceQuotaUpdate },
});

function usage({ hard = {}, used = {} }: ResourceQuotaStatus, ofLimits: boolean): string {
  return Object.keys(hard)
    .filter((name) => name.startsWith("limits.") === ofLimits)
    .toSorted()
    .map((name) => `${name}: ${used[name] ?? "0"}/${hard[name]}`)
    .join(", ");
}

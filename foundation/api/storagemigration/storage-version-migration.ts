import {
  condition,
  type Condition,
  type defaulted,
  defineKind,
  type FieldError,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  required,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";

/** Has all objects of a resource written again, in the version in which they are stored now. */
export interface StorageVersionMigration extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: StorageVersionMigrationSpec;
  readonly status: StorageVersionMigrationStatus;
}

/** What is to be written again. */
export interface StorageVersionMigrationSpec {
  readonly resource: MigratedResource;
}

/** Names a resource, whatever its version. */
export interface MigratedResource {
  readonly group: string;
  readonly resource: string;
}

/** How far a migration is. */
export interface StorageVersionMigrationStatus {
  readonly conditions?: readonly Condition[];
  readonly resourceVersion?: string;
}

const storageVersionMigrationStatus: Schema<StorageVersionMigrationStatus> = object<StorageVersionMigrationStatus>(
  "io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationStatus",
  "How far a migration is.",
  {
    conditions: list(condition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Running, Succeeded or Failed.",
    }),
    resourceVersion: text({ field: 2, doc: "The revision up to which objects are written again; never changes once it is set." }),
  },
);

const groupResource: Schema<MigratedResource> = object<MigratedResource>(
  "io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource",
  "Names a resource, whatever its version.",
  {
    group: text({ field: 1, required: true, mayBeEmpty: true, doc: "The API group; empty for the core group." }),
    resource: text({ field: 2, required: true, mayBeEmpty: true, doc: "The resource, such as pods." }),
  },
);

const storageVersionMigrationSpec: Schema<StorageVersionMigrationSpec> = object<StorageVersionMigrationSpec>(
  "io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec",
  "What is to be written again.",
  {
    resource: struct(groupResource, { field: 1, required: true, doc: "The resource; never changes." }),
  },
);

const storageVersionMigration: Schema<StorageVersionMigration> = kindObject<StorageVersionMigration>(
  "io.k8s.api.storagemigration.v1beta1.StorageVersionMigration",
  "Has all objects of a resource written again, in the version in which they are stored now.",
  {
    spec: struct(storageVersionMigrationSpec, { field: 2, default: {}, doc: "What is to be written again." }),
    status: struct(storageVersionMigrationStatus, { field: 3, default: {}, doc: "How far it is." }),
  },
);

export const StorageVersionMigrationKind: Kind<StorageVersionMigration> = defineKind<StorageVersionMigration>({
  group: "storagemigration.k8s.io",
  version: "v1beta1",
  kind: "StorageVersionMigration",
  resource: "storageversionmigrations",
  scope: "Cluster",
  schema: storageVersionMigration,
  subresources: { status: true },
  columns: [
    { ...nameColumn, format: "" },
    { name: "Resource", type: "string", doc: "What is written again.", cell: ({ spec }) => resourceText(spec.resource) },
  ],
  strategy: {
    validate: ({ spec }) => (spec.resource.resource === "" ? [required("spec.resource.resource", "resource is required")] : []),
    validateUpdate: ({ spec }, { spec: before }) => [
      ...immutable("group", spec.resource.group, before.resource.group),
      ...immutable("resource", spec.resource.resource, before.resource.resource),
    ],
    validateStatusUpdate: ({ status }, { status: before }) => validateStatus(status, before),
  },
});

function resourceText({ group, resource }: MigratedResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** A migration comes to one end, and stays there. */
function validateStatus(
  { conditions = [], resourceVersion = "" }: StorageVersionMigrationStatus,
  before: StorageVersionMigrationStatus,
): readonly FieldError[] {
  const is = (type: string, among = conditions): boolean => among.some((each) => each.type === type && each.status === "True");
  const refuse = (problem: string): FieldError => invalid("status.conditions", conditions, problem);
  const [succeeded, failed, running] = [is("Succeeded"), is("Failed"), is("Running")];
  const known = before.resourceVersion ?? "";
  return [
    ...(/^\d*$/.test(resourceVersion)
      ? []
      : [invalid("status.resourceVersion", resourceVersion, `failed to parse resource version ${JSON.stringify(resourceVersion)}`)]),
    ...(known !== "" && known !== resourceVersion ? [invalid("status.resourceVersion", resourceVersion, "cannot be updated")] : []),
    ...(succeeded && failed ? [refuse("Both success and failed conditions cannot be true at the same time")] : []),
    ...(succeeded && running ? [refuse("Running condition cannot be true when success condition is true")] : []),
    ...(failed && running ? [refuse("Running condition cannot be true when failed condition is true")] : []),
    ...(is("Succeeded", before.conditions) && !succeeded ? [refuse("Success condition cannot be set to false once it is true")] : []),
    ...(is("Failed", before.conditions) && !failed ? [refuse("Failed condition cannot be set to false once it is true")] : []),
  ];
}

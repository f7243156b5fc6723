import { badRequest, type Instant, type Kind, type KubernetesObject } from "@kubets/machinery";
import { partialObjectMetadata } from "../watch-cache/cached-object.ts";

/** What of the object each row of a Table carries besides its cells. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** Reads the `includeObject` parameter. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get("includeObject") ?? "";
  switch (value) {
    case "":
    case "Metadata":
      return "Metadata";
    case "None":
    case "Object":
      return value;
    default:
      throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
  }
}

/** One column, as clients read it. */
export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

const nameColumn: TableColumnDefinition = {
  name: "Name",
  type: "string",
  format: "name",
  description: "The name, unique within the namespace among the objects of its kind.",
  priority: 0,
};
const createdColumn: TableColumnDefinition = {
  name: "Created At",
  type: "date",
  format: "",
  description: "When the server created the object, in RFC 3339 form and UTC.",
  priority: 0,
};

/** All columns, the wide ones too: the client hides what it doesn't want. */
export function columnDefinitionsOf(kind: Kind): readonly TableColumnDefinition[] {
  if (kind.columns.length === 0) return [nameColumn, createdColumn];
  return kind.columns.map(({ name, type, format, doc, priority }) => ({
    name,
    type,
    format: format ?? (name === "Name" ? "name" : ""),
    description: doc,
    priority: priority ?? 0,
  }));
}

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly object?: unknown;
}

export interface RowOptions {
  readonly now: Instant;
  readonly include: IncludeObject;
  /** The version of meta.k8s.io that the client asked for. */
  readonly version: "v1" | "v1beta1";
}

export function rowOf(kind: Kind, object: KubernetesObject, { now, include, version }: RowOptions): TableRow {
  const { name, creationTimestamp } = object.metadata;
  const conditions = conditionsOf(kind, object);
  return {
    cells: kind.columns.length === 0 ? [name, creationTimestamp] : kind.columns.map(({ cell }) => cell(object, now)),
    ...(conditions === undefined ? {} : { conditions }),
    ...(include === "None" ? {} : { object: include === "Object" ? object : partialObjectMetadata(object, version) }),
  };
}

/** A Table of one object that is kept nowhere by itself. */
export function tableOf(kind: Kind, object: KubernetesObject, options: RowOptions): unknown {
  const { resourceVersion = "" } = object.metadata;
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: resourceVersion === "" ? {} : { resourceVersion },
    columnDefinitions: columnDefinitionsOf(kind),
    rows: [rowOf(kind, object, options)],
  };
}

// Clients leave finished Pods out or grey them by this condition of the row.
function conditionsOf(kind: Kind, object: KubernetesObject): TableRow["conditions"] {
  if (kind.group !== "" || kind.kind !== "Pod") return undefined;
  const { status } = object as { readonly status?: { readonly phase?: string } };
  switch (status?.phase) {
    case "Succeeded":
      return [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }];
    case "Failed":
      return [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }];
    default:
      return undefined;
  }
}

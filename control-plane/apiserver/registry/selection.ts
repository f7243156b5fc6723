import {
  badRequest,
  exactField,
  type Kind,
  type KubernetesObject,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from "@kubets/machinery";
import type { Selection } from "../watch-cache/watcher.ts";
import type { Resource } from "./resource.ts";

/** What a list, watch or deletecollection is about, from its path and its selectors. */
export interface SelectionRequest {
  readonly namespace: string;
  /** From the path of a watch of one object; `""` otherwise. */
  readonly name: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** Throws `BadRequest` for selectors that can't be read or name a field by which the kind can't be selected. */
export function selectionOf(resource: Resource, { namespace, name, labelSelector, fieldSelector }: SelectionRequest): Selection {
  const { kind, cache } = resource;
  const labels = labelSelector === "" ? [] : parseLabelSelector(labelSelector);
  const fields = fieldSelector === "" ? [] : parseFieldSelector(fieldSelector);
  for (const { field } of fields) mustBeSelectable(kind, field);
  const byName = exactField(fields, "metadata.name");
  if (name !== "" && fields.length > 0 && byName !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
  const indexed = Object.keys(kind.selectableFields).find((field) => cache.isIndexed(field) && exactField(fields, field) !== undefined);
  // What the name alone decides need not be looked up in the object.
  const rest = fields.filter(({ field, operator }) => field !== "metadata.name" || operator !== "=");
  const byLabels = labels.length === 0 ? undefined : (object: KubernetesObject): boolean => matchesLabels(labels, object.metadata.labels);
  const byAll =
    rest.length === 0
      ? byLabels
      : (object: KubernetesObject): boolean => byLabels?.(object) !== false && matchesFields(rest, (field) => fieldOf(kind, object, field));
  return {
    namespace: namespace === "" && kind.scope === "Namespaced" ? (exactField(fields, "metadata.namespace") ?? "") : namespace,
    name: name !== "" ? name : (byName ?? ""),
    ...(indexed === undefined ? {} : { indexed: exactField(fields, indexed)! }),
    ...(byAll === undefined ? {} : { matches: inServedVersion(resource, byAll) }),
    ...(kind.storedAs?.converter === undefined || rest.length === 0 || byAll === undefined
      ? {}
      : { served: { matches: byAll, ...(byLabels === undefined ? {} : { shared: byLabels }) } }),
  };
}

// The cache holds the stored version; selectors speak of the served one. Labels and names are the same in both.
function inServedVersion({ kind }: Resource, matches: (object: KubernetesObject) => boolean): (object: KubernetesObject) => boolean {
  const { storedAs } = kind;
  return storedAs === undefined ? matches : (object) => matches(storedAs.fromStored(object));
}

function mustBeSelectable({ selectableFields }: Kind, field: string): void {
  // The namespace is a field of every kind; that of an object of cluster scope is empty.
  if (field === "metadata.name" || field === "metadata.namespace" || Object.hasOwn(selectableFields, field)) return;
  if (Object.keys(selectableFields).length > 0) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function fieldOf({ selectableFields }: Kind, object: KubernetesObject, field: string): string {
  if (field === "metadata.name") return object.metadata.name;
  if (field === "metadata.namespace") return object.metadata.namespace ?? "";
  return selectableFields[field]!(object);
}

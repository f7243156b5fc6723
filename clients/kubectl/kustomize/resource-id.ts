import { type JsonObject, objectAt } from "../json-object.ts";
import { splitApiVersion } from "../requests/api-resource.ts";
import { isClusterScoped, noNamespace } from "./cluster-scope.ts";
import { isMissing, textOf } from "./scalars.ts";

/** A kind, or what is asked of one: what is empty or absent in a selector admits anything. */
export interface KindSelector {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

/** What tells a resource from others. */
export interface ResourceId {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  /** As it was given. */
  readonly namespace: string;
}

export function idOf(object: JsonObject): ResourceId {
  const [group, version] = splitApiVersion(textAt(object, "apiVersion"));
  const metadata = objectAt(object, "metadata");
  return { group, version, kind: textAt(object, "kind"), name: textAt(metadata, "name"), namespace: textAt(metadata, "namespace") };
}

function textAt(object: JsonObject, field: string): string {
  const value = object[field];
  return isMissing(value) ? "" : textOf(value);
}

/** The namespace that a resource counts as being in: `default` without one, a mark of its own for what is known to be in none. */
export function namespaceThatCounts(id: ResourceId): string {
  if (isClusterScoped(id)) return noNamespace;
  return id.namespace === "" ? "default" : id.namespace;
}

/** Equal for equal resources, and for no others. */
export function keyOf(id: ResourceId): string {
  return JSON.stringify([id.group, id.version, id.kind, id.name, namespaceThatCounts(id)]);
}

export function isOfKind(id: KindSelector, selector: KindSelector): boolean {
  const matches = (wanted: string | undefined, given: string | undefined): boolean => (wanted ?? "") === "" || wanted === given;
  return matches(selector.group, id.group) && matches(selector.version, id.version) && matches(selector.kind, id.kind);
}

/** `Deployment.v1.apps`. */
export function describeKind({ group, version, kind }: KindSelector): string {
  return `${kind || "[noKind]"}.${version || "[noVer]"}.${group || "[noGrp]"}`;
}

/** `Deployment.v1.apps/web.default`, as messages name it. */
export function describeId(id: KindSelector & { readonly name?: string; readonly namespace?: string }): string {
  return `${describeKind(id)}/${id.name || "[noName]"}.${id.namespace || "[noNs]"}`;
}

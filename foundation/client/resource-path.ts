import { apiVersionOf, type Kind } from "@kubets/machinery";

/** Where an object, or a collection of them, is found. */
export interface ResourceLocation {
  readonly kind: Pick<Kind, "group" | "version" | "resource" | "scope">;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/**
 * The path of a resource.
 *
 * @example
 * pathOf({ kind: PodKind, namespace: "default", name: "web", subresource: "log" }); // => "/api/v1/namespaces/default/pods/web/log"
 */
export function pathOf({ kind, namespace, name, subresource }: ResourceLocation): string {
  let path = kind.group === "" ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  if (kind.scope === "Namespaced" && namespace !== undefined) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${kind.resource}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource !== undefined) path += `/${subresource}`;
  return path;
}

export type QueryValue = string | number | boolean | undefined;

/** `path` with those of `query` that say something: `undefined`, `""` and `false` are left out. */
export function targetOf(path: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  let text = "";
  for (const name in query) {
    const value = query[name];
    if (value === undefined || value === "" || value === false) continue;
    text += `${text === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`;
  }
  return path + text;
}

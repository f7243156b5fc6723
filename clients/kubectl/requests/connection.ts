import type { Api } from "./api.ts";
import { type ApiResource, type ApiResources, apiVersionOf } from "./api-resource.ts";

/** A cluster as a command sees it. */
export interface Connection {
  readonly api: Api;
  /** The server's URL. */
  readonly server: string;
  /** That of `-n`, else of the context, else `default`. */
  readonly namespace: string;
  /** `-n` was given, so manifests may name no other. */
  readonly namespaceGiven: boolean;
  /** What the server serves, asked for once. */
  resources(): Promise<ApiResources>;
  close(): Promise<void>;
}

/** The path of a resource, in a namespace (all of them when it is empty), or of one object of it. */
export function pathOf(resource: ApiResource, namespace: string, name = "", subresource = ""): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
  const place = resource.namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const object = name === "" ? "" : `/${encodeURIComponent(name)}`;
  return `${root}${place}/${resource.resource}${object}${subresource === "" ? "" : `/${subresource}`}`;
}

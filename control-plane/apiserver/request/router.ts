import { methodNotAllowed, noSuchPath } from "@kubets/machinery";
import type { Endpoint, PathEndpoint, RequestInfo, ResourceEndpoint, ResourceInfo } from "../contracts.ts";

export interface Routes {
  readonly pathEndpoints: readonly PathEndpoint[];
  readonly resourceEndpoints: readonly ResourceEndpoint[];
  /** Who answers in place of all others. */
  readonly elsewhere?: (info: RequestInfo) => Endpoint | undefined;
  /** Answers requests about resources that are kept; `undefined` for a resource that isn't served. */
  readonly resource: (info: ResourceInfo) => Endpoint | undefined;
}

/**
 * Chooses who answers a request: an endpoint of the resource, the registry, or the endpoint of the longest path. Throws
 * `NotFound` where there is none.
 */
export function createRouter({ pathEndpoints, resourceEndpoints, elsewhere, resource }: Routes): (info: RequestInfo) => Endpoint {
  const byResource = new Map(resourceEndpoints.map((entry) => [routeOf(entry), entry.endpoint]));
  const endpointOf = (info: ResourceInfo): Endpoint | undefined => {
    const found = byResource.get(routeOf(info));
    // Of its kinds the server answers itself, there is no other version.
    return info.version === "v1" ? found : undefined;
  };
  const exact = new Map(pathEndpoints.map(({ path, endpoint }) => [path, readOnly(endpoint)]));
  const prefixes = pathEndpoints
    .filter(({ path }) => path.endsWith("/"))
    .toSorted((a, b) => b.path.length - a.path.length)
    .map(({ path, endpoint }) => ({ path, endpoint: readOnly(endpoint) }));

  return (info) => {
    const passedOn = elsewhere?.(info);
    if (passedOn !== undefined) return passedOn;
    const endpoint =
      info.resource === undefined
        ? (exact.get(info.path) ?? prefixes.find(({ path }) => info.path.startsWith(path))?.endpoint)
        : (endpointOf(info.resource) ?? resource(info.resource));
    if (endpoint === undefined) throw noSuchPath();
    return endpoint;
  };
}

/** Paths that name no resource are only read. */
function readOnly(endpoint: Endpoint): Endpoint {
  return async (context) => {
    const { method } = context.request;
    if (method !== "GET" && method !== "HEAD") throw methodNotAllowed();
    return endpoint(context);
  };
}

function routeOf({ group, resource, subresource }: Pick<ResourceInfo, "group" | "resource" | "subresource">): string {
  return `${group}/${resource}/${subresource}`;
}

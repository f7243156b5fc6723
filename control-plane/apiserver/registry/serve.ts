import { methodNotAllowed, noSuchPath, type Response } from "@kubets/machinery";
import type { ResourceRequest, ServeEnvironment } from "./resource-request.ts";
import { serveDelete, serveDeleteCollection } from "./serve-delete.ts";
import { serveGet, serveList, serveWatch } from "./serve-read.ts";
import { serveCreate, servePatch, serveUpdate } from "./serve-write.ts";

/** Answers the requests about an object or a collection of a resource, its status included. */
export async function serveResource(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context } = request;
  mustFit(request);
  switch (context.info.verb) {
    case "get":
      return serveGet(environment, request);
    case "list":
      return serveList(environment, request);
    case "watch":
      return serveWatch(environment, request);
    case "create":
      return serveCreate(environment, request);
    case "update":
      return serveUpdate(environment, request);
    case "patch":
      return servePatch(environment, request);
    case "delete":
      return serveDelete(environment, request);
    case "deletecollection":
      return serveDeleteCollection(environment, request);
    default:
      throw methodNotAllowed();
  }
}

/** The request must be one for an object or a collection, as its verb asks, of the scope of the kind. */
function mustFit({ context, info, resource: { kind } }: ResourceRequest): void {
  const { verb } = context.info;
  const isPart = info.subresource !== "";
  if (isPart ? !["get", "update", "patch"].includes(verb) : !(kind.verbs as readonly string[]).includes(verb)) throw methodNotAllowed();
  if (kind.scope === "Cluster" && info.namespace !== "" && info.resource !== "namespaces") throw noSuchPath();
  const isForAll = verb === "list" || verb === "watch";
  const isForCollection = isForAll || verb === "create" || verb === "deletecollection";
  if (!isForAll && isForCollection !== (info.name === "")) throw methodNotAllowed();
  // All namespaces together can only be listed and watched.
  if (kind.scope === "Namespaced" && info.namespace === "" && !isForAll) throw isForCollection ? methodNotAllowed() : noSuchPath();
}

import { isStatus, type Response } from "@kubets/machinery";
import { negotiate } from "../request/content.ts";
import { listOptionsOf } from "../request/query.ts";
import { encodingOf } from "./encoding/encoding-of.ts";
import { listAnswer } from "./list-answer.ts";
import type { Projector } from "./projector.ts";
import { readList, readObject } from "./read.ts";
import type { Resource } from "./resource.ts";
import { answer, formsOf, namespaceOf, projectorFor, type ResourceRequest, type ServeEnvironment, within } from "./resource-request.ts";
import { cacheSelection, preparation } from "./prepared-watch.ts";
import { selectionOf } from "./selection.ts";
import { beginWatch, watchMilliseconds } from "./watch.ts";
import type { Watcher } from "../watch-cache/watcher.ts";
import { failedWatchAnswer, watchAnswer } from "./watch-answer.ts";

export async function serveGet(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const object = await readObject(within(environment, context), resource, {
    namespace: namespaceOf(request),
    name: info.name,
    resourceVersion: query.get("resourceVersion") ?? "",
  });
  return answer(environment, request, { accepted, status: 200, object });
}

export async function serveList(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = listOptionsOf(query, false);
  const selection = selectionOf(resource, { namespace: namespaceOf(request), name: info.name, ...options });
  const projector = projectorFor(environment, request, accepted);
  const objects = await readList(within(environment, context), resource, selection, options);
  const encoding = encodingOf(resource.kind, projector, accepted);
  return listAnswer(objects, { projector, encoding, inProcess: context.peer.via === "in-process" });
}

export async function serveWatch(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, { ...formsOf(resource), isWatch: true });
  const options = listOptionsOf(query, true);
  const selection = selectionOf(resource, { namespace: namespaceOf(request), name: info.name, ...options });
  const projector = inVersion(resource, projectorFor(environment, request, accepted));
  const encoding = encodingOf(resource.kind, projector, accepted);
  let watcher: Watcher;
  try {
    watcher = await beginWatch(within(environment, context), resource, cacheSelection(selection), {
      options,
      inProcess: context.peer.via === "in-process",
    });
  } catch (error) {
    // That what it asks for is gone is the only event of the watch; everything else refuses it.
    if (isStatus(error, "Expired")) return failedWatchAnswer(error.status, encoding);
    throw error;
  }
  const prepare = await preparation(resource, selection, watcher);
  return watchAnswer(watcher, {
    projector,
    ...(prepare === undefined ? {} : { prepare }),
    encoding,
    clock: environment.clock,
    milliseconds: watchMilliseconds(options, environment.random),
    signal: context.signal,
  });
}

/** A watch is fed with objects as they are stored. */
function inVersion(resource: Resource, projector: Projector): Projector {
  if (resource.kind.storedAs === undefined) return projector;
  return {
    ...projector,
    bytes: (object, isFirst) => projector.bytes(resource.show(object), isFirst),
    value: (object, isFirst) => projector.value(resource.show(object), isFirst),
  };
}

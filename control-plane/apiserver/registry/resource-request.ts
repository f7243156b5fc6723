import { badRequest, type Clock, type KubernetesObject, type Request, type Response } from "@kubets/machinery";
import type { RequestContext, ResourceInfo } from "../contracts.ts";
import type { Accepted, Answerable } from "../request/content.ts";
import { hasProtobuf } from "../request/protobuf-write.ts";
import type { WriteOptions } from "../request/query.ts";
import { includeObjectOf } from "../table/table.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { WriteEnvironment, WriteRequest } from "./bracket.ts";
import { encodingOf } from "./encoding/encoding-of.ts";
import { proposedMeta } from "./metadata.ts";
import { type Projector, projectorOf } from "./projector.ts";
import type { Resource } from "./resource.ts";
import type { WatchEnvironment } from "./watch.ts";

export type ServeEnvironment = WriteEnvironment & Omit<WatchEnvironment, "idle">;

/** The environment of one request. */
export function within(environment: ServeEnvironment, context: RequestContext): ServeEnvironment & WatchEnvironment {
  return { ...environment, idle: (wait) => context.idle(wait) };
}

/** A request about a resource that is kept. */
export interface ResourceRequest {
  readonly context: RequestContext;
  readonly info: ResourceInfo;
  readonly resource: Resource;
}

/** The namespace of the objects that a request is about: none for those of cluster scope, Namespaces among them. */
export function namespaceOf({ info, resource: { kind } }: Pick<ResourceRequest, "info" | "resource">): string {
  return kind.scope === "Cluster" ? "" : info.namespace;
}

/** Objects can be answered as they are, as rows of a table, or by their metadata alone. */
export function formsOf({ kind }: Pick<Resource, "kind">): Answerable {
  return { table: true, metadata: true, protobuf: hasProtobuf(kind) };
}

/** The name in an update must be that of the path. */
export function mustBeNamed(object: KubernetesObject, { name }: Pick<ResourceInfo, "name">): void {
  const { name: given = "" } = proposedMeta(object);
  if (given === "") throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** What a write has from its request, but for what it wants. */
export function writeRequestOf(request: ResourceRequest, { dryRun, fieldManager }: WriteOptions): Omit<WriteRequest, "intent" | "propose"> {
  const { context, info, resource } = request;
  return {
    resource,
    namespace: namespaceOf(request),
    name: info.name,
    subresource: info.subresource,
    manager: fieldManager === "" ? agentOf(context.request) : fieldManager,
    dryRun,
    options: { ...(dryRun ? { dryRun: ["All"] } : {}), ...(fieldManager === "" ? {} : { fieldManager }) },
    writer: context,
    ...(isLarge(request) ? { isLarge: true } : {}),
  };
}

/** A body whose parsing takes milliseconds, as does whatever is done with what it says. */
const largeBody = 128 * 1024;

export function isLarge({ context }: Pick<ResourceRequest, "context">): boolean {
  const { request } = context;
  return request.value === undefined && (request.body?.length ?? 0) > largeBody;
}

// As long as a manager's name may be.
const longestManager = 128;

/** By whom a request without `fieldManager` is: the first word of its user agent, without what can't be printed. */
export function agentOf({ headers }: Pick<Request, "headers">): string {
  const [agent = ""] = (headers["user-agent"] ?? "").split("/", 1);
  return agent.replace(/\p{C}/gu, "").slice(0, longestManager);
}

/** One object in the form that was asked for. */
export function answer(
  environment: { readonly clock: Clock },
  request: ResourceRequest,
  { accepted, status, object }: { readonly accepted: Accepted; readonly status: number; readonly object: CachedObject },
): Response {
  const projector = projectorFor(environment, request, accepted);
  const encoding = encodingOf(request.resource.kind, projector, accepted);
  return {
    status,
    headers: { "content-type": encoding.contentType },
    body: { kind: "bytes", bytes: () => encoding.object(object), decoded: () => projector.value(object, true) },
  };
}

export function projectorFor(
  { clock }: { readonly clock: Clock },
  { context, resource: { kind } }: ResourceRequest,
  { projection }: Accepted,
): Projector {
  const include = projection.form === "Table" ? includeObjectOf(context.info.query) : "Metadata";
  return projectorOf(kind, projection, { now: () => clock.now(), include });
}

import {
  apiVersionOf,
  badRequest,
  type Cause,
  type Kind,
  type KubernetesObject,
  type KubernetesList,
  type WatchEvent,
} from "@kubets/machinery";
import { never } from "./abort-scope.ts";
import { causeHeader, encodeCause, encodeTraceParent, traceParentHeader } from "./cause-header.ts";
import type { Client, DraftObject, PatchType, RequestOptions, ResourceClient, SubresourceClient, WriteRequestOptions } from "./client.ts";
import { completeObject } from "./complete-object.ts";
import { pathOf, type QueryValue, type ResourceLocation, targetOf } from "./resource-path.ts";
import { failureOf } from "./status-answer.ts";
import type { Transport, TransportResponse } from "./transport.ts";
import { WatchEvents } from "./watch-events.ts";

export interface ClientOptions {
  /** Who owns the fields that are written, unless a request says otherwise; the server makes one of the user agent when absent. */
  readonly fieldManager?: string;
  /** `kubets` when absent. */
  readonly userAgent?: string;
}

/** Makes the client that speaks through `transport`. */
export function createClient(transport: Transport, options: ClientOptions = {}): Client {
  return clientWith(transport, options, {
    accept: "application/json",
    "user-agent": options.userAgent ?? "kubets",
  });
}

type RequestHeaders = Readonly<Record<string, string>>;

function clientWith(transport: Transport, options: ClientOptions, headers: RequestHeaders): Client {
  return {
    transport,
    resource: (kind) => resourceClient({ transport, kind, headers, fieldManager: options.fieldManager }),
    because: (cause) => clientWith(transport, options, { ...headers, ...headersOf(cause) }),
  };
}

function headersOf(cause: Omit<Cause, "user">): RequestHeaders {
  return {
    [causeHeader]: encodeCause(cause),
    ...(cause.trace === undefined ? {} : { [traceParentHeader]: encodeTraceParent(cause.trace) }),
  };
}

interface ResourceContext<T extends KubernetesObject> {
  readonly transport: Transport;
  readonly kind: Kind<T>;
  readonly headers: RequestHeaders;
  readonly fieldManager: string | undefined;
  readonly namespace?: string;
}

function resourceClient<T extends KubernetesObject>(context: ResourceContext<T>): ResourceClient<T> {
  const { transport, kind, headers } = context;
  const complete = (object: unknown): T => (transport.sharesObjects === true ? (object as T) : completeObject(kind, object));
  const identified = (object: DraftObject<T>): unknown => ({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind });
  const target = (location: Omit<ResourceLocation, "kind">, query?: Readonly<Record<string, QueryValue>>): string =>
    targetOf(pathOf({ namespace: context.namespace, ...location, kind }), query);
  const send = (request: SentRequest): Promise<unknown> => sendForObject(transport, { headers, ...request });

  /** The namespace of one object. Throws when there is none to go by. */
  const namespaceOf = (object?: DraftObject<T>): string | undefined => {
    if (kind.scope === "Cluster") return undefined;
    const namespace = context.namespace ?? object?.metadata.namespace;
    if (namespace === undefined || namespace === "") throw badRequest("an empty namespace may not be set when a resource name is provided");
    return namespace;
  };
  const one = (name: string, subresource?: string): Omit<ResourceLocation, "kind"> => {
    // An empty name would turn the request into one about the whole collection.
    if (name === "") throw badRequest("resource name may not be empty");
    return { namespace: namespaceOf(), name, subresource };
  };
  const write = (options: WriteRequestOptions | undefined): Readonly<Record<string, QueryValue>> => ({
    dryRun: options?.dryRun === true ? "All" : undefined,
    fieldManager: options?.fieldManager ?? context.fieldManager,
    fieldValidation: options?.fieldValidation,
  });
  const replace = async (object: DraftObject<T>, options: WriteRequestOptions | undefined, subresource?: string): Promise<T> => {
    const name = object.metadata.name ?? "";
    if (name === "") throw badRequest("resource name may not be empty");
    const location = { namespace: namespaceOf(object), name, subresource };
    return complete(
      await send({ method: "PUT", target: target(location, write(options)), body: identified(object), signal: options?.signal }),
    );
  };

  return {
    kind,
    in: (namespace) => resourceClient({ ...context, namespace }),
    async get(name, { signal, resourceVersion } = {}) {
      return complete(await send({ method: "GET", target: target(one(name), { resourceVersion }), signal }));
    },
    async list({ signal, ...query } = {}) {
      const list = (await send({ method: "GET", target: target({}, query), signal })) as KubernetesList<T>;
      return transport.sharesObjects === true ? list : { ...list, items: list.items.map(complete) };
    },
    watch({ signal, sendInitialEvents, ...options } = {}) {
      const query = {
        ...options,
        watch: true,
        ...(sendInitialEvents === true ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {}),
      };
      return new WatchEvents<T>({
        open: () => sendRequest(transport, { method: "GET", target: target({}, query), headers, signal }),
        ...(transport.sharesObjects === true ? {} : { complete: (event) => completeEvent(event, complete) }),
      });
    },
    async create(object, options) {
      const location = { namespace: namespaceOf(object) };
      return complete(
        await send({ method: "POST", target: target(location, write(options)), body: identified(object), signal: options?.signal }),
      );
    },
    update: (object, options) => replace(object, options),
    updateStatus: (object, options) => replace(object, options, "status"),
    async patch(name, patch, { type, subresource, force, ...options }) {
      const answer = await send({
        method: "PATCH",
        target: target(one(name, subresource), { ...write(options), force }),
        headers: { ...headers, "content-type": patchContentTypes[type] },
        body: type === "apply" ? identified(patch as DraftObject<T>) : patch,
        signal: options.signal,
      });
      // A subresource such as `scale` answers an object of another kind.
      return subresource === undefined || subresource === "status" ? complete(answer) : (answer as T);
    },
    async delete(name, { signal, ...options } = {}) {
      const answer = await send({ method: "DELETE", target: target(one(name)), body: deleteOptions(options), signal });
      return isOfKind(answer, kind) ? complete(answer) : (answer as Awaited<ReturnType<ResourceClient<T>["delete"]>>);
    },
    async deleteCollection({ signal, gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy, dryRun, ...query } = {}) {
      const body = deleteOptions({ gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy, dryRun });
      await send({ method: "DELETE", target: target({}, query), body, signal });
    },
    subresource(name, subresource): SubresourceClient {
      const put =
        (method: string) =>
        async (body: unknown, options?: WriteRequestOptions): Promise<unknown> =>
          send({ method, target: target(one(name, subresource), write(options)), body, signal: options?.signal });
      return {
        get: async ({ signal } = {}) => send({ method: "GET", target: target(one(name, subresource)), signal }),
        create: put("POST"),
        update: put("PUT"),
      };
    },
  };
}

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // JSON is YAML: every server of this protocol reads it.
  apply: "application/apply-patch+yaml",
};

function deleteOptions(options: Readonly<Record<string, unknown>>): unknown {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : { kind: "DeleteOptions", apiVersion: "v1", ...Object.fromEntries(said) };
}

function isOfKind(answer: unknown, { kind }: { readonly kind: string }): boolean {
  return typeof answer === "object" && answer !== null && "kind" in answer && answer.kind === kind;
}

function completeEvent<T extends KubernetesObject>(event: WatchEvent<T>, complete: (object: unknown) => T): WatchEvent<T> {
  // A bookmark carries a revision and nothing else that would be an object.
  return event.type === "BOOKMARK" ? event : { type: event.type, object: complete(event.object) };
}

interface SentRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: RequestHeaders;
  readonly body?: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Sends a request; resolves with the head of a success, and rejects with the `StatusError` of a failure. */
async function sendRequest(
  transport: Transport,
  { method, target, headers = {}, body, signal = never }: SentRequest,
): Promise<TransportResponse> {
  const response = await transport.send({ method, target, headers, ...(body === undefined ? {} : { body }) }, signal);
  if (response.status >= 400) throw failureOf(response.status, await bodyOf(response));
  return response;
}

/** Reads what stands at a path, such as a discovery document or a metric. Rejects with the `StatusError` of a refusal. */
export function readPath(client: Client, target: string, { signal }: RequestOptions = {}): Promise<unknown> {
  return sendForObject(client.transport, { method: "GET", target, headers: { accept: "application/json" }, signal });
}

async function sendForObject(transport: Transport, request: SentRequest): Promise<unknown> {
  return (await sendRequest(transport, request)).object();
}

/** The body of a failure, which a proxy on the way may have written as text. */
async function bodyOf(response: TransportResponse): Promise<unknown> {
  if (response.headers["content-type"]?.startsWith("application/json") === true) return response.object();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.chunks()) text += decoder.decode(chunk, { stream: true });
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

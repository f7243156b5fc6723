import {
  apiVersionOf,
  badRequest,
  type Cause,
  type DeleteOptions,
  type Kind,
  type KubernetesObject,
  type KubernetesList,
  type Status,
  type WatchEvent,
} from "@kubets/machinery";
import { never } from "./abort-scope.ts";
import { causeHeader, encodeCause, encodeTraceParent, traceParentHeader } from "./cause-header.ts";
import type {
  Client,
  DraftObject,
  ListOptions,
  PatchType,
  RequestOptions,
  ResourceClient,
  SubresourceClient,
  Watching,
  WatchOptions,
  WriteRequestOptions,
} from "./client.ts";
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
    resource: (kind) => new KindClient({ transport, kind, headers, fieldManager: options.fieldManager }),
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

// A class, since every write of a controller makes one: a bundle of functions would be made anew for each.
class KindClient<T extends KubernetesObject> implements ResourceClient<T> {
  readonly kind: Kind<T>;
  readonly #context: ResourceContext<T>;

  constructor(context: ResourceContext<T>) {
    this.kind = context.kind;
    this.#context = context;
  }

  in(namespace: string): ResourceClient<T> {
    return new KindClient({ ...this.#context, namespace });
  }

  async get(name: string, { signal, resourceVersion }: Parameters<ResourceClient<T>["get"]>[1] = {}): Promise<T> {
    return this.#complete(await this.#send({ method: "GET", target: this.#target(this.#one(name), { resourceVersion }), signal }));
  }

  async list({ signal, ...query }: ListOptions = {}): Promise<KubernetesList<T>> {
    const list = (await this.#send({ method: "GET", target: this.#target({}, query), signal })) as KubernetesList<T>;
    return this.#sharesObjects ? list : { ...list, items: list.items.map((item) => this.#complete(item)) };
  }

  watch({ signal, sendInitialEvents, ...options }: WatchOptions = {}): Watching<T> {
    const { transport, headers } = this.#context;
    const query = {
      ...options,
      watch: true,
      ...(sendInitialEvents === true ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {}),
    };
    return new WatchEvents<T>({
      open: () => sendRequest(transport, { method: "GET", target: this.#target({}, query), headers, signal }),
      ...(this.#sharesObjects ? {} : { complete: (event) => completeEvent(event, (object) => this.#complete(object)) }),
    });
  }

  async create(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T> {
    const target = this.#target({ namespace: this.#namespaceOf(object) }, this.#written(options));
    return this.#complete(await this.#send({ method: "POST", target, body: this.#identified(object), signal: options?.signal }));
  }

  update(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T> {
    return this.#replace(object, options);
  }

  updateStatus(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T> {
    return this.#replace(object, options, "status");
  }

  async patch(
    name: string,
    patch: unknown,
    { type, subresource, force, ...options }: Parameters<ResourceClient<T>["patch"]>[2],
  ): Promise<T> {
    const answer = await this.#send({
      method: "PATCH",
      target: this.#target(this.#one(name, subresource), { ...this.#written(options), force }),
      headers: { ...this.#context.headers, "content-type": patchContentTypes[type] },
      body: type === "apply" ? this.#identified(patch as DraftObject<T>) : patch,
      signal: options.signal,
    });
    // A subresource such as `scale` answers an object of another kind.
    return subresource === undefined || subresource === "status" ? this.#complete(answer) : (answer as T);
  }

  async delete(name: string, { signal, ...options }: RequestOptions & DeleteOptions = {}): Promise<T | Status> {
    const answer = await this.#send({ method: "DELETE", target: this.#target(this.#one(name)), body: deleteOptions(options), signal });
    return isOfKind(answer, this.kind) ? this.#complete(answer) : (answer as Status);
  }

  async deleteCollection(options: ListOptions & DeleteOptions = {}): Promise<void> {
    const { signal, gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy, dryRun, ...query } = options;
    const body = deleteOptions({ gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy, dryRun });
    await this.#send({ method: "DELETE", target: this.#target({}, query), body, signal });
  }

  subresource(name: string, subresource: string): SubresourceClient {
    const put =
      (method: string) =>
      async (body: unknown, options?: WriteRequestOptions): Promise<unknown> =>
        this.#send({ method, target: this.#target(this.#one(name, subresource), this.#written(options)), body, signal: options?.signal });
    return {
      get: async ({ signal } = {}) => this.#send({ method: "GET", target: this.#target(this.#one(name, subresource)), signal }),
      create: put("POST"),
      update: put("PUT"),
    };
  }

  async #replace(object: DraftObject<T>, options: WriteRequestOptions | undefined, subresource?: string): Promise<T> {
    const name = object.metadata.name ?? "";
    if (name === "") throw badRequest("resource name may not be empty");
    const target = this.#target({ namespace: this.#namespaceOf(object), name, subresource }, this.#written(options));
    return this.#complete(await this.#send({ method: "PUT", target, body: this.#identified(object), signal: options?.signal }));
  }

  get #sharesObjects(): boolean {
    return this.#context.transport.sharesObjects === true;
  }

  #complete(object: unknown): T {
    return this.#sharesObjects ? (object as T) : completeObject(this.kind, object);
  }

  #identified(object: DraftObject<T>): unknown {
    return { ...object, apiVersion: apiVersionOf(this.kind), kind: this.kind.kind };
  }

  #target(location: Omit<ResourceLocation, "kind">, query?: Readonly<Record<string, QueryValue>>): string {
    return targetOf(pathOf({ namespace: this.#context.namespace, ...location, kind: this.kind }), query);
  }

  #send(request: SentRequest): Promise<unknown> {
    return sendForObject(this.#context.transport, { headers: this.#context.headers, ...request });
  }

  /** The namespace of one object. Throws when there is none to go by. */
  #namespaceOf(object?: DraftObject<T>): string | undefined {
    if (this.kind.scope === "Cluster") return undefined;
    const namespace = this.#context.namespace ?? object?.metadata.namespace;
    if (namespace === undefined || namespace === "") throw badRequest("an empty namespace may not be set when a resource name is provided");
    return namespace;
  }

  #one(name: string, subresource?: string): Omit<ResourceLocation, "kind"> {
    // An empty name would turn the request into one about the whole collection.
    if (name === "") throw badRequest("resource name may not be empty");
    return { namespace: this.#namespaceOf(), name, subresource };
  }

  #written(options: WriteRequestOptions | undefined): Readonly<Record<string, QueryValue>> {
    return {
      dryRun: options?.dryRun === true ? "All" : undefined,
      fieldManager: options?.fieldManager ?? this.#context.fieldManager,
      fieldValidation: options?.fieldValidation,
    };
  }
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

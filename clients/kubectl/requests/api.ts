import type { ChannelConnection, Transport, TransportRequest, TransportResponse } from "@kubets/client";
import { type Status, StatusError } from "@kubets/machinery";
import { UnreachableError } from "../errors.ts";
import { isJsonObject, type JsonObject, textAt, valueAt } from "../json-object.ts";

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly accept?: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/** Requests to one server. Every refusal is thrown as a `StatusError`. */
export interface Api {
  request(request: ApiRequest): Promise<JsonObject>;
  /** The events of a watch, until the server ends it. An `ERROR` event is thrown. */
  watch(request: Omit<ApiRequest, "method" | "body">): AsyncIterable<WatchEvent>;
  /** An answer that is no JSON, as it arrives (logs). */
  chunks(request: Omit<ApiRequest, "method" | "body">): AsyncIterable<Uint8Array>;
  /** Passes a request on as it is. Whatever is answered is an answer; rejects when nothing is. */
  pass(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse>;
  connect(path: string, query: Query, protocols: readonly string[]): Promise<ChannelConnection>;
}

export interface ApiOptions {
  readonly transport: Transport;
  /** `host:port`, as messages name the server. */
  readonly server: string;
  readonly signal: AbortSignal;
  /** Called with each warning that the server sends along. */
  readonly warn: (text: string) => void;
}

export function createApi({ transport, server, signal, warn }: ApiOptions): Api {
  const send = async ({ method, path, query, accept = "application/json", body, contentType }: ApiRequest) => {
    const headers = {
      accept,
      "user-agent": "kubectl/kubets",
      ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
    };
    const target = path + formatQuery(query);
    const response = await transport
      .send({ method, target, headers, ...(body === undefined ? {} : { body }) }, signal)
      .catch((error: unknown) => Promise.reject(unreachable(error, server)));
    for (const text of warningsOf(response.headers["warning"] ?? "")) warn(text);
    if (response.status >= 400) throw failureOf(response.status, await response.object().catch(() => undefined));
    return response;
  };
  return {
    async request(request) {
      const answer = await (await send(request)).object();
      return isJsonObject(answer) ? answer : {};
    },
    async *watch(request) {
      const response = await send({ ...request, method: "GET", query: { ...request.query, watch: "true" } });
      for await (const batch of response.events()) {
        for (const event of batch as readonly WatchEvent[]) {
          if (event.type === "ERROR") throw failureOf(Number(valueAt(event.object, "code") ?? 500), event.object);
          yield event;
        }
      }
    },
    async *chunks(request) {
      yield* (await send({ ...request, method: "GET" })).chunks();
    },
    pass: (request, one) =>
      transport.send(request, AbortSignal.any([one, signal])).catch((error: unknown) => Promise.reject(unreachable(error, server))),
    connect: (path, query, protocols) => transport.connect({ target: path + formatQuery(query), protocols }, signal),
  };
}

function formatQuery(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : (value ?? [])).map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function failureOf(code: number, body: unknown): StatusError {
  if (textAt(body, "kind") === "Status") {
    const { reason = "InternalError", message = "unknown", details } = body as unknown as Status;
    return new StatusError(code, reason, message, details === undefined ? {} : { details });
  }
  return new StatusError(code, code === 404 ? "NotFound" : "InternalError", "the server could not find the requested resource");
}

function warningsOf(header: string): readonly string[] {
  return [...header.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}

function unreachable(error: unknown, server: string): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const refused = ("code" in cause && cause.code === "ECONNREFUSED") || cause.message.includes("ECONNREFUSED");
    if (refused)
      return new UnreachableError(`The connection to the server ${server} was refused - did you specify the right host or port?`, {
        cause: error,
      });
  }
  return error;
}

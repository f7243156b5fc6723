import { deepFreeze, type Headers, type Tasks } from "@kubets/machinery";
import { Pool } from "undici";
import { createAbortScope, type ScopedSignal } from "../abort-scope.ts";
import { encodeBody } from "../encode-body.ts";
import { createJsonLinesParser } from "../json-lines.ts";
import type { Transport, TransportResponse } from "../transport.ts";
import { createDiallingGate } from "./dialling-gate.ts";
import { connectorEndingSilence, type SilenceLimits, silenceLimits } from "./silent-connections.ts";
import { connectWebSocket } from "./web-socket-client.ts";

/** How a client shows who it is. */
export type Credentials =
  /** A certificate is shown when the connection is made. */
  | { readonly by: "certificate"; readonly certificate: string; readonly key: string }
  /** Asked for with every request, so that it may be renewed while the transport lives. */
  | { readonly by: "header"; readonly authorization: () => Promise<string> };

export interface HttpsTransportOptions {
  /** `https://host:port`, or `http://host:port` where something in between cares for the rest; a path is put before every target. */
  readonly url: string;
  /** PEM of the CAs that may have signed the server's certificate; the system's when absent. */
  readonly certificateAuthority?: string;
  /** The name that the server's certificate must carry, when it is not the host. */
  readonly serverName?: string;
  /** Trusts any server. For clusters whose kubeconfig says so. */
  readonly skipVerification?: boolean;
  /** Anonymous when empty. */
  readonly credentials?: readonly Credentials[];
  readonly tasks: Tasks;
  /** Freezes what is read, so that a write to a shared object throws. For tests: it costs as much as parsing. */
  readonly freezesObjects?: boolean;
  /** When a server that says nothing is given up. */
  readonly silence?: SilenceLimits;
}

/** Reaches an API server over HTTPS: HTTP/2, all requests and watches on one connection, where the server speaks it. */
export function createHttpsTransport(options: HttpsTransportOptions): Transport {
  const { tasks, freezesObjects = false, credentials = [], silence = silenceLimits } = options;
  const url = new URL(options.url);
  const prefix = url.pathname.replace(/\/$/, "");
  const tls = tlsOptions(options, url);
  const pool = new Pool(url.origin, {
    connect: connectorEndingSilence({ ...tls, keepAlive: true }, silence),
    allowH2: true,
    h2Options: { pingInterval: silence.pingEvery },
    // A watch is silent for as long as nothing happens; who waits on an answer gives up by the request's signal, or with the connection.
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  const gate = createDiallingGate(pool);
  const scope = createAbortScope("Cannot send a request: the transport is closed");
  const authorize = async (headers: Headers): Promise<Headers> => {
    const header = credentials.find((each) => each.by === "header");
    return header === undefined ? headers : { ...headers, authorization: await header.authorization() };
  };

  return {
    async send({ method, target, headers, body }, signal) {
      const request = scope.open(signal);
      try {
        return await tasks.run("HTTPS request sent", async () => {
          const encoded = body === undefined ? null : encodeBody(body);
          const typed =
            encoded === null || headers["content-type"] !== undefined ? headers : { ...headers, "content-type": "application/json" };
          const authorized = await authorize(typed);
          const answer = await gate.through(request.signal, () =>
            pool.request({ method, path: prefix + target, headers: authorized, body: encoded, signal: request.signal }),
          );
          const answered = { status: answer.statusCode, headers: joinedHeaders(answer.headers) };
          return readable(answered, answer.body, { request, tasks, freeze: freezesObjects ? deepFreeze : (value) => value });
        });
      } catch (error) {
        request.release();
        throw error;
      }
    },
    async connect({ target, protocols }, signal) {
      const request = scope.open(signal);
      try {
        const wsUrl = `${url.origin.replace(/^http/, "ws")}${prefix}${target}`;
        const authorized = await authorize({});
        return await tasks.run("websocket dial", () => connectWebSocket({ url: wsUrl, protocols, headers: authorized, tls, request }));
      } catch (error) {
        request.release();
        throw error;
      }
    },
    async close() {
      scope.close();
      await pool.destroy();
    },
  };
}

/** What both the requests' and the websockets' connections are made with. */
export interface TlsOptions {
  readonly ca?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: false;
  readonly cert?: string;
  readonly key?: string;
}

function tlsOptions(
  { certificateAuthority, serverName, skipVerification, credentials = [] }: HttpsTransportOptions,
  { protocol }: URL,
): TlsOptions {
  if (protocol !== "https:") return {};
  const certificate = credentials.find((each) => each.by === "certificate");
  return {
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(skipVerification === true ? { rejectUnauthorized: false } : {}),
    ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key }),
  };
}

function joinedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}

interface ReadingContext {
  readonly request: ScopedSignal;
  readonly tasks: Tasks;
  readonly freeze: (value: unknown) => unknown;
}

function readable(
  head: { readonly status: number; readonly headers: Headers },
  body: AsyncIterable<Uint8Array>,
  { request, tasks, freeze }: ReadingContext,
): TransportResponse {
  const chunks = (): AsyncIterable<Uint8Array> => untilRead(body, request);
  return {
    ...head,
    object: () =>
      tasks.run("HTTPS request sent", async () => {
        const decoder = new TextDecoder();
        let text = "";
        for await (const chunk of chunks()) text += decoder.decode(chunk, { stream: true });
        return freeze(JSON.parse(text + decoder.decode()));
      }),
    async *events() {
      const lines = createJsonLinesParser();
      for await (const chunk of chunks()) {
        const events = lines.push(chunk);
        if (events.length > 0) yield events.map(freeze);
      }
      const last = lines.end();
      if (last.length > 0) yield last.map(freeze);
    },
    chunks,
  };
}

async function* untilRead(body: AsyncIterable<Uint8Array>, request: ScopedSignal): AsyncGenerator<Uint8Array> {
  let readToTheEnd = false;
  try {
    yield* body;
    readToTheEnd = true;
  } finally {
    if (readToTheEnd) request.release();
    else request.abort();
  }
}

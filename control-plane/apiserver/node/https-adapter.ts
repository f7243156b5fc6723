import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import {
  type Handler,
  type Headers,
  isUpgrade,
  type Logger,
  type Response,
  StatusError,
  type Tasks,
  unauthorized,
  type Upgrade,
} from "@kubets/machinery";
import { errorAnswer } from "../request/answer.ts";
import { trackConnections } from "./connections.ts";
import { type Exchange, http1Exchange, http2Exchange, type Serving } from "./exchange.ts";
import { callerOf } from "./peer.ts";
import { writeAnswer } from "./response-writer.ts";
import { Turns } from "./turns.ts";
import { upgrade } from "./upgrade.ts";

/** A certificate with its chain and its key, in PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface HttpsServerOptions {
  readonly handle: Handler;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** `127.0.0.1` when absent. */
  readonly host?: string;
  /** 0, or absent: one that is free. */
  readonly port?: number;
  readonly serving: ServingCertificate;
  /** PEM of the CAs whose certificates identify clients. */
  readonly clientCertificateAuthority: string;
}

export interface HttpsServer {
  readonly host: string;
  readonly port: number;
  /** `https://127.0.0.1:6443`. */
  readonly url: string;
  /** Serves new connections with another certificate, or admits clients of other CAs. */
  setCertificates(certificates: Pick<HttpsServerOptions, "serving" | "clientCertificateAuthority">): void;
  /** Takes no more connections, lets answers under way end for at most `graceMilliseconds`, then closes all. */
  close(options?: { readonly graceMilliseconds?: number }): Promise<void>;
}

const handshakeTimeout = 10_000;
const headersTimeout = 10_000;
const longestHead = 64 * 1024;
const mostStreams = 250;
// A piece of an answer takes a few dozen microseconds: with fewer at a time, going round the loop would cost more than they do.
const leastPieces = 16;
// Writes that go through their steps together share what it costs to bring the code of each into the processor's caches.
const leastAbreast = 8;
const streamWindow = 1024 * 1024;
const connectionWindow = 8 * streamWindow;

/** Serves a handler over HTTPS: HTTP/2 and HTTP/1.1 on one port, client certificates, websocket and SPDY upgrades. */
export async function serveHttps(options: HttpsServerOptions): Promise<HttpsServer> {
  const { host = "127.0.0.1", port = 0 } = options;
  const server = createSecureServer({
    ...tlsOf(options),
    allowHTTP1: true,
    requestCert: true,
    // Callers without a certificate, or with a bad one, are told so by an answer.
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout,
    maxHeaderSize: longestHead,
    settings: { maxConcurrentStreams: mostStreams, maxHeaderListSize: longestHead, initialWindowSize: streamWindow },
  } as Parameters<typeof createSecureServer>[0]);
  Object.assign(server, { headersTimeout, requestTimeout: 60_000, keepAliveTimeout: 120_000 });
  const connections = trackConnections(server);
  listen(server, options);
  server.listen(port, host);
  await once(server, "listening");
  const bound = server.address() as AddressInfo;
  return {
    host: bound.address,
    port: bound.port,
    url: `https://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`,
    setCertificates: (certificates) => server.setSecureContext(tlsOf(certificates)),
    close: async ({ graceMilliseconds = 1000 } = {}) => {
      const closed = once(server, "close");
      server.close();
      await connections.end(graceMilliseconds);
      await closed;
    },
  };
}

function tlsOf({ serving, clientCertificateAuthority }: Pick<HttpsServerOptions, "serving" | "clientCertificateAuthority">): {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
} {
  return { cert: serving.certificate, key: serving.key, ca: clientCertificateAuthority };
}

function listen(server: Http2SecureServer, { handle, tasks, logger }: HttpsServerOptions): void {
  const turns = {
    reads: new Turns({ least: leastPieces }),
    writes: new Turns({ least: leastAbreast }),
    pieces: new Turns({ least: leastPieces }),
  };
  const serve = (exchange: Exchange): void => tasks.start("HTTPS request", (task) => answer(exchange, { handle, logger, task }, turns));
  // The windows of its streams are of no use to a connection whose own is smaller.
  server.on("session", (session) => session.setLocalWindowSize(connectionWindow));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => serve(http1Exchange(request, response)));
  // Listening for requests makes Node offer HTTP/2 streams as requests too, at twice the cost; they are taken as streams instead.
  server.removeAllListeners("stream");
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, list: readonly string[]) =>
    serve(http2Exchange(stream, headers, list)),
  );
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Uint8Array) => {
    tasks.start("HTTPS upgrade", (task) => upgrade(request, socket, head, { handle, logger, task }));
  });
  // Port scans and clients that don't trust the certificate: theirs to complain about.
  server.on("tlsClientError", (error) => logger.debug("A TLS handshake failed", { error: error.message }));
  server.on("sessionError", (error) => logger.debug("An HTTP/2 session broke", { error: error.message }));
  server.on("clientError", (error: Error, socket: Socket) => {
    logger.debug("A request could not be read", { error: error.message });
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
}

interface SharedLoop {
  /** Reads don't wait for the writes that came before them. */
  readonly reads: Turns;
  readonly writes: Turns;
  /** Pieces of answers that come one after the other. */
  readonly pieces: Turns;
}

async function answer(exchange: Exchange, { handle, logger, task }: Serving, turns: SharedLoop): Promise<void> {
  const { method, target, headers, socket, signal, sink } = exchange;
  let response: Response | Upgrade;
  try {
    const caller = callerOf(socket);
    // Whoever also shows a token is asked for that.
    if (caller.hasBadCertificate && headers.authorization === undefined) throw unauthorized();
    const body = await exchange.body(task);
    await (isRead(method) ? turns.reads.enter(socket) : turns.writes.later(socket));
    response = await handle({ method, target, headers, ...(body === undefined ? {} : { body }) }, caller.peer, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof StatusError)) logger.error("A request failed before it was handled", { method, target, error });
    response = errorAnswer(error);
  }
  try {
    if (isUpgrade(response)) response = errorAnswer(new StatusError(400, "BadRequest", "Upgrade request required"));
    await writeAnswer(response, sink, { isHead: method === "HEAD", acceptsGzip: acceptsGzip(headers), task, turns: turns.pieces });
  } catch (error) {
    if (!signal.aborted) logger.error("An answer broke off", { method, target, error });
    sink.abort();
  }
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

function acceptsGzip({ "accept-encoding": accepted }: Headers): boolean {
  return (
    accepted !== undefined &&
    /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))?/.test(accepted) &&
    !/gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)/.test(accepted)
  );
}

import { once } from "node:events";
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createSecureServer,
  constants,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type Handler,
  type Headers,
  isUpgrade,
  type Logger,
  type Response,
  StatusError,
  type Task,
  type Tasks,
  unauthorized,
  type Upgrade,
} from "@kubets/machinery";
import { errorAnswer } from "../request/answer.ts";
import { duplexOf } from "./duplex.ts";
import { callerOf } from "./peer.ts";
import { readBody } from "./request-body.ts";
import { type AnswerSink, writeAnswer } from "./response-writer.ts";

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
    settings: { maxConcurrentStreams: mostStreams, maxHeaderListSize: longestHead, initialWindowSize: 1024 * 1024 },
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
  const serve = (exchange: Exchange): void => tasks.start("HTTPS request", (task) => answer(exchange, { handle, logger, task }));
  server.on("request", (request: IncomingMessage, response: ServerResponse) => serve(http1Exchange(request, response)));
  // Listening for requests makes Node offer HTTP/2 streams as requests too, at twice the cost; they are taken as streams instead.
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers) => serve(http2Exchange(stream, headers)));
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

interface Serving {
  readonly handle: Handler;
  readonly logger: Logger;
  readonly task: Task;
}

/** One request with the way back, whichever the version of HTTP. */
interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly socket: TLSSocket;
  readonly signal: AbortSignal;
  readonly sink: AnswerSink;
  body(task: Task): Promise<Uint8Array | undefined>;
}

async function answer(exchange: Exchange, { handle, logger, task }: Serving): Promise<void> {
  const { method, target, headers, socket, signal, sink } = exchange;
  let response: Response | Upgrade;
  try {
    const caller = callerOf(socket);
    // Whoever also shows a token is asked for that.
    if (caller.hasBadCertificate && headers.authorization === undefined) throw unauthorized();
    const body = await exchange.body(task);
    response = await handle({ method, target, headers, ...(body === undefined ? {} : { body }) }, caller.peer, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof StatusError)) logger.error("A request failed before it was handled", { method, target, error });
    response = errorAnswer(error);
  }
  try {
    if (isUpgrade(response)) response = errorAnswer(new StatusError(400, "BadRequest", "Upgrade request required"));
    await writeAnswer(response, sink, { isHead: method === "HEAD", acceptsGzip: acceptsGzip(headers), task });
  } catch (error) {
    if (!signal.aborted) logger.error("An answer broke off", { method, target, error });
    sink.abort();
  }
}

function acceptsGzip({ "accept-encoding": accepted }: Headers): boolean {
  return (
    accepted !== undefined &&
    /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))?/.test(accepted) &&
    !/gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)/.test(accepted)
  );
}

function http2Exchange(stream: ServerHttp2Stream, head: IncomingHttpHeaders): Exchange {
  const gone = new AbortController();
  stream.on("close", () => gone.abort(new Error("the caller has gone")));
  stream.on("error", () => {});
  const headers = headersOf(head);
  return {
    method: head[":method"] ?? "GET",
    target: head[":path"] ?? "/",
    headers,
    socket: stream.session?.socket as TLSSocket,
    signal: gone.signal,
    sink: {
      head: (status, values) => {
        if (!stream.destroyed && !stream.headersSent) stream.respond({ ":status": status, ...values });
      },
      write: (bytes) => write(stream, bytes),
      end: (bytes) => {
        if (!stream.destroyed) stream.end(bytes);
      },
      abort: () => {
        if (!stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      },
    },
    body: (task) => (stream.endAfterHeaders ? Promise.resolve(undefined) : readBody(stream, headers, task)),
  };
}

function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("the caller has gone")));
  response.on("error", () => {});
  const headers = headersOf(request.headers);
  return {
    method: request.method ?? "GET",
    target: request.url ?? "/",
    headers,
    socket: request.socket as TLSSocket,
    signal: gone.signal,
    sink: {
      head: (status, values) => {
        // What is left of a body that was refused would be read as the next request.
        if (!request.complete) response.setHeader("connection", "close");
        if (!response.headersSent) response.writeHead(status, values);
      },
      write: (bytes) => write(response, bytes),
      end: (bytes) => void response.end(bytes),
      abort: () => void response.destroy(),
    },
    body: (task) => readBody(request, headers, task),
  };
}

/** Resolves when more may be written. */
function write(stream: ServerHttp2Stream | ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed || stream.writableEnded) return reject(new Error("the caller has gone"));
    if (stream.write(bytes)) return resolve();
    const onDrain = (): void => {
      stream.removeListener("close", onClose);
      resolve();
    };
    const onClose = (): void => {
      stream.removeListener("drain", onDrain);
      reject(new Error("the caller has gone"));
    };
    stream.once("drain", onDrain).once("close", onClose);
  });
}

async function upgrade(request: IncomingMessage, socket: Socket, head: Uint8Array, { handle, logger, task }: Serving): Promise<void> {
  const gone = new AbortController();
  socket.on("close", () => gone.abort(new Error("the caller has gone")));
  socket.on("error", () => {});
  const { method = "GET", url: target = "/" } = request;
  const headers = headersOf(request.headers);
  try {
    const caller = callerOf(socket as TLSSocket);
    if (caller.hasBadCertificate && headers.authorization === undefined) throw unauthorized();
    const response = await handle({ method, target, headers }, caller.peer, gone.signal);
    if (!isUpgrade(response)) return await refuse(socket, response);
    socket.write(headText(101, response.headers));
    await task.idle(response.serve(duplexOf(socket, head)));
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof StatusError)) logger.error("An upgraded connection failed", { method, target, error });
    await refuse(socket, errorAnswer(error));
  }
}

/** Answers an upgrade that isn't made: the answer, then the end. */
async function refuse(socket: Socket, { status, headers, body }: Response): Promise<void> {
  if (socket.destroyed) return;
  const parts: Uint8Array[] = [];
  if (body.kind === "bytes") parts.push(body.bytes());
  else for await (const chunk of body.chunks) parts.push(chunk.bytes());
  const bytes = Buffer.concat(parts);
  socket.write(headText(status, { ...headers, "content-length": String(bytes.length), connection: "close" }));
  socket.end(bytes);
}

function headText(status: number, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, " ")}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
}

function headersOf(raw: IncomingHttpHeaders | IncomingMessage["headers"]): Headers {
  const headers: Record<string, string> = {};
  for (const name in raw) {
    if (name.charCodeAt(0) === 0x3a) continue;
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

interface Connections {
  end(graceMilliseconds: number): Promise<void>;
}

function trackConnections(server: Http2SecureServer): Connections {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  return {
    async end(graceMilliseconds) {
      // HTTP/2 sessions end with their last stream; the rest gets its time.
      for (const session of sessions) session.close();
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, graceMilliseconds);
      await Promise.race([Promise.all([...sockets].map((socket) => once(socket, "close"))), deadline.promise]);
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

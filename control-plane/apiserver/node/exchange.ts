import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Handler, Headers, Logger, Task } from "@kubets/machinery";
import type { ServerStream } from "./http2/server-stream.ts";
import { decodedBody, readBody } from "./request-body.ts";
import type { AnswerSink } from "./response-writer.ts";

/** What a request is served with. */
export interface Serving {
  readonly handle: Handler;
  readonly logger: Logger;
  readonly task: Task;
}

/** One request with the way back, whichever the version of HTTP. */
export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly socket: TLSSocket;
  readonly signal: AbortSignal;
  readonly sink: AnswerSink;
  body(task: Task): Promise<Uint8Array | undefined>;
}

export function http2Exchange(stream: ServerStream, socket: TLSSocket): Exchange {
  const { method, target, headers } = stream.request;
  return {
    method,
    target,
    headers,
    socket,
    signal: stream.signal,
    sink: stream,
    body: async () => decodedBody(stream.body(), headers),
  };
}

export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("the caller has gone")));
  response.on("error", nothing);
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

// Errors of a stream end in its close; without a listener they would end the process.
function nothing(): void {}

/** Resolves when more may be written. */
function write(stream: ServerResponse, bytes: Uint8Array): Promise<void> {
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

/** Headers as the handler takes them: values of one name joined. */
export function headersOf(raw: IncomingMessage["headers"]): Headers {
  const headers: Record<string, string> = {};
  for (const name in raw) {
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Handler, Headers, Logger, Task } from "@kubets/machinery";
import { readBody } from "./request-body.ts";
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

export function http2Exchange(stream: ServerHttp2Stream, head: IncomingHttpHeaders, rawHeaders: readonly string[]): Exchange {
  const gone = new AbortController();
  let isAnswered = false;
  stream.on("close", () => {
    // Who has the whole answer goes as expected: nobody is to be told.
    if (!isAnswered || stream.rstCode !== constants.NGHTTP2_NO_ERROR) gone.abort(new Error("the caller has gone"));
  });
  stream.on("error", nothing);
  const headers = headersOfList(rawHeaders, head);
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
        isAnswered = true;
        if (!stream.destroyed) stream.end(bytes);
      },
      abort: () => {
        if (!stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      },
    },
    body: (task) => (stream.endAfterHeaders ? Promise.resolve(undefined) : readBody(stream, headers, task)),
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

/** Headers as the handler takes them: lower case, without HTTP/2's own, values of one name joined. */
export function headersOf(raw: IncomingHttpHeaders | IncomingMessage["headers"]): Headers {
  const headers: Record<string, string> = {};
  for (const name in raw) {
    if (name.charCodeAt(0) === 0x3a) continue;
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

/** The same from names and values in turn, as HTTP/2 has them; Node joins what is there twice. */
function headersOfList(list: readonly string[], joined: IncomingHttpHeaders): Headers {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index]!;
    if (name.charCodeAt(0) === 0x3a) continue;
    if (Object.hasOwn(headers, name)) return headersOf(joined);
    headers[name] = list[index + 1]!;
  }
  return headers;
}

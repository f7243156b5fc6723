import type { IncomingMessage } from "node:http";
import { beginningOfBody, type Headers } from "@kubets/machinery";
import { type RawData, WebSocket } from "ws";
import type { ScopedSignal } from "../abort-scope.ts";
import { failureOf } from "../status-answer.ts";
import type { ChannelConnection } from "../transport.ts";
import type { TlsOptions } from "./https-transport.ts";

export interface WebSocketTarget {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Headers;
  readonly tls: TlsOptions;
  readonly request: ScopedSignal;
}

/** Opens a websocket. Rejects with the `StatusError` of a refusal. */
export async function connectWebSocket({ url, protocols, headers, tls, request }: WebSocketTarget): Promise<ChannelConnection> {
  const { signal } = request;
  const socket = new WebSocket(url, [...protocols], { ...tls, headers: { ...headers } });
  const opened = Promise.withResolvers<void>();
  const onAbort = (): void => {
    opened.reject(signal.reason);
    socket.terminate();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("open", opened.resolve);
  socket.once("unexpected-response", (_, answer) => {
    refusalOf(answer).then(opened.reject, opened.reject);
  });
  socket.on("error", opened.reject);
  socket.once("close", () => {
    signal.removeEventListener("abort", onAbort);
    request.release();
  });
  const messages = readMessages(socket, signal);
  await opened.promise;

  return {
    protocol: socket.protocol,
    messages,
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(message, { binary: true }, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
      socket.close(1000);
      // Nobody may be reading any more, and the other end's goodbye comes after what is left to read.
      socket.resume();
      await closed;
    },
  };
}

async function refusalOf(answer: IncomingMessage): Promise<Error> {
  const text = await beginningOfBody(answer, longestRefusal);
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not from an API server: the text itself is what there is to show.
  }
  return failureOf(answer.statusCode ?? 500, body);
}

/** Characters. More is nobody's error message, whatever stands between us and the server. */
const longestRefusal = 50_000;

/** As many messages as are read ahead before the other end is made to wait. */
const readAhead = 16;

/** Collects messages from now on, so that none is lost before the first is asked for. */
function readMessages(socket: WebSocket, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const messages: Uint8Array[] = [];
  let failure: unknown;
  let ended = false;
  let wake = Promise.withResolvers<void>();
  const end = (error?: unknown): void => {
    failure ??= error;
    ended = true;
    wake.resolve();
  };
  socket.on("message", (data) => {
    messages.push(bytesOf(data));
    if (messages.length >= readAhead) socket.pause();
    wake.resolve();
  });
  socket.on("error", end);
  socket.on("close", () => end(signal.aborted ? signal.reason : undefined));

  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
            if (messages.length === 0 && socket.isPaused) socket.resume();
            yield message;
          }
          if (ended) break;
          await wake.promise;
          wake = Promise.withResolvers();
        }
        if (failure !== undefined) throw failure;
      } finally {
        if (!ended) socket.terminate();
      }
    },
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return Array.isArray(data) ? Buffer.concat(data) : data;
}

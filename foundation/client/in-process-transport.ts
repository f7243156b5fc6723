import { type Chunk, type Handler, isUpgrade, type Peer, type Response, type ResponseBody, type Tasks } from "@kubets/machinery";
import { createAbortScope, type ScopedSignal, untilAborted } from "./abort-scope.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { createDuplexPair } from "./duplex-pair.ts";
import { encodeBody } from "./encode-body.ts";
import { createJsonLinesParser } from "./json-lines.ts";
import { failureOf } from "./status-answer.ts";
import type { Transport, TransportResponse } from "./transport.ts";
import { openWebSocket, webSocketHeaders } from "./web-socket.ts";

export interface InProcessTransportOptions {
  /** The API server of this process. */
  readonly handle: Handler;
  /** As whom the server sees this transport. */
  readonly peer: Peer;
  readonly tasks: Tasks;
}

/**
 * Reaches the API server of the same process, through all of authentication, authorization and admission.
 *
 * Reads and watches hand out the very objects of the server's cache, without encoding and decoding them. Writes are encoded: the
 * server parses what it is sent as strictly as from anyone. Channels (`connect`) are real websockets over a pair of byte streams
 * in memory, so that whoever serves them needs no second way to be reached.
 *
 * A request under way is counted by the server; a task that waits for its answer should wait {@link Task.idle | idly}.
 */
export function createInProcessTransport({ handle, peer, tasks }: InProcessTransportOptions): Transport {
  const scope = createAbortScope("Cannot send a request: the transport is closed");

  return {
    sharesObjects: true,
    async send({ method, target, headers, body }, signal) {
      const request = scope.open(signal);
      const encoded = body === undefined ? undefined : encodeBody(body);
      try {
        const answer = await untilAborted(
          handle(
            {
              method,
              target,
              headers:
                encoded === undefined || headers["content-type"] !== undefined
                  ? headers
                  : { ...headers, "content-type": "application/json" },
              ...(encoded === undefined ? {} : { body: encoded }),
            },
            peer,
            request.signal,
          ),
          request.signal,
        );
        if (isUpgrade(answer)) throw new Error(`Cannot read the answer to ${method} ${target}: the server upgraded the connection unasked`);
        if (answer.body.kind === "bytes") request.release();
        return readable(answer, answer.body, request);
      } catch (error) {
        request.release();
        throw error;
      }
    },
    async connect({ target, protocols }, signal) {
      const request = scope.open(signal);
      try {
        const answer = await untilAborted(
          handle({ method: "GET", target, headers: webSocketHeaders(protocols) }, peer, request.signal),
          request.signal,
        );
        if (!isUpgrade(answer)) throw failureOf(answer.status, await readable(answer, answer.body, request).object());
        const [ours, theirs] = createDuplexPair();
        // The two ends wait on one another; what either does is counted where it does it.
        tasks.start("upgraded connection", (task) => task.idle(answer.serve(theirs).finally(request.release)));
        return openWebSocket({ connection: ours, protocol: answer.headers["sec-websocket-protocol"] ?? "", signal: request.signal });
      } catch (error) {
        request.release();
        throw error;
      }
    },
    async close() {
      scope.close();
    },
  };
}

function readable({ status, headers }: Response, body: ResponseBody, request: ScopedSignal): TransportResponse {
  if (body.kind === "bytes") {
    const { bytes, decoded } = body;
    return {
      status,
      headers,
      object: async () => (decoded === undefined ? deepFreeze(JSON.parse(new TextDecoder().decode(bytes()))) : decoded()),
      async *events() {
        const lines = createJsonLinesParser();
        yield [...lines.push(bytes()), ...lines.end()];
      },
      async *chunks() {
        yield bytes();
      },
    };
  }
  const { chunks } = body;
  return {
    status,
    headers,
    async object() {
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of delivering(chunks, request)) text += decoder.decode(chunk.bytes(), { stream: true });
      return deepFreeze(JSON.parse(text + decoder.decode()));
    },
    async *events() {
      const lines = createJsonLinesParser();
      for await (const chunk of delivering(chunks, request)) yield chunk.decoded?.() ?? lines.push(chunk.bytes());
      yield lines.end();
    },
    async *chunks() {
      for await (const chunk of delivering(chunks, request)) yield chunk.bytes();
    },
  };
}

/** A chunk counts as delivered when the next one is asked for, or none ever will be. Rejects at once when the request is aborted. */
async function* delivering(chunks: AsyncIterable<Chunk>, request: ScopedSignal): AsyncGenerator<Chunk> {
  const iterator = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), request.signal);
      if (next.done === true) {
        ended = true;
        break;
      }
      try {
        yield next.value;
      } finally {
        next.value.delivered?.();
      }
    }
    // The server may end a stream quietly when its caller is gone; whoever reads it is told.
    request.signal.throwIfAborted();
  } finally {
    if (ended) request.release();
    else {
      request.abort();
      // Not awaited: a stream that waits ends when its server has noticed.
      iterator.return?.().catch(() => {});
    }
  }
}

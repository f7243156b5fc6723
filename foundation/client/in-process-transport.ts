import {
  type Chunk,
  deepFreeze,
  type Follow,
  type Following,
  type Handler,
  isUpgrade,
  type Peer,
  plainJson,
  type Request,
  type Response,
  type ResponseBody,
  type StreamReader,
  type Tasks,
} from "@kubets/machinery";
import { createAbortScope, type ScopedSignal } from "./abort-scope.ts";
import { DeliveredChunks } from "./delivered-chunks.ts";
import { createDuplexPair } from "./duplex-pair.ts";
import { encodeBody } from "./encode-body.ts";
import { createJsonLinesParser, type JsonLinesParser } from "./json-lines.ts";
import { failureOf } from "./status-answer.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { openWebSocket, webSocketHeaders } from "./web-socket.ts";

export interface InProcessTransportOptions {
  /** The API server of this process. */
  readonly handle: Handler;
  /** The same server's, where kinds may be followed without requests. */
  readonly follow?: Follow;
  /** As whom the server sees this transport. */
  readonly peer: Peer;
  readonly tasks: Tasks;
}

/**
 * Reaches the API server of the same process, through all of authentication, authorization and admission.
 *
 * Reads and watches hand out the very objects of the server's cache, without encoding and decoding them. Writes are handed over as what
 * their JSON would say, and the server decodes that as strictly as anyone's. Channels (`connect`) are real websockets over a pair of byte streams
 * in memory, so that whoever serves them needs no second way to be reached.
 *
 * A request under way is counted by the server; a task that waits for its answer should wait {@link Task.idle | idly}.
 */
export function createInProcessTransport({ handle, follow, peer, tasks }: InProcessTransportOptions): Transport {
  const scope = createAbortScope("Cannot send a request: the transport is closed");
  let followings: Set<Following> | undefined;

  return {
    sharesObjects: true,
    async send({ method, target, headers, body }, signal) {
      const request = scope.open(signal);
      try {
        const sent = body === undefined ? { method, target, headers } : requestWithBody({ method, target, headers, body });
        const answer = await request.until(handle(sent, peer, request.signal));
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
        const answer = await request.until(handle({ method: "GET", target, headers: webSocketHeaders(protocols) }, peer, request.signal));
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
    ...(follow === undefined
      ? {}
      : {
          follow(what, follower) {
            scope.assertOpen();
            const following = follow(what, follower, peer);
            (followings ??= new Set()).add(following);
            const stop = (): void => {
              followings?.delete(following);
              following.stop();
            };
            return { ended: following.ended, stop };
          },
        }),
    async close() {
      scope.close();
      for (const following of followings ?? []) following.stop();
    },
  };
}

/** Bodies over this are written as text, whose exact length the server judges. Far below its bound, however the characters are written. */
const mostCharacters = 128 * 1024;

/** The nesting of values that are handed over as they are; what is deeper is the parser's to judge. */
const maxDepth = 200;

function requestWithBody({ body, ...request }: TransportRequest): Request {
  const { headers } = request;
  const type = headers["content-type"];
  const value =
    (type === undefined || type === json) && typeof body === "object" && body !== null && !(body instanceof Uint8Array)
      ? plainJson(body, { mostCharacters, maxDepth })
      : undefined;
  const described = { ...request, headers: type === undefined ? { ...headers, "content-type": json } : headers };
  return value === undefined ? { ...described, body: encodeBody(body) } : handedOver(described, value);
}

const json = "application/json";

/** A request whose body is text only if somebody asks for the text. */
function handedOver(request: Omit<Request, "body">, value: object): Request {
  let encoded: Uint8Array | undefined;
  return {
    ...request,
    value,
    // A member like any other, so that it is there in a copy of the request as well.
    get body() {
      return (encoded ??= encodeBody(value));
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
  const { chunks, subscribe } = body;
  const delivered = <Value>(read: (chunk: Chunk) => Value, rest?: () => Value | undefined): DeliveredChunks<Value> =>
    new DeliveredChunks({ chunks, request, read, ...(rest === undefined ? {} : { rest }) });
  const bytesOf = (chunk: Chunk): Uint8Array => chunk.bytes();
  return {
    status,
    headers,
    async object() {
      const decoder = new TextDecoder();
      let text = "";
      for await (const bytes of delivered(bytesOf)) text += decoder.decode(bytes, { stream: true });
      return deepFreeze(JSON.parse(text + decoder.decode()));
    },
    events() {
      let lines: JsonLinesParser | undefined;
      const asked = (): DeliveredChunks<readonly unknown[]> =>
        delivered<readonly unknown[]>(
          (chunk) => chunk.decoded?.() ?? (lines ??= createJsonLinesParser()).push(chunk.bytes()),
          () => lines?.end(),
        );
      if (subscribe === undefined) return asked();
      return { [Symbol.asyncIterator]: asked, forEach: (take) => brought(subscribe, request, take) };
    },
    chunks: () => delivered(bytesOf),
  };
}

/** Has a stream brought to `take` until it ends. */
function brought(subscribe: (reader: StreamReader) => void, request: ScopedSignal, take: StreamReader["take"]): Promise<void> {
  return new Promise((resolve, reject) => {
    subscribe({
      take,
      end(error) {
        request.release();
        if (error === undefined) resolve();
        else reject(error);
      },
    });
  });
}

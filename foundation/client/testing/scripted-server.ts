import {
  type Chunk,
  type Handler,
  type Request,
  type Response,
  type StatusError,
  type Task,
  type Tasks,
  type WatchEvent,
} from "@kubets/machinery";

/**
 * The server's end of a transport, played by the test line by line: for what a real API server can't be made to do on demand
 * (drop a watch, forget history, send half an event). Everything else is tested against the real one.
 */
export interface ScriptedServer {
  readonly handle: Handler;
  /** The next request, when it has come. */
  next(): Promise<ScriptedRequest>;
}

export interface ScriptedRequest {
  readonly request: Request;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  answer(object: unknown, status?: number): void;
  fail(error: StatusError): void;
  /** There is no answer. */
  breakDown(error: Error): void;
  /** Answers with a stream. */
  stream(): ScriptedWatch;
}

export interface ScriptedWatch {
  /** One batch. */
  send(...events: readonly WatchEvent<object>[]): void;
  /** Text as it is, without the decoded form. */
  sendBytes(text: string): void;
  sendRaw(bytes: Uint8Array): void;
  end(error?: Error): void;
}

export function createScriptedServer(tasks: Tasks): ScriptedServer {
  const arrived: ScriptedRequest[] = [];
  const waiting: ((request: ScriptedRequest) => void)[] = [];
  return {
    async handle(request, _peer, signal) {
      const answer = Promise.withResolvers<Response>();
      const [path = "", query = ""] = request.target.split("?");
      const scripted: ScriptedRequest = {
        request,
        path,
        query: Object.fromEntries(new URLSearchParams(query)),
        body: request.body === undefined ? undefined : JSON.parse(new TextDecoder().decode(request.body)),
        signal,
        answer: (object, status = 200) => answer.resolve(jsonResponse(status, object)),
        fail: (error) => answer.resolve(jsonResponse(error.code, error.status)),
        breakDown: (error) => answer.reject(error),
        stream() {
          const { watch, chunks } = createStream(tasks, signal);
          answer.resolve({ status: 200, headers: { "content-type": "application/json" }, body: { kind: "stream", chunks } });
          return watch;
        },
      };
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push(scripted);
      else waiter(scripted);
      return answer.promise;
    },
    next: () => {
      const request = arrived.shift();
      return request === undefined ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve(request);
    },
  };
}

function jsonResponse(status: number, object: unknown): Response {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(object)), decoded: () => object },
  };
}

function createStream(tasks: Tasks, signal: AbortSignal): { readonly watch: ScriptedWatch; readonly chunks: AsyncIterable<Chunk> } {
  const queue: Chunk[] = [];
  let state: { readonly ended: boolean; readonly error?: Error } = { ended: false };
  let wake = Promise.withResolvers<void>();
  const push = (bytes: () => Uint8Array, decoded?: () => readonly unknown[]): void => {
    const undelivered: Task = tasks.begin("undelivered event");
    queue.push({ bytes, ...(decoded === undefined ? {} : { decoded }), delivered: () => undelivered[Symbol.dispose]() });
    wake.resolve();
  };
  const end = (error?: Error): void => {
    state = { ended: true, ...(error === undefined ? {} : { error }) };
    wake.resolve();
  };
  // What is left when the reader has gone is not waited for.
  signal.addEventListener("abort", () => {
    for (const chunk of queue) chunk.delivered?.();
    end();
  });
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  return {
    watch: {
      send: (...events) =>
        push(
          () => encode(events.map((event) => `${JSON.stringify(event)}\n`).join("")),
          () => events,
        ),
      sendBytes: (text) => push(() => encode(text)),
      sendRaw: (bytes) => push(() => bytes),
      end,
    },
    chunks: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) yield chunk;
          if (state.error !== undefined) throw state.error;
          if (state.ended) return;
          await wake.promise;
          wake = Promise.withResolvers();
        }
      },
    },
  };
}

export const added = <T extends object>(object: T): WatchEvent<T> => ({ type: "ADDED", object });
export const modified = <T extends object>(object: T): WatchEvent<T> => ({ type: "MODIFIED", object });
export const deleted = <T extends object>(object: T): WatchEvent<T> => ({ type: "DELETED", object });
export const bookmark = (revision: number, annotations?: Readonly<Record<string, string>>): WatchEvent<object> => ({
  type: "BOOKMARK",
  object: {
    kind: "Widget",
    apiVersion: "test.kubets.dev/v1",
    metadata: { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) },
  },
});
export const initialEventsEnd = (revision: number): WatchEvent<object> => bookmark(revision, { "k8s.io/initial-events-end": "true" });

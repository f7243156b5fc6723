import { setImmediate } from "node:timers/promises";
import { kinds as allKinds } from "@kubets/api";
import {
  createManualClock,
  createTasks,
  type Headers,
  type Instant,
  isUpgrade,
  type Kind,
  type ListMeta,
  type LogFields,
  type Logger,
  type ManualClock,
  type ObjectMeta,
  type Peer,
  type Response,
  seededRandom,
  type StatusDetails,
  type Tasks,
  unmeasured,
  type UserInfo,
} from "@kubets/machinery";
import type { Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { type ApiServer, type ApiServerOptions, createApiServer, type ServerParts } from "../index.ts";

export const noon: Instant = Date.UTC(2026, 0, 1, 12) as Instant;
export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

const turn = async (): Promise<void> => {
  await setImmediate();
};

export interface TestServer {
  readonly server: ApiServer;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly tasks: Tasks;
  readonly logged: readonly LoggedLine[];
  /** Sends a request as someone from the network, and reads all of the answer. */
  send(method: string, target: string, request?: SentRequest): Promise<Answer>;
  /** The events of a watch as they come. */
  watch(target: string, request?: Pick<SentRequest, "headers">): Promise<TestWatch>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SentRequest {
  /** A value is sent as JSON, a text or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Headers;
  readonly peer?: Peer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The body as JSON. */
  readonly json: TestObject;
}

export interface TestEvent {
  readonly type: string;
  readonly object: TestObject;
}

/** Whatever tests look at of what the server answers. */
export interface TestObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Partial<ObjectMeta & ListMeta>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: unknown;
  readonly data: Readonly<Record<string, string>>;
  readonly items: readonly TestObject[];
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: StatusDetails;
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: TestObject }[];
  readonly columnDefinitions: readonly { readonly name: string }[] | null;
}

export interface TestWatch {
  readonly response: Response;
  /** Everything that has come since the last look, after everything has settled. */
  events(): Promise<readonly TestEvent[]>;
  readonly ended: boolean;
  stop(): void;
}

export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly sentence: string;
  readonly fields: LogFields;
}

export interface TestServerOptions extends Partial<Omit<ApiServerOptions, "parts" | "clock" | "tasks">> {
  readonly kinds?: readonly Kind[];
  readonly parts?: Partial<ServerParts> | ((core: Parameters<ApiServerOptions["parts"]>[0]) => Partial<ServerParts>);
  /** A store to begin with, made under the same clock and tasks. */
  readonly makeStore?: (world: { readonly clock: ManualClock; readonly tasks: Tasks }) => Store;
}

/** A whole API server in memory, on which everybody may do everything unless `parts` say otherwise. */
export async function startTestServer({ parts, makeStore, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: noon, tasks, turn });
  const logged: LoggedLine[] = [];
  const store = makeStore?.({ clock, tasks }) ?? createMemoryStore({ clock, tasks });
  const server = await createApiServer({
    store,
    kinds: allKinds,
    clock,
    tasks,
    random: seededRandom(7),
    logger: recorder(logged, {}),
    metrics: unmeasured,
    version: testVersion,
    ...options,
    parts: (core) => ({
      authenticators: [{ name: "everyone is admin", authenticate: async () => admin }],
      authorizer: { name: "everything is allowed", authorize: async () => ({ decision: "allow", reason: "" }) },
      admission: [],
      pathEndpoints: [],
      resourceEndpoints: [],
      ...(typeof parts === "function" ? parts(core) : parts),
    }),
  });
  const watches: TestWatch[] = [];
  const send: TestServer["send"] = async (method, target, { body, headers = {}, peer = network } = {}) => {
    const encoded = body === undefined ? undefined : encode(body);
    const answer = await server.handle(
      { method, target, headers, ...(encoded === undefined ? {} : { body: encoded }) },
      peer,
      new AbortController().signal,
    );
    if (isUpgrade(answer)) throw new Error("Cannot read the answer: the connection was upgraded");
    return readAnswer(answer);
  };
  return {
    server,
    store,
    clock,
    tasks,
    logged,
    send,
    async watch(target, { headers = {} } = {}) {
      const caller = new AbortController();
      const answer = await server.handle({ method: "GET", target, headers }, network, caller.signal);
      if (isUpgrade(answer) || answer.body.kind !== "stream") {
        throw new Error(`Cannot watch ${target}: ${isUpgrade(answer) ? "upgraded" : (await readAnswer(answer)).text}`);
      }
      const watch = follow(answer, { tasks, stop: () => caller.abort() });
      watches.push(watch);
      return watch;
    },
    async [Symbol.asyncDispose]() {
      for (const watch of watches) watch.stop();
      await server.close();
      await store.close();
      await tasks.settle();
      if (tasks.failures.length > 0) throw tasks.failures[0]!.error;
    },
  };
}

export const network: Peer = { via: "network", address: "127.0.0.1" };

export const testVersion: ApiServerOptions["version"] = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0-test",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2026-01-01T12:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
};

function encode(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

export async function readAnswer({ status, headers, body }: Response): Promise<Answer> {
  const pieces: Uint8Array[] = [];
  if (body.kind === "bytes") pieces.push(body.bytes());
  else {
    for await (const chunk of body.chunks) {
      pieces.push(chunk.bytes());
      chunk.delivered?.();
    }
  }
  const bytes = new Uint8Array(Buffer.concat(pieces));
  const text = new TextDecoder().decode(bytes);
  return {
    status,
    headers,
    bytes,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

function follow(response: Response, { tasks, stop }: { readonly tasks: Tasks; readonly stop: () => void }): TestWatch {
  const received: TestEvent[] = [];
  let ended = false;
  const read = async (): Promise<void> => {
    if (response.body.kind !== "stream") return;
    for await (const chunk of response.body.chunks) {
      for (const line of new TextDecoder().decode(chunk.bytes()).split("\n")) if (line !== "") received.push(JSON.parse(line));
      chunk.delivered?.();
    }
    ended = true;
  };
  void read();
  return {
    response,
    async events() {
      await tasks.settle();
      return received.splice(0);
    },
    get ended() {
      return ended;
    },
    stop,
  };
}

function recorder(lines: LoggedLine[], fields: LogFields): Logger {
  const at =
    (level: LoggedLine["level"]) =>
    (sentence: string, more: LogFields = {}): void =>
      void lines.push({ level, sentence, fields: { ...fields, ...more } });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => recorder(lines, { ...fields, ...more }),
  };
}

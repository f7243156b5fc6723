import {
  type Chunk,
  type Dialer,
  type DialRequest,
  type DialTarget,
  type Headers,
  pipe,
  type Response,
  serviceUnavailable,
  StatusError,
  type Upgrade,
} from "@kubets/machinery";
import type { RequestContext } from "../../contracts.ts";

/** What is asked of a node, a Pod or a Service on a client's behalf. */
export interface Errand {
  readonly target: DialTarget;
  /** Path and query. */
  readonly path: string;
  /** For errors: who is reached, such as `Node "n1"`. */
  readonly what: string;
  /** What the other side is told besides what the client says. */
  readonly headers?: DialRequest["headers"];
}

/** Sends a client's request on, and answers what comes back. */
export async function forward(
  dialer: Dialer,
  { request, signal }: RequestContext,
  { target, path, what, headers: own = {} }: Errand,
): Promise<Response> {
  const { body, method } = request;
  const errand: DialRequest = {
    method,
    target: path,
    headers: { ...passedOn(request.headers), ...own },
    ...(body === undefined ? {} : { body }),
  };
  const { status, headers, body: stream } = await reach(what, () => dialer.request(target, errand, signal));
  return { status, headers: passedBack(headers), body: { kind: "stream", chunks: chunksOf(stream) } };
}

/** Turns the client's connection and one to the errand's target into one pair of byte streams, whatever is spoken over it. */
export async function connectThrough(
  dialer: Dialer,
  { request, signal }: RequestContext,
  { target, path, what, headers: own = {} }: Errand,
): Promise<Response | Upgrade> {
  if (!isUpgradeRequest(request.headers)) throw new StatusError(400, "BadRequest", "Upgrade request required");
  const errand: DialRequest = {
    method: request.method,
    target: path,
    headers: { ...passedOn(request.headers), ...own, ...upgradeHeaders(request.headers) },
  };
  const answer = await reach(what, () => dialer.upgrade(target, errand, signal));
  if (!("connection" in answer)) {
    return { status: answer.status, headers: passedBack(answer.headers), body: { kind: "stream", chunks: chunksOf(answer.body) } };
  }
  const { connection, headers } = answer;
  return { status: 101, headers, serve: (client) => pipe(client, connection) };
}

async function reach<Answer>(what: string, dial: () => Promise<Answer>): Promise<Answer> {
  try {
    return await dial();
  } catch (cause) {
    if (cause instanceof StatusError) throw cause;
    const because = cause instanceof Error ? cause.message : String(cause);
    throw serviceUnavailable(`error trying to reach ${what}: ${because}`, { cause });
  }
}

export function isUpgradeRequest({ connection = "", upgrade }: Headers): boolean {
  return (
    upgrade !== undefined &&
    connection
      .toLowerCase()
      .split(",")
      .some((token) => token.trim() === "upgrade")
  );
}

function upgradeHeaders({ connection = "Upgrade", upgrade = "" }: Headers): Headers {
  return { connection, upgrade };
}

// Between two ends of one connection only, or about the caller, whom only this server knows.
const notPassedOn: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "content-encoding",
]);

function passedOn(headers: Headers): Headers {
  const hops = new Set((headers["connection"] ?? "").split(",").map((token) => token.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !notPassedOn.has(name) && !hops.has(name) && !name.startsWith("impersonate-")),
  );
}

function passedBack(headers: Headers): Headers {
  const { "content-encoding": encoding, ...rest } = headers;
  const kept = Object.fromEntries(Object.entries(rest).filter(([name]) => !notPassedOn.has(name)));
  // The bytes are passed back as they are.
  return encoding === undefined ? kept : { ...kept, "content-encoding": encoding };
}

async function* chunksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  for await (const bytes of stream) yield { bytes: () => bytes };
}

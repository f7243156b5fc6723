import type { ExecRequest, StreamsRequest } from "@kubets/container-runtime";
import {
  badRequest,
  type Chunk,
  type Dialer,
  type Duplex,
  type Headers,
  type Request,
  type Response,
  type Upgrade,
} from "@kubets/machinery";

/** What a client of exec or attach asks for, in the words of the kubelet's interface. Throws `BadRequest`. */
export function parseStreams(query: URLSearchParams): StreamsRequest {
  const isTrue = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");
  const tty = isTrue("tty");
  // With a terminal both outputs are one.
  const streams = { stdin: isTrue("input"), stdout: isTrue("output"), stderr: isTrue("error") && !tty, tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr) throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  return streams;
}

export function parseExec(query: URLSearchParams): ExecRequest {
  const command = query.getAll("command");
  if (command.length === 0) throw badRequest("you must specify at least one command for the container");
  return { ...parseStreams(query), command };
}

/**
 * Joins the client's connection with one to the runtime's streaming server. Whatever they speak (SPDY, websockets) goes through as it
 * is: a protocol that the runtime refuses is refused, and clients then offer another.
 */
export async function streamThrough(
  dialer: Dialer,
  url: string,
  { method, headers }: Request,
  signal: AbortSignal,
): Promise<Response | Upgrade> {
  if (headers.upgrade === undefined) throw badRequest("Upgrade request required");
  const { origin, pathname, search } = new URL(url);
  const answer = await dialer.upgrade({ origin }, { method, target: `${pathname}${search}`, headers: passedOn(headers) }, signal);
  if (!("connection" in answer))
    return { status: answer.status, headers: passedBack(answer.headers), body: { kind: "stream", chunks: chunksOf(answer.body) } };
  const { connection, headers: agreed } = answer;
  return { status: 101, headers: agreed, serve: (client) => pipe(client, connection) };
}

const ownHeaders: ReadonlySet<string> = new Set(["authorization", "host", "content-length"]);

function passedOn(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)));
}

function passedBack(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !["connection", "transfer-encoding", "content-length", "upgrade"].includes(name)),
  );
}

async function* chunksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  for await (const bytes of stream) yield { bytes: () => bytes };
}

/** Carries the bytes of each side to the other, until both have ended or one has broken. */
async function pipe(a: Duplex, b: Duplex): Promise<void> {
  await Promise.all([carry(a, b), carry(b, a)]);
}

async function carry(from: Duplex, to: Duplex): Promise<void> {
  try {
    for await (const bytes of from.readable) await to.write(bytes);
    await to.end();
  } catch (error) {
    await Promise.allSettled([to.end(error), from.end(error)]);
  }
}

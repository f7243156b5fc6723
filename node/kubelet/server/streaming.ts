import type { ExecRequest, StreamsRequest } from "@kubets/container-runtime";
import { acceptWebSocket, type ChannelConnection } from "@kubets/client";
import {
  badRequest,
  type Chunk,
  type Dialer,
  type DialResponse,
  type DialUpgrade,
  type Duplex,
  type Headers,
  offeredProtocols,
  pipe,
  type Request,
  type Response,
  type Upgrade,
  webSocketAgreement,
} from "@kubets/machinery";
import { joinRemoteCommand } from "./remote-command.ts";

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

/** Where the runtime streams, and who asks for it. */
export interface StreamErrand {
  readonly dialer: Dialer;
  readonly url: string;
  readonly request: Request;
  readonly signal: AbortSignal;
}

/** The newest protocol for commands over websockets: runtimes don't speak it, so its connections end here and go on by SPDY. */
const commandProtocol = "v5.channel.k8s.io";
/** SPDY within a websocket: what is in the messages is the runtime's to read. */
const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";

export function streamCommand(errand: StreamErrand, streams: StreamsRequest): Promise<Response | Upgrade> {
  return streamBySpdy(errand, {
    protocol: commandProtocol,
    runtimeProtocol: "v4.channel.k8s.io",
    join: (socket, connection) => joinRemoteCommand(socket, connection, streams),
  });
}

export function streamPorts(errand: StreamErrand): Promise<Response | Upgrade> {
  return streamBySpdy(errand, { protocol: tunnelProtocol, runtimeProtocol: "portforward.k8s.io", join: joinTunnel });
}

interface Joint {
  /** Of the client's websocket. */
  readonly protocol: string;
  /** What the runtime is asked for over SPDY. */
  readonly runtimeProtocol: string;
  readonly join: (socket: ChannelConnection, connection: Duplex) => Promise<void>;
}

/** Ends a websocket that speaks `protocol` here and goes on to the runtime by SPDY; whatever else a client speaks goes through. */
async function streamBySpdy(errand: StreamErrand, { protocol, runtimeProtocol, join }: Joint): Promise<Response | Upgrade> {
  const { request, signal } = errand;
  if (!offeredProtocols(request.headers).includes(protocol)) return streamThrough(errand);
  const answer = await dialSpdy(errand, runtimeProtocol);
  if (!("connection" in answer)) return refused(answer);
  return {
    status: 101,
    headers: webSocketAgreement(request.headers, protocol),
    serve: (client) => join(acceptWebSocket({ connection: client, protocol, signal }), answer.connection),
  };
}

function dialSpdy({ dialer, url, signal }: StreamErrand, protocol: string): Promise<DialUpgrade | DialResponse> {
  const { origin, pathname, search } = new URL(url);
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol };
  return dialer.upgrade({ origin }, { method: "POST", target: `${pathname}${search}`, headers }, signal);
}

async function joinTunnel(socket: ChannelConnection, connection: Duplex): Promise<void> {
  const outwards = (async () => {
    try {
      for await (const message of socket.messages) await connection.write(message);
      await connection.end();
    } catch (error) {
      await connection.end(error);
    }
  })();
  try {
    for await (const bytes of connection.readable) await socket.send(bytes);
  } finally {
    await socket.close().catch(() => {});
    await outwards;
  }
}

/**
 * Joins the client's connection with one to the runtime's streaming server. Whatever they speak (SPDY, websockets) goes through as it
 * is: a protocol that the runtime refuses is refused, and clients then offer another.
 */
async function streamThrough({ dialer, url, request: { method, headers }, signal }: StreamErrand): Promise<Response | Upgrade> {
  if (headers.upgrade === undefined) throw badRequest("Upgrade request required");
  const { origin, pathname, search } = new URL(url);
  const answer = await dialer.upgrade({ origin }, { method, target: `${pathname}${search}`, headers: passedOn(headers) }, signal);
  if (!("connection" in answer)) return refused(answer);
  const { connection, headers: agreed } = answer;
  return { status: 101, headers: agreed, serve: (client) => pipe(client, connection) };
}

function refused({ status, headers, body }: DialResponse): Response {
  return { status, headers: passedBack(headers), body: { kind: "stream", chunks: chunksOf(body) } };
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

import type { StreamsRequest } from "@kubets/container-runtime";
import type { ChannelConnection } from "@kubets/client";
import type { Duplex } from "@kubets/machinery";
import { createSpdyParser, createStreamOpener, dataFrame, pingFrame } from "./frames.ts";

/** The channels of `v5.channel.k8s.io`. `close` is followed by the channel that says nothing more. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Streams of SPDY as their opener numbers them. */
const streams = { error: 1, stdin: 3, stdout: 5, stderr: 7, resize: 9 } as const;

/**
 * Joins a client's websocket with a runtime's exec or attach by SPDY, of which both speak the fourth version of the protocol for remote
 * commands: what the fifth has above it, the end of input, is the end of a stream in SPDY. Resolves when both have ended.
 */
export async function joinRemoteCommand(socket: ChannelConnection, connection: Duplex, request: StreamsRequest): Promise<void> {
  const open = createStreamOpener();
  for (const name of ["error", "stdin", "stdout", "stderr", "resize"] as const)
    if (isWanted(name, request)) await connection.write(open(streams[name], { streamtype: name }));
  // So the client learns that the connection stands.
  const lowest = request.stdout ? channels.stdout : request.stderr ? channels.stderr : channels.error;
  await send(socket, lowest, new Uint8Array());
  const input = sendInput(socket, connection, request).catch(() => connection.end(new Error("The client has gone")));
  const status = await readOutput(socket, connection).catch((error: unknown) => failure(error));
  // The client may have gone before the command was over.
  await send(socket, channels.error, status ?? failure(new Error("the container runtime ended the connection"))).catch(() => {});
  await socket.close().catch(() => {});
  await connection.end().catch(() => {});
  await input;
}

function isWanted(name: keyof typeof streams, { stdin, stdout, stderr, tty }: StreamsRequest): boolean {
  return { error: true, stdin, stdout, stderr, resize: tty }[name];
}

async function sendInput(socket: ChannelConnection, connection: Duplex, { stdin, tty }: StreamsRequest): Promise<void> {
  let isOpen = stdin;
  for await (const message of socket.messages) {
    const payload = message.subarray(1);
    if (message[0] === channels.stdin && isOpen && payload.length > 0) await connection.write(dataFrame(streams.stdin, payload));
    else if (message[0] === channels.resize && tty) await connection.write(dataFrame(streams.resize, payload));
    else if (message[0] === channels.close && payload[0] === channels.stdin && isOpen) {
      isOpen = false;
      await connection.write(dataFrame(streams.stdin, new Uint8Array(), { isLast: true }));
    }
  }
  // A client that goes takes its terminal with it.
  await connection.end();
}

const channelOf: Readonly<Record<number, number>> = { [streams.stdout]: channels.stdout, [streams.stderr]: channels.stderr };

/** Passes the outputs on until the runtime has said how it ended; answers that, a Status as JSON, or nothing if it did not. */
async function readOutput(socket: ChannelConnection, connection: Duplex): Promise<Uint8Array | undefined> {
  const parser = createSpdyParser();
  let status: Uint8Array | undefined;
  for await (const bytes of connection.readable) {
    for (const frame of parser.push(bytes)) {
      if (frame.kind === "ping") await connection.write(pingFrame(frame.id));
      else if (frame.kind === "goAway" || (frame.kind === "reset" && frame.stream === streams.error)) return status;
      else if (frame.kind === "data") {
        const channel = channelOf[frame.stream];
        if (channel !== undefined && frame.bytes.length > 0) await send(socket, channel, frame.bytes);
        if (frame.stream !== streams.error) continue;
        status = Uint8Array.from([...(status ?? []), ...frame.bytes]);
        if (frame.isLast) return status.length === 0 ? undefined : status;
      }
    }
  }
  return status;
}

function failure(error: unknown): Uint8Array {
  const message = error instanceof Error ? error.message : String(error);
  return new TextEncoder().encode(JSON.stringify({ metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 }));
}

function send(socket: ChannelConnection, channel: number, bytes: Uint8Array): Promise<void> {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return socket.send(message);
}

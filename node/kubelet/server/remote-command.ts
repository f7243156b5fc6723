import type { StreamsRequest } from "@kubets/container-runtime";
import { type ChannelConnection, spdyConnection, type SpdyStream } from "@kubets/client";
import type { Duplex } from "@kubets/machinery";

/** The channels of `v5.channel.k8s.io`. `close` is followed by the channel that says nothing more. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/**
 * Joins a client's websocket with a runtime's exec or attach by SPDY, of which both speak the fourth version of the protocol for remote
 * commands: what the fifth has above it, the end of input, is the end of a stream in SPDY. Resolves when both have ended.
 */
export async function joinRemoteCommand(socket: ChannelConnection, connection: Duplex, request: StreamsRequest): Promise<void> {
  const spdy = spdyConnection({ connection, end: "client" });
  const open = async (streamtype: string, isWanted: boolean): Promise<SpdyStream | undefined> =>
    isWanted ? spdy.open({ streamtype }) : undefined;
  const status = await spdy.open({ streamtype: "error" });
  const stdin = await open("stdin", request.stdin);
  const stdout = await open("stdout", request.stdout);
  const stderr = await open("stderr", request.stderr);
  const resize = await open("resize", request.tty);
  // So the client learns that the connection stands.
  await send(socket, request.stdout ? channels.stdout : request.stderr ? channels.stderr : channels.error, new Uint8Array());
  const serving = spdy.serve((stream) => void stream.end(new Error("Container runtimes open no streams")));
  const input = sendInput(socket, { stdin, resize })
    // A client that goes takes its terminal with it.
    .then(() => spdy.close())
    .catch(() => connection.end(new Error("The client has gone")));
  const outputs = [passOn(stdout, socket, channels.stdout), passOn(stderr, socket, channels.stderr)];
  const said = await wholeOf(status);
  await spdy.close();
  // What came before that is passed on to its end.
  await Promise.all(outputs);
  // The client may have gone before the command was over.
  await send(socket, channels.error, said.length > 0 ? said : unknownEnd).catch(() => {});
  await socket.close().catch(() => {});
  await Promise.all([input, serving]);
}

interface Input {
  readonly stdin: SpdyStream | undefined;
  readonly resize: SpdyStream | undefined;
}

async function sendInput(socket: ChannelConnection, { stdin, resize }: Input): Promise<void> {
  let isOpen = true;
  for await (const message of socket.messages) {
    const payload = message.subarray(1);
    if (message[0] === channels.stdin && isOpen && payload.length > 0) await stdin?.write(payload);
    else if (message[0] === channels.resize) await resize?.write(payload);
    else if (message[0] === channels.close && payload[0] === channels.stdin && isOpen) {
      isOpen = false;
      await stdin?.end();
    }
  }
}

/** Until either end has gone: the connections say so themselves. */
async function passOn(stream: SpdyStream | undefined, socket: ChannelConnection, channel: number): Promise<void> {
  try {
    for await (const bytes of stream?.readable ?? []) await send(socket, channel, bytes);
  } catch {
    return;
  }
}

/** How the command ended, a Status as JSON; what there is of it when the runtime goes within it. */
async function wholeOf({ readable }: SpdyStream): Promise<Uint8Array> {
  const bytes: number[] = [];
  try {
    for await (const piece of readable) bytes.push(...piece);
  } catch {
    // Whoever reads it sees that it isn't whole.
  }
  return Uint8Array.from(bytes);
}

const unknownEnd = new TextEncoder().encode(
  JSON.stringify({
    metadata: {},
    status: "Failure",
    message: "the container runtime ended the connection",
    reason: "InternalError",
    code: 500,
  }),
);

function send(socket: ChannelConnection, channel: number, bytes: Uint8Array): Promise<void> {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return socket.send(message);
}

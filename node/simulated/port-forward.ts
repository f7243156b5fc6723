import { acceptWebSocket, type ChannelConnection, createDuplexPair, spdyConnection, type SpdyStream } from "@kubets/client";
import { badRequest, type DialRequest, type DialUpgrade, type Duplex } from "@kubets/machinery";
import { bytesOf } from "./bytes.ts";
import { acceptSpdy, acceptUpgrade, isSpdyRequest } from "./upgrades.ts";

export interface PortForwardOptions {
  readonly request: DialRequest;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** The Pod, as errors name it: `NAMESPACE/NAME`. */
  readonly pod: string;
  readonly begin: (work: () => Promise<void>) => void;
  /** Leads one connection to a port, until it has ended. Rejects when nobody listens there. */
  readonly connect: (port: number, connection: Duplex) => Promise<void>;
}

const spdyProtocol = "portforward.k8s.io";
/** SPDY within a websocket, as kubectl does it from 1.31 on. */
const tunnelProtocol = `SPDY/3.1+${spdyProtocol}`;
const channelProtocol = "v4.channel.k8s.io";

/** Answers a request for port-forward in each of the ways in which clients ask for it. Throws what kubelets answer to others. */
export function portForward(options: PortForwardOptions): DialUpgrade {
  const { request, query, signal, begin } = options;
  if (isSpdyRequest(request)) {
    const { answer, connection } = acceptSpdy(request, [spdyProtocol]);
    begin(() => serveSpdy(connection, options));
    return answer;
  }
  const { answer, connection, protocol } = acceptUpgrade(request, [tunnelProtocol, channelProtocol]);
  const socket = acceptWebSocket({ connection, protocol, signal });
  if (protocol === tunnelProtocol) begin(() => serveSpdy(tunnelled(socket), options));
  else {
    const ports = query.getAll("port").map(readPort);
    if (ports.length === 0) throw badRequest('query parameter "port" is required');
    begin(() => serveChannels(socket, ports, options));
  }
  return answer;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
  return port;
}

/** The bytes that go through a websocket. */
function tunnelled(socket: ChannelConnection): Duplex {
  return { readable: socket.messages, write: (bytes) => socket.send(bytes), end: () => socket.close() };
}

/** A connection has two streams, for its data and for what went wrong, that name the same request. */
async function serveSpdy(connection: Duplex, options: PortForwardOptions): Promise<void> {
  const halves = new Map<string, Readonly<Record<string, SpdyStream>>>();
  const running: Promise<void>[] = [];
  const spdy = spdyConnection({ connection, end: "server" });
  await spdy.serve((stream) => {
    const { streamtype = "", requestid = "", port = "" } = stream.headers;
    const both = { ...halves.get(requestid), [streamtype]: stream };
    const { data, error } = both;
    if (data === undefined || error === undefined) return void halves.set(requestid, both);
    halves.delete(requestid);
    running.push(lead(Number(port), { data, error }, options));
  });
  await Promise.all(running);
}

async function lead(
  port: number,
  { data, error }: { readonly data: Duplex; readonly error: Pick<Duplex, "write" | "end"> },
  { connect, pod }: PortForwardOptions,
): Promise<void> {
  try {
    await connect(port, data);
  } catch (problem) {
    const because = problem instanceof Error ? problem.message : String(problem);
    await error.write(bytesOf(`error forwarding port ${port} to pod ${pod}, uid : ${because}`)).catch(() => {});
  }
  await Promise.allSettled([data.end(), error.end()]);
}

/** Two channels for each port, each of which first tells the port, in two bytes. */
async function serveChannels(socket: ChannelConnection, ports: readonly number[], options: PortForwardOptions): Promise<void> {
  const send = (channel: number, bytes: Uint8Array): Promise<void> => {
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    return socket.send(message);
  };
  const inputs: Duplex[] = [];
  const running = ports.map(async (port, index) => {
    const [input, output] = createDuplexPair();
    inputs.push(input);
    for (const channel of [2 * index, 2 * index + 1]) await send(channel, Uint8Array.of(port & 0xff, port >> 8));
    const data: Duplex = { readable: output.readable, write: (bytes) => send(2 * index, bytes), end: async () => {} };
    await lead(port, { data, error: { write: (bytes) => send(2 * index + 1, bytes), end: async () => {} } }, options);
  });
  const reading = (async () => {
    try {
      for await (const message of socket.messages) {
        const [channel = 0] = message;
        // Once nobody reads any more, what comes is of no use.
        if (channel % 2 === 0) await inputs[channel / 2]?.write(message.subarray(1)).catch(() => {});
      }
    } finally {
      for (const input of inputs) await input.end();
    }
  })();
  reading.catch(() => {});
  await Promise.all(running);
  await socket.close().catch(() => {});
}

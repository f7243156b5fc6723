import { createSocket, type RemoteInfo, type Socket as DatagramSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { BlockList, isIPv6 } from "node:net";
import type { Clock, Logger, Tasks } from "@kubets/machinery";
import type { Resolve } from "../resolver.ts";
import { readFrames } from "./frames.ts";

export interface DnsServerOptions {
  readonly resolve: Resolve;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly address: string;
  /** The same for UDP and TCP. A free one when 0. */
  readonly port: number;
  /**
   * Who may ask, as ranges: a server that answers to the whole world is used to attack others. Everybody when absent. What others
   * send is dropped without a word.
   */
  readonly clients?: readonly string[];
}

export interface DnsServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** So many questions of all clients together are worked on at once; what comes on top is dropped, and asked again by its client. */
const mostAtOnce = 2_000;
const mostConnections = 200;
/** A connection that says nothing for so long ends. */
const longestIdle = 10_000;
const portAttempts = 20;

/** Listens for questions over UDP and TCP. */
export async function listenDns(options: DnsServerOptions): Promise<DnsServer> {
  for (let attempt = 1; ; attempt++) {
    const udp = await bindDatagrams(options);
    const { port } = udp.address();
    try {
      const tcp = await listenStreams({ ...options, port });
      return serve(udp, tcp, options);
    } catch (error) {
      await closeDatagrams(udp);
      // A port that is free for UDP may be taken for TCP: another one, where any is good.
      if (options.port !== 0 || attempt === portAttempts) throw error;
    }
  }
}

function serve(udp: DatagramSocket, tcp: Server, options: DnsServerOptions): DnsServer {
  const { resolve, tasks, clock, logger, address, clients } = options;
  const { port } = udp.address();
  const admits = admission(clients);
  const stopping = new AbortController();
  const connections = new Set<Socket>();
  let working = 0;

  const work = async (packet: Uint8Array, transport: "udp" | "tcp"): Promise<Uint8Array | undefined> => {
    if (working >= mostAtOnce) return undefined;
    working++;
    try {
      return await tasks.run("dns question", () => resolve(packet, transport, stopping.signal));
    } catch (error) {
      logger.error("Question not answered", { error });
      return undefined;
    } finally {
      working--;
    }
  };

  udp.on("message", (packet: Uint8Array, { address: client, port: clientPort }: RemoteInfo) => {
    // Answers come from no port 0, and nobody listens there.
    if (!admits(client) || clientPort === 0) return;
    tasks.start("dns datagram", async () => {
      const answer = await work(packet, "udp");
      // Whether it arrives nobody knows; a client that has gone is no error of ours.
      if (answer !== undefined && !stopping.signal.aborted) udp.send(answer, clientPort, client, () => {});
    });
  });
  udp.on("error", (error) => logger.warn("Error of the socket for questions", { error }));

  tcp.on("connection", (socket: Socket) => {
    if (!admits(socket.remoteAddress ?? "") || connections.size >= mostConnections) return void socket.destroy();
    connections.add(socket);
    let idle = clock.after(longestIdle, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      idle[Symbol.dispose]();
      connections.delete(socket);
    });
    tasks.start("dns connection", async (task) => {
      const frames = readFrames(socket);
      for (;;) {
        const { value: packet } = await task.idle(frames.next());
        if (packet === undefined) break;
        idle[Symbol.dispose]();
        idle = clock.after(longestIdle, () => socket.destroy());
        const answer = await work(packet, "tcp");
        // What can't be read doesn't get better on this connection.
        if (answer === undefined || socket.destroyed) break;
        await writeFrame(socket, answer);
      }
      socket.end();
    });
  });
  tcp.on("error", (error) => logger.warn("Error of the socket for questions", { error }));

  const close = async (): Promise<void> => {
    stopping.abort(new Error("The server for names is stopped"));
    for (const socket of connections) socket.destroy();
    await Promise.all([closeDatagrams(udp), new Promise<void>((done) => tcp.close(() => done()))]);
  };
  return { address, port, close, [Symbol.asyncDispose]: close };
}

function bindDatagrams({ address, port }: DnsServerOptions): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });
    socket.once("error", reject);
    socket.bind({ address, port }, () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function closeDatagrams(socket: DatagramSocket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

function listenStreams({ address, port }: DnsServerOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: address, port }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function writeFrame(socket: Socket, bytes: Uint8Array): Promise<void> {
  const frame = new Uint8Array(bytes.length + 2);
  frame.set([bytes.length >> 8, bytes.length & 0xff]);
  frame.set(bytes, 2);
  // A failed write closes the connection, which the reading side sees.
  return new Promise((resolve) => socket.write(frame, () => resolve()));
}

function admission(ranges: readonly string[] | undefined): (address: string) => boolean {
  if (ranges === undefined) return () => true;
  const list = new BlockList();
  for (const range of ranges) {
    const [start = "", length] = range.split("/");
    const family = isIPv6(start) ? "ipv6" : "ipv4";
    list.addSubnet(start, Number(length ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, isIPv6 } from "node:net";
import type { Clock, Tasks } from "@kubets/machinery";
import { upstreamServers } from "../resolv-conf.ts";
import type { AskUpstream, DnsTransport } from "../resolver.ts";
import { readFrames } from "./frames.ts";

export interface UpstreamOptions {
  readonly clock: Clock;
  readonly tasks: Tasks;
  /** Addresses at which this server itself is reached: never asked. */
  readonly own: readonly string[];
  /** Instead of the machine's; each an address, with a port when it isn't 53: `127.0.0.1:5353`, `[::1]:5353`. */
  readonly servers?: readonly string[];
  readonly resolvConfPath?: string;
  readonly systemdResolvedPath?: string;
}

/** How long a server may take until the next one is asked. */
const patience = 2_000;
/** How long the machine's configuration is believed. */
const rereadAfter = 5_000;
const rounds = 2;

/** Asks the machine's resolvers, one after the other, the last that answered first. */
export function createUpstream(options: UpstreamOptions): AskUpstream {
  const { clock, tasks } = options;
  const servers = serverList(options);
  let preferred: string | undefined;
  return async (query, transport, signal) => {
    const known = servers();
    if (known.length === 0) throw new Error("The machine names no server that could be asked");
    const order = [...known].sort((a, b) => Number(b === preferred) - Number(a === preferred));
    const problems: unknown[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const server of order) {
        signal.throwIfAborted();
        try {
          const answer = await tasks.run("dns upstream", (task) => task.idle(ask(server, query, { transport, signal, clock })));
          preferred = server;
          return answer;
        } catch (error) {
          problems.push(error);
        }
      }
    }
    throw new AggregateError(problems, `None of ${order.join(", ")} answered`);
  };
}

function serverList({ clock, own, servers, resolvConfPath, systemdResolvedPath }: UpstreamOptions): () => readonly string[] {
  if (servers !== undefined) return () => servers;
  let known: readonly string[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.monotonic() - readAt >= rereadAfter) {
      readAt = clock.monotonic();
      const resolvConf = readText(resolvConfPath ?? "/etc/resolv.conf");
      const systemdResolved = readText(systemdResolvedPath ?? "/run/systemd/resolve/resolv.conf");
      known = upstreamServers({ resolvConf, systemdResolved }, own);
    }
    return known;
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

interface AskOptions {
  readonly transport: DnsTransport;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function ask(server: string, query: Uint8Array, { transport, signal, clock }: AskOptions): Promise<Uint8Array> {
  const scope = new AbortController();
  using _timer = clock.after(patience, () => scope.abort(new Error(`${server} did not answer within ${patience} ms`)));
  const onAbort = (): void => scope.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await (transport === "udp" ? askByDatagram : askByStream)(place(server), query, scope.signal);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

interface Place {
  readonly address: string;
  readonly port: number;
}

function place(server: string): Place {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(server);
  if (bracketed !== null) return { address: bracketed[1]!, port: Number(bracketed[2] ?? 53) };
  const [address = "", port] = isIPv6(server.split("%", 1)[0]!) ? [server] : server.split(":");
  return { address, port: Number(port ?? 53) };
}

/** The socket is connected, so that only this server's answers arrive, and of a port of its own, so that they are hard to forge. */
function askByDatagram({ address, port }: Place, query: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(address.split("%", 1)[0]!) ? "udp6" : "udp4" });
    const end = (finish: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      socket.removeAllListeners().on("error", () => {});
      socket.close();
      finish();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", (error) => end(() => reject(error)));
    // An answer under another id is a forgery or late: the right one may still come.
    socket.on("message", (answer: Uint8Array) => {
      if (answer[0] === query[0] && answer[1] === query[1]) end(() => resolve(new Uint8Array(answer)));
    });
    socket.connect(port, address, () => socket.send(query));
  });
}

async function askByStream({ address, port }: Place, query: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const socket = connect({ host: address, port });
  const onAbort = (): void => void socket.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", () => {});
  try {
    const frame = new Uint8Array(query.length + 2);
    frame.set([query.length >> 8, query.length & 0xff]);
    frame.set(query, 2);
    socket.write(frame);
    const { value } = await readFrames(socket).next();
    signal.throwIfAborted();
    if (value === undefined) throw new Error(`${address} closed the connection without an answer`);
    return value;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

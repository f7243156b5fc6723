import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { buildConnector } from "undici";

/** When a connection counts as dead; in milliseconds. */
export interface SilenceLimits {
  /** So often the server is asked for a sign of life. */
  readonly pingEvery: number;
  /** A connection on which nothing came for so long, and at most a fifth longer, is ended. */
  readonly endAfter: number;
}

/**
 * Upstream's clients ping after 30 seconds and wait for 15 more. Ours ping earlier, since silence isn't only that of a machine that is
 * gone: when a server is killed while requests are written to it, Node's HTTP/2 session may never learn of the reset.
 */
export const silenceLimits: SilenceLimits = { pingEvery: 10_000, endAfter: 25_000 };

/** Makes connections, and ends those of HTTP/2, which are pinged, when nothing comes on them any more: what was asked on them fails. */
export function connectorEndingSilence(options: buildConnector.BuildOptions, limits: SilenceLimits): buildConnector.connector {
  const connect = buildConnector({ ...options, allowH2: true, preferH2: true });
  return (target, callback) => {
    connect(target, (...answer) => {
      const [, socket] = answer;
      if (socket instanceof TLSSocket && socket.alpnProtocol === "h2") endWhenSilent(socket, `${target.hostname}:${target.port}`, limits);
      callback(...answer);
    });
  };
}

// Looks are counted instead of milliseconds: a process that was stopped, or busy, for a minute has looked once.
const looks = 5;

function endWhenSilent(socket: Socket, server: string, { endAfter }: SilenceLimits): void {
  let before = socket.bytesRead;
  let silent = 0;
  const look = setInterval(() => {
    const now = socket.bytesRead;
    silent = now === before ? silent + 1 : 0;
    before = now;
    if (silent < looks) return;
    clearInterval(look);
    socket.destroy(new Error(`nothing came from ${server} for ${endAfter / 1000} s, though it was pinged`));
  }, endAfter / looks).unref();
  socket.once("close", () => clearInterval(look));
}

import { once } from "node:events";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Http2Connection } from "./http2/connection.ts";

/** The open connections of a server. */
export interface Connections {
  /** One that was made; `http2` where it speaks that. */
  add(socket: TLSSocket, http2?: Http2Connection): void;
  /** Ends them all: after what is under way, or after this time. */
  end(graceMilliseconds: number): Promise<void>;
}

export function trackConnections(): Connections {
  const sockets = new Map<Socket, Http2Connection | undefined>();
  return {
    add(socket, http2) {
      sockets.set(socket, http2);
      socket.once("close", () => sockets.delete(socket));
    },
    async end(graceMilliseconds) {
      for (const http2 of sockets.values()) http2?.close();
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, graceMilliseconds);
      await Promise.race([Promise.all([...sockets.keys()].map((socket) => once(socket, "close"))), deadline.promise]);
      clearTimeout(timer);
      for (const socket of sockets.keys()) socket.destroy();
    },
  };
}

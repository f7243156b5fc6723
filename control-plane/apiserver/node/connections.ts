import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The open connections of a server. */
export interface Connections {
  /** Ends them all: after what is under way, or after this time. */
  end(graceMilliseconds: number): Promise<void>;
}

export function trackConnections(server: Http2SecureServer): Connections {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  return {
    async end(graceMilliseconds) {
      // HTTP/2 sessions end with their last stream; the rest gets its time.
      for (const session of sessions) session.close();
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, graceMilliseconds);
      await Promise.race([Promise.all([...sockets].map(closed)), deadline.promise]);
      clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** However a connection ends, it ends: one that is reset is closed as well. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}

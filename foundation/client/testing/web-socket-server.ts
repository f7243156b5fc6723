import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Duplex as NodeDuplex } from "node:stream";
import type { Duplex, Handler } from "@kubets/machinery";
import { type WebSocket, WebSocketServer } from "ws";

/** A server that upgrades every request to a websocket of `v4.channel.k8s.io`, by another implementation of it than ours. */
export function serveWebSockets(onConnection: (socket: WebSocket) => void): Handler {
  return async ({ headers }) => ({
    status: 101,
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-accept": acceptOf(headers["sec-websocket-key"] ?? ""),
      "sec-websocket-protocol": "v4.channel.k8s.io",
    },
    async serve(connection) {
      const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "v4.channel.k8s.io" });
      const stream = nodeStreamOf(connection);
      const closed = new Promise((resolve) => void stream.once("close", resolve));
      sockets.handleUpgrade({ method: "GET", headers } as unknown as IncomingMessage, stream, Buffer.alloc(0), onConnection);
      await closed;
    },
  });
}

/** The answer that RFC 6455 asks for to a client's key. */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** Our streams as Node's, with the head of the 101 answer left out: whoever called `serve` has given it already. */
function nodeStreamOf(connection: Duplex): NodeDuplex {
  let head = "";
  let headEnded = false;
  const stream = new NodeDuplex({
    read() {},
    write(chunk: Buffer, _, done) {
      if (headEnded) return void connection.write(chunk).then(() => done(), done);
      head += chunk.toString("latin1");
      headEnded = head.includes("\r\n\r\n");
      done();
    },
    final: (done) => void connection.end().then(() => done(), done),
  });
  const read = async (): Promise<void> => {
    try {
      for await (const bytes of connection.readable) stream.push(bytes);
      stream.push(null);
    } catch (error) {
      stream.destroy(error as Error);
    }
  };
  void read();
  stream.on("error", () => {});
  return stream;
}

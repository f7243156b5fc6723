import type { Duplex as NodeDuplex } from "node:stream";
import type { Duplex } from "@kubets/machinery";

/** A socket as a pair of byte streams; `head` is what had been read of it already. */
export function duplexOf(socket: NodeDuplex, head: Uint8Array): Duplex {
  // An error ends the streams; without a listener it would end the process.
  socket.on("error", () => {});
  return {
    readable: (async function* () {
      if (head.length > 0) yield head;
      try {
        for await (const chunk of socket) yield chunk as Uint8Array;
      } catch (error) {
        // A peer that resets the connection has ended it.
        if (!isReset(error)) throw error;
      }
    })(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed || socket.writableEnded) return reject(new Error("Cannot write: the connection is closed"));
        socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
    end: (error) =>
      new Promise((resolve) => {
        if (error !== undefined) {
          socket.destroy();
          return resolve();
        }
        if (socket.destroyed || socket.writableEnded) return resolve();
        socket.end(() => resolve());
        // A connection that breaks before the end is flushed never calls back.
        socket.once("close", () => resolve());
      }),
  };
}

function isReset(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
}

import { type IncomingMessage, request } from "node:http";
import type { Duplex as NodeDuplex } from "node:stream";
import type { Dialer, Headers } from "@kubets/machinery";

/** Connects to what listens on this machine, without TLS: enough for the runtime's streaming server. */
export const loopbackDialer: Dialer = {
  request: () => Promise.reject(new Error("The kubelet only opens upgraded connections")),
  upgrade: (target, { method, target: path, headers }, signal) =>
    new Promise((resolve, reject) => {
      const given = Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]] as const);
      const sent = request(new URL(path, target.origin), { method, headers: Object.fromEntries(given), agent: false, signal });
      sent.on("upgrade", (answer: IncomingMessage, socket: NodeDuplex, head: Uint8Array) => {
        socket.on("error", () => {});
        if (head.length > 0) socket.unshift(head);
        resolve({
          status: 101,
          headers: headersOf(answer),
          connection: {
            readable: socket as AsyncIterable<Uint8Array>,
            write: (bytes) => new Promise((done, fail) => void socket.write(bytes, (error) => (error ? fail(error) : done()))),
            end: async (error) => {
              if (error === undefined && !socket.destroyed) await new Promise<void>((done) => void socket.end(done));
              else socket.destroy();
            },
          },
        });
      });
      sent.on("response", (answer) => resolve({ status: answer.statusCode ?? 500, headers: headersOf(answer), body: answer }));
      sent.on("error", reject);
      sent.end();
    }),
};

function headersOf({ headers }: IncomingMessage): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { serveHttps } from "@kubets/apiserver/node";
import { type Handler, silent, type Tasks } from "@kubets/machinery";
import type { TestCertificates } from "./certificates.ts";

/** A handler behind the real HTTPS adapter, reached through a wire that can be cut. */
export interface CuttableServer extends AsyncDisposable {
  readonly url: string;
  /** How many connections were made so far. */
  readonly connections: number;
  /** How many pieces it has sent, on whatever connection. */
  readonly sent: number;
  /** Ends every connection, as a network does: without a word. */
  cut(): void;
  /** From now on nothing passes on the connections that there are, and nobody is told: a machine without power, packets that are dropped. */
  silence(): void;
}

export async function serveCuttably(handle: Handler, { authority, server }: TestCertificates, tasks: Tasks): Promise<CuttableServer> {
  const https = await serveHttps({ handle, tasks, logger: silent, serving: server, clientCertificateAuthority: authority });
  const sockets = new Set<Socket>();
  let connections = 0;
  let sent = 0;
  const wire = createServer((near) => {
    connections++;
    const far = connect(https.port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
    far.on("data", () => sent++);
  });
  await new Promise<void>((resolve) => void wire.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const silence = (): void => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  return {
    url: `https://127.0.0.1:${(wire.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get sent() {
      return sent;
    },
    cut,
    silence,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => void wire.close(resolve));
      cut();
      await closed;
      await https.close({ graceMilliseconds: 0 });
    },
  };
}

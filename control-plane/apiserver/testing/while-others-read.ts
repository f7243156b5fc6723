import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { silent, type YamlReader } from "@kubets/machinery";
import { createSystemClock, createYamlThread } from "@kubets/machinery/node";
import { type HttpsServer, serveHttps } from "../node/index.ts";
import { createTestAuthority } from "./certificates.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

/** A whole API server over HTTPS, and a client that reads all the time while something hostile or large is under way. */
export interface BusyServer extends AsyncDisposable {
  readonly world: TestServer;
  readonly https: HttpsServer;
  readonly ca: string;
  /** The connection of whoever reads. */
  readonly reader: ClientHttp2Session;
  send(method: string, path: string, sent: { readonly type: string; readonly body: string | Uint8Array }): Promise<Answered>;
  /** Reads an object again and again until the work is done. */
  whileOthersRead<T>(work: () => Promise<T>): Promise<Meanwhile<T>>;
}

export interface Answered {
  readonly status: number | undefined;
  readonly text: string;
}

export interface Meanwhile<T> {
  readonly answer: T;
  readonly reads: number;
  /**
   * Milliseconds of this thread's CPU that a read took at most, with all that others did meanwhile: how long one had to wait, however busy the
   * machine is.
   */
  readonly longest: number;
}

export interface BusyServerOptions {
  /** Large YAML is read in a thread of its own, as the program does it. */
  readonly yamlThread?: boolean;
}

const read = "/api/v1/namespaces/default/configmaps?limit=1";

export async function startBusyServer({ yamlThread = false }: BusyServerOptions = {}): Promise<BusyServer> {
  let thread: ReturnType<typeof createYamlThread> | undefined;
  const readYaml: YamlReader = (source, options) => thread!.read(source, options);
  const world = await startTestServer(yamlThread ? { readYaml } : {});
  const { server, tasks } = world;
  if (yamlThread) thread = createYamlThread({ clock: createSystemClock(), tasks });
  const authority = await createTestAuthority("ca");
  const ca = authority.certificate;
  const serving = await authority.issue("CN=apiserver");
  const https = await serveHttps({ handle: server.handle, tasks, logger: silent, serving, clientCertificateAuthority: ca });
  const reader = connect(https.url, { ca });
  return {
    world,
    https,
    ca,
    reader,
    send(method, path, { type, body }) {
      const stream = reader.request({ ":method": method, ":path": path, "content-type": type });
      stream.end(body);
      return answerOf(stream);
    },
    async whileOthersRead(work) {
      const progress = { isDone: false };
      const done = work().finally(() => {
        progress.isDone = true;
      });
      let [reads, longest] = [0, 0];
      while (!progress.isDone) {
        const before = process.threadCpuUsage();
        const { status, text } = await answerOf(reader.request({ ":path": read }));
        if (status !== 200) throw new Error(`Cannot read meanwhile: ${status} ${text}`);
        const { user, system } = process.threadCpuUsage(before);
        longest = Math.max(longest, (user + system) / 1000);
        reads++;
      }
      return { answer: await done, reads, longest };
    },
    async [Symbol.asyncDispose]() {
      reader.close();
      await https.close({ graceMilliseconds: 0 });
      await thread?.[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

export function answerOf(stream: ClientHttp2Stream): Promise<Answered> {
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    let text = "";
    stream
      .setEncoding("utf8")
      .on("response", (head: IncomingHttpHeaders & { readonly ":status"?: number }) => {
        status = head[":status"];
      })
      .on("data", (part: string) => {
        text += part;
      })
      .on("end", () => resolve({ status, text }))
      .on("error", reject)
      .on("close", () => reject(new Error(`The answer was broken off: ${stream.rstCode}`)));
  });
}

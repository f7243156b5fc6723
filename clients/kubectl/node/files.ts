import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Io, Listener, Socket } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { kustomizationFiles } from "./kustomization-files.ts";

/** The parts of {@link Io} that reach into this machine, apart from the standard streams. */
export const machineIo: Pick<Io, "readFile" | "writeFile" | "manifestsIn" | "files" | "listen" | "serve" | "kustomizationFiles"> = {
  kustomizationFiles,
  async readFile(path) {
    if (/^https?:\/\//.test(path)) {
      const { request } = await import("undici");
      const { statusCode, body } = await request(path);
      const text = await body.text();
      if (statusCode !== 200) throw new CommandError(`unable to read URL "${path}", server reported ${statusCode}`);
      return text;
    }
    return orMissing(path, readFile(path, "utf8"));
  },
  writeFile: (path, text) => writeFile(path, text),
  async manifestsIn(path, { recursive }) {
    if (/^https?:\/\//.test(path)) return undefined;
    if (!(await orMissing(path, stat(path))).isDirectory()) return undefined;
    const names = await readdir(path, { recursive });
    return names
      .filter((name) => /\.(json|yaml|yml)$/.test(name))
      .sort()
      .map((name) => join(path, name));
  },
  files: {
    exists: (path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    // Imported late: one command needs them.
    async *pack(path, as) {
      yield* (await import("./archive.ts")).packFiles(path, as);
    },
    unpack: async (archive, placeOf) => (await import("./archive.ts")).unpackFiles(archive, placeOf),
  },
  serve: async (port, address, answer) => (await import("./serve-http.ts")).serveHttp(port, address, answer),
  listen: (port, address, accept) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection: Socket = {
        readable: socket,
        write: (bytes) => new Promise((resolve, reject) => void socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
        end: () => void socket.end(),
      };
      // A connection that breaks ends its reading with the error; this keeps it from ending the program.
      socket.on("error", () => socket.destroy());
      accept(connection);
    });
    return new Promise<Listener>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        const bound = server.address();
        resolve({ port: typeof bound === "object" && bound !== null ? bound.port : port, close: () => void server.close() });
      });
    });
  },
};

async function orMissing<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new CommandError(`the path "${path}" does not exist`, { cause: error });
    throw error;
  }
}

import { readFileSync } from "node:fs";
import { serveHttps } from "@kubets/apiserver/node";
import { createTasks, type Handler, silent } from "@kubets/machinery";
import type { TestCertificates } from "./certificates.ts";

// A program: answers whatever it is sent with the same, on the port and with the certificates in the file that it is given.
const [port, file] = process.argv.slice(2);
const { authority, server } = JSON.parse(readFileSync(file!, "utf8")) as TestCertificates;
const handle: Handler = async ({ body }) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: { kind: "bytes", bytes: () => body ?? new Uint8Array() },
});
const tasks = createTasks({ turn: () => new Promise<void>((resolve) => void setImmediate(resolve)) });
await serveHttps({ handle, tasks, logger: silent, serving: server, clientCertificateAuthority: authority, port: Number(port) });
console.log("ready");

/**
 * The least that a server of Node can do for a durable create: TLS, HTTP/2, the body's JSON read and written, one table of SQLite whose
 * commits are shared by those who wait, and nothing of Kubernetes. What a create costs beyond it is ours; what it costs is the machine's.
 * Arguments: the folder of certificates, the database's file. Says its port.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [certificates, file] = process.argv.slice(2) as [string, string];
const database = new DatabaseSync(file);
database.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE objects (revision INTEGER PRIMARY KEY, name TEXT, value BLOB)",
);
const insert = database.prepare("INSERT INTO objects VALUES (?, ?, ?)");

let revision = 0;
let waiting: { readonly name: string; readonly value: Uint8Array; readonly answer: (value: Uint8Array) => void }[] = [];

function commit(): void {
  const batch = waiting;
  waiting = [];
  database.exec("BEGIN");
  for (const { name, value } of batch) insert.run(++revision, name, value);
  database.exec("COMMIT");
  for (const { value, answer } of batch) answer(value);
}

const server = createSecureServer({
  key: readFileSync(join(certificates, "apiserver.key")),
  cert: readFileSync(join(certificates, "apiserver.crt")),
});
server.on("stream", (stream) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const pod = JSON.parse(Buffer.concat(chunks).toString()) as { readonly metadata: { readonly generateName: string } };
    const uid = randomUUID();
    const name = `${pod.metadata.generateName}${uid}`;
    const made = { ...pod, metadata: { ...pod.metadata, name, uid, creationTimestamp: new Date().toISOString() } };
    if (waiting.length === 0) setImmediate(commit);
    waiting.push({
      name,
      value: Buffer.from(JSON.stringify(made)),
      answer: (value) => {
        stream.respond({ ":status": 201, "content-type": "application/json" });
        stream.end(value);
      },
    });
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.once("SIGTERM", () => process.exit());

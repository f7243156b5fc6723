import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@kubets/machinery";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCertificates } from "../testing/certificates.ts";
import { createWorld } from "../testing/harness.ts";
import { createHttpsTransport } from "./https-transport.ts";

// Node's HTTP/2 session misses about one in four of these resets: without an eye on its connections the transport would wait for good.
const rounds = 12;
const writers = 16;
const seed = Number(process.env["KUBETS_FAULT_SEED"] ?? 1);

const program = fileURLToPath(new URL("../testing/serve-until-killed.ts", import.meta.url));
let folder: string;
let authority: string;
const servers: ChildProcess[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubets-killed-"));
  const certificates = await createCertificates();
  ({ authority } = certificates);
  writeFileSync(join(folder, "certificates.json"), JSON.stringify(certificates));
});
afterAll(() => {
  for (const server of servers) server.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

test(`whoever writes to a server that is killed is told, ${rounds} times, and then writes to the next one (seed ${seed})`, async () => {
  const port = await freePort();
  const random = seededRandom(seed);
  const { tasks } = createWorld();
  const silence = { pingEvery: 200, endAfter: 1_000 };
  const transport = createHttpsTransport({ url: `https://127.0.0.1:${port}`, certificateAuthority: authority, tasks, silence });
  const never = new AbortController().signal;
  let written = 0;
  const writeUntilTold = async (body: object): Promise<void> => {
    for (;;) {
      const answer = await transport.send({ method: "POST", target: "/", headers: {}, body }, never);
      await answer.object();
      written++;
    }
  };
  for (let round = 0; round < rounds; round++) {
    const server = await start(port);
    const before = written;
    const body = { filling: "x".repeat(3_000 + random.fraction() * 60_000) };
    const told = Array.from({ length: writers }, () => expect(writeUntilTold(body)).rejects.toThrow());
    // In the middle of it, wherever that is.
    await expect.poll(() => written - before, { interval: 1, timeout: 30_000 }).toBeGreaterThan(random.fraction() * 100);
    server.kill("SIGKILL");
    await Promise.all(told);
  }
  await transport.close();
});

async function start(port: number): Promise<ChildProcess> {
  const args = ["--conditions=source", "--disable-warning=ExperimentalWarning", program, `${port}`, join(folder, "certificates.json")];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  servers.push(server);
  await once(server.stdout, "data");
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

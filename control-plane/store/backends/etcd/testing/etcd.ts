import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll } from "vitest";

/** Where the etcd of this machine is, if it has one. */
export function etcdBinary(): string | undefined {
  return spawnSync("etcd", ["--version"]).status === 0 ? "etcd" : undefined;
}

export interface EtcdCertificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** An etcd of one member on loopback, for the tests of this file. `endpoint` is known once they run. With files of certificates: by TLS. */
export function startEtcd(certificates?: () => EtcdCertificates): {
  readonly endpoint: string;
  start(): Promise<void>;
  stop(): Promise<void>;
} {
  let directory: string;
  let child: ChildProcess;
  let endpoint = "";
  let peer = "";

  const start = async (): Promise<void> => {
    child = spawn(
      "etcd",
      [
        ["--data-dir", directory],
        ["--listen-client-urls", endpoint, "--advertise-client-urls", endpoint],
        ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
        ["--logger", "zap", "--log-outputs", "stderr"],
        tlsOptions(certificates?.()),
      ].flat(),
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const lines = createInterface({ input: child.stderr! });
    const log: string[] = [];
    for await (const line of lines) {
      log.push(line);
      if (/serving client traffic|ready to serve client requests/.test(line)) {
        // Whatever it says later is not read, but must not fill the pipe.
        lines.close();
        child.stderr!.resume();
        return;
      }
    }
    throw new Error(`etcd has ended before it was ready:\n${log.slice(-10).join("\n")}`);
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "kubets-etcd-"));
    [endpoint, peer] = [
      `http${certificates === undefined ? "" : "s"}://127.0.0.1:${await freePort()}`,
      `http://127.0.0.1:${await freePort()}`,
    ];
    await start();
  });
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });
  return {
    get endpoint() {
      return endpoint;
    },
    start,
    stop,
  };
}

function tlsOptions(certificates: EtcdCertificates | undefined): readonly string[] {
  if (certificates === undefined) return [];
  const { ca, certificate, key } = certificates;
  return ["--cert-file", certificate, "--key-file", key, "--trusted-ca-file", ca, "--client-cert-auth"];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get as httpGet } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instant } from "@kubets/machinery";
import { createSystemRandom } from "@kubets/machinery/node";
import { issueCertificate } from "../../certificates/certificate.ts";
import type { KeyPair } from "../../certificates/index.ts";

/**
 * What controller-runtime's envtest (0.23) does with the programs of an assets directory: the same questions, flags, files, probes and
 * signals, in the same order.
 */
export interface ControlPlaneReplay extends AsyncDisposable {
  readonly url: string;
  /** PEM of the CA of the serving certificate. */
  readonly authority: string;
  /** Milliseconds from the start of etcd to its health, and from there to that of the API server, as envtest's polling sees them. */
  readonly took: { readonly etcd: number; readonly apiServer: number };
  /** A user, known by a client certificate. */
  user(name: string, groups: readonly string[]): KeyPair;
  /** Stops the API server and starts it again over the same etcd. */
  restartApiServer(): Promise<void>;
  /** Stops both; answers how they ended. */
  stop(): Promise<readonly (number | NodeJS.Signals | null)[]>;
}

export interface ReplayOptions {
  readonly assets: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to, or put in place of, the flags of the API server. */
  readonly flags?: Readonly<Record<string, string>>;
  /** An etcd that runs already. */
  readonly etcd?: string;
}

const pollInterval = 100;
const startTimeout = 20_000;
const stopTimeout = 20_000;

export async function startControlPlane({ assets, environment = {}, flags = {}, etcd }: ReplayOptions): Promise<ControlPlaneReplay> {
  const program = (name: string): string => join(assets, name);
  const processes: Started[] = [];
  const directories: string[] = [];
  const temporary = (): string => {
    directories.push(mkdtempSync(join(tmpdir(), "k8s_test_framework_")));
    return directories.at(-1)!;
  };
  const stop = async (): Promise<readonly (number | NodeJS.Signals | null)[]> => {
    const ends: (number | NodeJS.Signals | null)[] = [];
    // The API server first.
    for (const started of processes.splice(0).toReversed()) ends.push(await started.stop());
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
    return ends;
  };
  try {
    const began = performance.now();
    let etcdUrl = etcd;
    if (etcdUrl === undefined) {
      etcdUrl = `http://127.0.0.1:${await freePort()}`;
      const etcdFlags = {
        "listen-peer-urls": `http://127.0.0.1:${await freePort()}`,
        "data-dir": temporary(),
        "advertise-client-urls": etcdUrl,
        "listen-client-urls": etcdUrl,
        ...(hasFlag(program("etcd"), "unsafe-no-fsync") ? { "unsafe-no-fsync": "true" } : {}),
      };
      processes.push(await start(program("etcd"), etcdFlags, { environment, health: `${etcdUrl}/health` }));
    }
    const etcdReady = performance.now();
    const directory = temporary();
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const authority = tinyAuthority();
    const clients = tinyAuthority();
    const serving = signedBy(authority, { commonName: "localhost", organizations: ["envtest"], use: "server" });
    writeFileSync(join(directory, "apiserver.crt"), serving.certificate, { mode: 0o640 });
    writeFileSync(join(directory, "apiserver.key"), serving.key, { mode: 0o640 });
    const accounts = tinyAuthority();
    writeFileSync(join(directory, "sa-signer.crt"), accounts.certificate, { mode: 0o640 });
    writeFileSync(join(directory, "sa-signer.key"), accounts.key, { mode: 0o640 });
    writeFileSync(join(directory, "client-cert-auth-ca.crt"), clients.certificate, { mode: 0o640 });
    const insecure: Readonly<Record<string, string>> = hasFlag(program("kube-apiserver"), "insecure-port") ? { "insecure-port": "0" } : {};
    const apiServerFlags = {
      "service-cluster-ip-range": "10.0.0.0/24",
      "allow-privileged": "true",
      "disable-admission-plugins": "ServiceAccount",
      "cert-dir": directory,
      "authorization-mode": "RBAC",
      "secure-port": `${port}`,
      "bind-address": "127.0.0.1",
      "service-account-issuer": `${url}/`,
      "service-account-key-file": join(directory, "sa-signer.crt"),
      "service-account-signing-key-file": join(directory, "sa-signer.key"),
      "etcd-servers": etcdUrl,
      "client-ca-file": join(directory, "client-cert-auth-ca.crt"),
      ...insecure,
      ...flags,
    };
    const startApiServer = (): Promise<Started> =>
      start(program("kube-apiserver"), apiServerFlags, { environment, health: `${url}/healthz` });
    processes.push(await startApiServer());
    const took = { etcd: etcdReady - began, apiServer: performance.now() - etcdReady };
    return {
      url,
      authority: authority.certificate,
      took,
      user: (name, groups) => signedBy(clients, { commonName: name, organizations: groups, use: "client" }),
      async restartApiServer() {
        await processes.pop()?.stop();
        processes.push(await startApiServer());
      },
      stop,
      async [Symbol.asyncDispose]() {
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether `--help` lists the flag at the beginning of a line. */
function hasFlag(program: string, flag: string): boolean {
  const { stdout, stderr, status } = spawnSync(program, ["--help"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`unable to run command "${program}" to check for flag "${flag}": ${stderr}`);
  return new RegExp(`^\\s*--${flag}\\b`, "m").test(stdout + stderr);
}

interface Started {
  stop(): Promise<number | NodeJS.Signals | null>;
}

/** In a process group of its own; ready when its health answers 200. */
async function start(
  path: string,
  flags: Readonly<Record<string, string>>,
  { environment, health }: { readonly environment: Readonly<Record<string, string>>; readonly health: string },
): Promise<Started> {
  const words = Object.entries(flags)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `--${name}=${value}`);
  const child: ChildProcess = spawn(path, words, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...environment },
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  let ending: number | NodeJS.Signals | null | undefined;
  const ended = new Promise<void>((resolve) =>
    child.once("close", (code, signal) => {
      ending = signal ?? code;
      resolve();
    }),
  );
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (ending === undefined) process.kill(-child.pid!, signal);
  };
  const stop = async (): Promise<number | NodeJS.Signals | null> => {
    signalGroup("SIGTERM");
    const late = new AbortController();
    await Promise.race([ended, sleep(stopTimeout, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    if (ending === undefined) {
      signalGroup("SIGKILL");
      throw new Error(`timeout waiting for process ${path} to stop`);
    }
    return ending;
  };
  for (const deadline = performance.now() + startTimeout; !(await isHealthy(health)); await sleep(pollInterval)) {
    if (ending !== undefined) throw new Error(`process ${path} stopped unexpectedly (${ending}): ${said}`);
    if (performance.now() < deadline) continue;
    signalGroup("SIGTERM");
    throw new Error(`timeout waiting for process ${path} to start: ${said}`);
  }
  return { stop };
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answered = (status: number | undefined): void => resolve(status === 200);
    if (url.startsWith("https:"))
      httpsRequest(url, { rejectUnauthorized: false, agent: false }, (response) => answered(response.resume().statusCode))
        .on("error", () => resolve(false))
        .end();
    else httpGet(url, { agent: false }, (response) => answered(response.resume().statusCode)).on("error", () => resolve(false));
  });
}

const week = 168 * 60 * 60 * 1000;

/** What its serial number and its life are: nothing depends on them. */
function tinyAuthority(): KeyPair {
  const now = Date.now();
  return issueCertificate(
    {
      subject: { commonName: "envtest-environment", organizations: ["envtest"] },
      use: "authority",
      notBefore: now as Instant,
      notAfter: (now + week) as Instant,
    },
    { random: createSystemRandom() },
  );
}

function signedBy(
  issuer: KeyPair,
  {
    commonName,
    organizations,
    use,
  }: { readonly commonName: string; readonly organizations: readonly string[]; readonly use: "client" | "server" },
): KeyPair {
  const now = Date.now();
  return issueCertificate(
    {
      subject: { commonName, organizations },
      use,
      ...(use === "server" ? { alternativeNames: { hostnames: ["localhost"], addresses: ["127.0.0.1"] } } : {}),
      notBefore: (now - 1000) as Instant,
      notAfter: (now + week) as Instant,
    },
    { random: createSystemRandom(), issuer },
  );
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request, as a Go client sends it. */
export function ask(
  agent: Agent,
  url: string,
  { method = "GET", body }: { readonly method?: string; readonly body?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { method, agent, headers: { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] }));
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

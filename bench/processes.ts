import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, createSecureContext, type SecureContext } from "node:tls";
import { buildCheckout, programCache } from "../tools/build-program.ts";
import { nodeFlags } from "../distribution/node-flags.mjs";
import { freshProgram } from "../tools/program-cache.mjs";
import { root } from "../tools/root.ts";

/** A process that is measured, and ended when disposed. */
export interface Measured extends AsyncDisposable {
  readonly pid: number;
  /** Milliseconds from exec to the moment when it said that it is ready. */
  readonly readyAfter: number;
  /** Milliseconds of CPU, in all its threads, that it had taken by then: what a busy machine leaves comparable. */
  readonly cpuAtReady: number;
}

export interface Kubets extends Measured {
  readonly port: number;
  readonly data: string;
}

/** How long every fsync and fdatasync of a process takes longer than it would, by a tracer that stops it at nothing else. */
function tracer(syncDelayMilliseconds: number): readonly string[] {
  if (syncDelayMilliseconds === 0) return [];
  const calls = "fsync,fdatasync";
  return [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${calls}`,
    "-e",
    `inject=${calls}:delay_exit=${syncDelayMilliseconds * 1000}`,
  ];
}

/** The main module of the program, bundled as `npm start` and the published package run it. */
export async function programMain(): Promise<string> {
  return freshProgram(root, programCache) ?? (await buildCheckout());
}

/** `kubets up` on `data`, until its control plane is ready. */
export async function startKubets(
  { data, port, home }: { readonly data: string; readonly port: number; readonly home: string },
  {
    command,
    nodes = "none",
    name = "bench",
    syncDelayMilliseconds = 0,
  }: {
    /** The bundled program when absent. */
    readonly command?: readonly string[];
    readonly nodes?: string;
    /** Of the cluster: bridges and containers on this machine carry it. */
    readonly name?: string;
    readonly syncDelayMilliseconds?: number;
  } = {},
): Promise<Kubets> {
  const args = [
    ...[...tracer(syncDelayMilliseconds), ...(command ?? [process.execPath, ...nodeFlags, await programMain(), "up"])],
    ...["--name", name, "--nodes", nodes, "--output", "json", "--data-dir", data, "--port", `${port}`],
  ];
  const environment = { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, "kubeconfig") };
  const began = performance.now();
  const child = spawn(args[0]!, args.slice(1), { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("{")) continue;
    const readyAfter = performance.now() - began;
    child.stdout.resume();
    // npm and the tracer stand before the program: it says itself which process it is.
    const { pid } = JSON.parse(line) as { readonly pid: number };
    return { pid, port, data, readyAfter, cpuAtReady: cpuSecondsOf(pid) * 1000, [Symbol.asyncDispose]: () => end(child, pid) };
  }
  throw new Error(`Cannot measure: ${args.join(" ")} ended before it was ready`);
}

/** The distribution's etcd alone on a new directory, or `undefined` where there is none. */
export async function startEtcd(
  directory: string,
  { syncDelayMilliseconds = 0 }: { readonly syncDelayMilliseconds?: number } = {},
): Promise<(Measured & { readonly port: number }) | undefined> {
  if (spawnSync("etcd", ["--version"]).status !== 0) return undefined;
  const [port, peerPort] = [await freePort(), await freePort()];
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const args = [
    ...[...tracer(syncDelayMilliseconds), "etcd", "--data-dir", mkdtempSync(join(directory, "etcd-"))],
    ...["--logger", "zap", "--log-outputs", "stderr", "--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
  ];
  const began = performance.now();
  const child = spawn(args[0]!, args.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes("serving client traffic")) break;
  const readyAfter = performance.now() - began;
  child.stderr.resume();
  const pid = syncDelayMilliseconds === 0 ? child.pid! : firstChildOf(child.pid!);
  return { pid, port, readyAfter, cpuAtReady: cpuSecondsOf(pid) * 1000, [Symbol.asyncDispose]: () => end(child, pid) };
}

/** `bench/bare-server.ts`, with the certificates that a cluster left on `data`. */
export async function startBareServer(data: string, file: string): Promise<Measured & { readonly port: number }> {
  const began = performance.now();
  const program = join(import.meta.dirname, "bare-server.ts");
  const child = spawn(process.execPath, [...nodeFlags, program, join(data, "certificates"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { port } = JSON.parse(line) as { readonly port: number };
    const pid = child.pid!;
    const readyAfter = performance.now() - began;
    return { pid, port, readyAfter, cpuAtReady: cpuSecondsOf(pid) * 1000, [Symbol.asyncDispose]: () => end(child, pid) };
  }
  throw new Error("Cannot measure: the bare server ended before it was ready");
}

async function end(child: ChildProcess, pid: number): Promise<void> {
  const exited = child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : Promise.resolve();
  process.kill(pid, "SIGTERM");
  await exited;
}

function firstChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);
}

/** Asks `/readyz` until it answers ok; answers the moment. */
export async function firstReady(port: number, authority: string): Promise<number> {
  // Made once: whoever asks so often must not take the CPU that the program starts with.
  const secureContext = createSecureContext({ ca: authority });
  for (;;) {
    if (await isReady(port, secureContext)) return performance.now();
    await wait(2);
  }
}

function isReady(port: number, secureContext: SecureContext): Promise<boolean> {
  return new Promise((resolve) => {
    const target: RequestOptions & ConnectionOptions = { host: "127.0.0.1", port, path: "/readyz", secureContext, agent: false };
    const asked = request(target, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once("error", () => resolve(false)).end();
  });
}

/** User and system time of a process so far, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The memory that is a process's own, with its share of what it shares, in MB. */
export function proportionalMegabytes(pid: number): number {
  return megabytes(pid, "Pss");
}

/** The same with all that it shares, in MB. */
export function residentMegabytes(pid: number): number {
  return megabytes(pid, "Rss");
}

function megabytes(pid: number, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kilobytes) / 1000;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Gives `measure` an empty folder, and removes it after. */
export async function inFolder<Result>(measure: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-bench-"));
  try {
    return await measure(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

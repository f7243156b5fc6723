import { spawn, spawnSync } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Instant } from "@kubets/machinery";
import { createManualClock, createTasks } from "@kubets/machinery";
import { createEtcdStore } from "./backends/etcd/index.ts";
import { createMemoryStore } from "./backends/memory/index.ts";
import { createSqliteStore } from "./backends/sqlite/index.ts";
import type { Store } from "./store.ts";

/** How fast a store acknowledges, and at what cost. */
export interface WriteRate {
  readonly writesPerSecond: number;
  readonly medianMilliseconds: number;
  readonly p99Milliseconds: number;
  /** Of this process, all threads, for one write. */
  readonly cpuMicroseconds: number;
  /** Of the thread that serves requests. */
  readonly mainThreadMicroseconds: number;
}

/** A Pod as JSON has about this many bytes. */
const valueBytes = 1576;
export const inFlights: readonly number[] = [1, 64, 1024];

/** Creates keys for `seconds`, `inFlight` at a time, after a warm-up of half a second. */
export async function measureWrites(
  store: Store,
  { inFlight, seconds }: { readonly inFlight: number; readonly seconds: number },
): Promise<WriteRate> {
  const value = new Uint8Array(valueBytes).fill(0x61);
  const cause = { user: "system:serviceaccount:kube-system:replicaset-controller", actor: "replicaset", revision: 1_234_567 };
  let next = 0;
  const run = async (until: number): Promise<readonly number[]> => {
    const milliseconds: number[] = [];
    const write = async (): Promise<void> => {
      while (performance.now() < until) {
        const began = performance.now();
        const number = next++;
        await store.create(`/registry/pods/namespace-${number % 100}/pod-${(number * 7919) % 1_000_003}-${number}`, value, { cause });
        milliseconds.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, write));
    return milliseconds;
  };
  // Keys of another run in the same store would be in the way.
  next = (await store.currentRevision()) * 2;
  await run(performance.now() + 500);
  const cpu = process.cpuUsage();
  const mainThread = process.threadCpuUsage();
  const began = performance.now();
  const milliseconds = [...(await run(began + seconds * 1000))].sort((a, b) => a - b);
  const elapsed = performance.now() - began;
  const used = process.cpuUsage(cpu);
  const usedByMain = process.threadCpuUsage(mainThread);
  return {
    writesPerSecond: (milliseconds.length / elapsed) * 1000,
    medianMilliseconds: milliseconds[Math.floor(milliseconds.length / 2)] ?? NaN,
    p99Milliseconds: milliseconds[Math.floor(milliseconds.length * 0.99)] ?? NaN,
    cpuMicroseconds: (used.user + used.system) / milliseconds.length,
    mainThreadMicroseconds: (usedByMain.user + usedByMain.system) / milliseconds.length,
  };
}

/** What one durable append costs here and now, in milliseconds. */
export function measureSync(directory: string): { readonly median: number; readonly p99: number } {
  const handle = openSync(join(directory, "sync"), "a");
  try {
    const block = new Uint8Array(4096);
    const times = Array.from({ length: 200 }, () => {
      const began = performance.now();
      writeSync(handle, block);
      fdatasyncSync(handle);
      return performance.now() - began;
    }).sort((a, b) => a - b);
    return { median: times[100]!, p99: times[198]! };
  } finally {
    closeSync(handle);
  }
}

/** Gives `measure` a new store in `directory`, and closes it. */
export async function withSqliteStore<Result>(
  { directory, syncDelayMilliseconds = 0 }: { readonly directory: string; readonly syncDelayMilliseconds?: number },
  measure: (store: Store) => Promise<Result>,
): Promise<Result> {
  const path = join(mkdtempSync(join(directory, "sqlite-")), "store.db");
  const store = await createSqliteStore({ ...surroundings(), path, syncDelayMilliseconds });
  try {
    return await measure(store);
  } finally {
    await store.close();
  }
}

export async function withMemoryStore<Result>(measure: (store: Store) => Promise<Result>): Promise<Result> {
  const store = createMemoryStore(surroundings());
  try {
    return await measure(store);
  } finally {
    await store.close();
  }
}

/** How long opening a file of `objects` keys takes, and reading one of them and all of them after that. */
export async function measureOpening({ directory, objects }: { readonly directory: string; readonly objects: number }): Promise<Opening> {
  const path = join(mkdtempSync(join(directory, "sqlite-")), "store.db");
  const value = new Uint8Array(valueBytes).fill(0x61);
  const keys = Array.from({ length: objects }, (_, number) => `/registry/pods/namespace-${number % 100}/pod-${number}`);
  const before = await createSqliteStore({ ...surroundings(), path });
  for (let from = 0; from < objects; from += 1000) {
    await Promise.all(keys.slice(from, from + 1000).map((key) => before.create(key, value, { cause: { user: "bench" } })));
  }
  await before.close();
  const began = performance.now();
  const store = await createSqliteStore({ ...surroundings(), path });
  const opened = performance.now();
  await store.get(keys[0]!);
  const read = performance.now();
  const { entries } = await store.list({ prefix: "/registry/" });
  const listed = performance.now();
  if (entries.length !== objects) throw new Error(`Expected ${objects} entries, found ${entries.length}`);
  await store.close();
  return { openMilliseconds: opened - began, getMilliseconds: read - opened, listMilliseconds: listed - read };
}

export interface Opening {
  readonly openMilliseconds: number;
  readonly getMilliseconds: number;
  readonly listMilliseconds: number;
}

/** Gives `measure` a store in an etcd of its own on loopback, and the CPU seconds of that etcd; undefined when etcd isn't installed. */
export async function withEtcdStore<Result>(
  directory: string,
  measure: (store: Store, etcdCpuSeconds: () => number) => Promise<Result>,
): Promise<Result | undefined> {
  if (spawnSync("etcd", ["--version"]).status !== 0) return undefined;
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const options = [
    ["--data-dir", mkdtempSync(join(directory, "etcd-")), "--logger", "zap", "--log-outputs", "stderr"],
    ["--listen-client-urls", client, "--advertise-client-urls", client],
    ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
  ].flat();
  const child = spawn("etcd", options, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    for await (const line of createInterface({ input: child.stderr })) if (line.includes("serving client traffic")) break;
    child.stderr.resume();
    const store = await createEtcdStore({ ...surroundings(), endpoints: [client], prefix: "/bench" });
    try {
      return await measure(store, () => cpuSecondsOf(child.pid!));
    } finally {
      await store.close();
    }
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  }
}

/** Prints a table: each store, at each number of writers. */
export async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "kubets-bench-"));
  const seconds = 4;
  const show = (store: string, inFlight: number, rate: WriteRate, note = ""): void => {
    const { writesPerSecond, medianMilliseconds, p99Milliseconds, cpuMicroseconds, mainThreadMicroseconds } = rate;
    const columns = [
      store.padEnd(22),
      `${inFlight}`.padStart(5),
      `${writesPerSecond.toFixed(0)}/s`.padStart(9),
      `p50 ${medianMilliseconds.toFixed(2)} ms`.padStart(13),
      `p99 ${p99Milliseconds.toFixed(2)} ms`.padStart(14),
      `CPU ${cpuMicroseconds.toFixed(0)} µs (main ${mainThreadMicroseconds.toFixed(0)})`.padStart(24),
    ];
    console.log(columns.join(" "), note);
  };
  try {
    const { median, p99 } = measureSync(directory);
    console.log(`One sync of this disk: median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms. Values of ${valueBytes} bytes.`);
    for (const inFlight of inFlights) {
      await withMemoryStore(async (store) => show("memory", inFlight, await measureWrites(store, { inFlight, seconds })));
    }
    for (const syncDelayMilliseconds of [0, 5]) {
      for (const inFlight of inFlights) {
        await withSqliteStore({ directory, syncDelayMilliseconds }, async (store) =>
          show(`sqlite +${syncDelayMilliseconds} ms`, inFlight, await measureWrites(store, { inFlight, seconds })),
        );
      }
    }
    const objects = 100_000;
    const { openMilliseconds, getMilliseconds, listMilliseconds } = await measureOpening({ directory, objects });
    console.log(
      `sqlite, ${objects} objects: opened in ${openMilliseconds.toFixed(0)} ms, one read in ${getMilliseconds.toFixed(1)} ms,`,
      `all listed in ${listMilliseconds.toFixed(0)} ms`,
    );
    for (const inFlight of inFlights) {
      await withEtcdStore(directory, async (store, etcdCpuSeconds) => {
        const before = etcdCpuSeconds();
        const rate = await measureWrites(store, { inFlight, seconds });
        const etcdMicroseconds = ((etcdCpuSeconds() - before) * 1e6) / (rate.writesPerSecond * (seconds + 0.5));
        show("etcd", inFlight, rate, `+ etcd ${etcdMicroseconds.toFixed(0)} µs`);
      });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function surroundings(): { readonly clock: ReturnType<typeof createManualClock>; readonly tasks: ReturnType<typeof createTasks> } {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const tasks = createTasks({ turn });
  return { tasks, clock: createManualClock({ start: 1_800_000_000_000 as Instant, tasks, turn }) };
}

/** From /proc, in ticks of 10 ms. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

if (import.meta.main) await main();

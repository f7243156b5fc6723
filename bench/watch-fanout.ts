import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Benchmark, Figure } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { accessTo } from "./cluster-under-load.ts";
import { fill, load } from "./load/load.ts";
import { startWatching, type Watching } from "./load/watching.ts";
import { cpuSecondsOf, freePort, inFolder, proportionalMegabytes, startKubets } from "./processes.ts";
import { configMap, configMaps, createsOf, updates } from "./requests.ts";

const warmUpSeconds = 1;
const seconds = 2.5;
// Milliseconds after which a server has collected most of its garbage.
const toRest = 2000;

/** Watchers, and how many updates are under way at a time: one is nothing to join, 64 are bursts. */
interface Audience {
  readonly name: string;
  readonly connections: number;
  readonly perConnection: number;
  /** kB for each watcher that has nothing to see. */
  readonly mostMemory?: number;
  readonly loads: readonly { readonly inFlight: 1 | 64; readonly least: number | undefined }[];
}

// What is told of memory comes first: later there is garbage of what went before.
const audiences: readonly Audience[] = [
  { name: "1,000 watchers over 10 connections", connections: 10, perConnection: 100, mostMemory: 20, loads: [] },
  {
    name: "1,000 watchers, a connection each",
    connections: 1000,
    perConnection: 1,
    mostMemory: 80,
    loads: [
      { inFlight: 1, least: 30_000 },
      { inFlight: 64, least: 100_000 },
    ],
  },
  { name: "1,000 watchers over 10 connections", connections: 10, perConnection: 100, loads: [{ inFlight: 64, least: 200_000 }] },
  { name: "100 watchers, a connection each", connections: 100, perConnection: 1, loads: [{ inFlight: 64, least: undefined }] },
  { name: "1 watcher", connections: 1, perConnection: 1, loads: [{ inFlight: 64, least: undefined }] },
];

/** What a child process of `watch-fanout-child.ts` prints. */
interface InProcess {
  readonly eventsPerSecond: number;
  readonly microseconds: number;
  readonly updatesPerSecond: number;
}

const leastInProcess = 200_000;

/**
 * How fast changes reach watchers: over HTTPS, where the watchers are a process of their own on the same cores and cost about as much, and in
 * the server's own process.
 */
export const watchFanout: Benchmark = {
  name: "watch-fanout",
  about: "updates of ConfigMaps of 1.5 kB to 1, 100 and 1,000 watchers over HTTPS and in the server's process; memory per watcher",
  run: () =>
    inFolder(async (folder) => {
      const data = join(folder, "data");
      await using program = await startKubets({ data, port: await freePort(), home: folder });
      const server: Server = { pid: program.pid, access: accessTo(data) };
      await fill(server.pid, server.access, createsOf(configMaps, configMap, 1000));
      const figures: Figure[] = [];
      for (const audience of audiences) figures.push(...(await measureAudience(audience, server)));
      figures.push(inProcessFigure(await (await bundledChild<InProcess>("bench/watch-fanout-child.ts", folder))()));
      return figures;
    }),
};

interface Server {
  readonly pid: number;
  readonly access: ReturnType<typeof accessTo>;
}

function inProcessFigure({ eventsPerSecond, microseconds, updatesPerSecond }: InProcess): Figure {
  return {
    name: "1,000 watchers in the server's process, bursts",
    value: eventsPerSecond,
    unit: "events/s",
    goal: `over ${leastInProcess.toLocaleString("en")}`,
    met: eventsPerSecond > leastInProcess,
    note: `CPU ${microseconds.toFixed(1)} µs per event, updates included; ${updatesPerSecond.toFixed(0)} updates/s`,
  };
}

async function measureAudience(audience: Audience, { pid, access }: Server): Promise<readonly Figure[]> {
  const { connections, perConnection, mostMemory, loads } = audience;
  if (mostMemory !== undefined) await wait(toRest);
  const before = proportionalMegabytes(pid);
  await using watching = await startWatching({ ...access, path: configMaps, connections, perConnection });
  const figures: Figure[] = [];
  if (mostMemory !== undefined) {
    await wait(toRest);
    const kilobytes = ((proportionalMegabytes(pid) - before) / (connections * perConnection)) * 1000;
    figures.push({
      name: `memory per idle watcher, ${perConnection === 1 ? "a connection each" : `${perConnection} to a connection`}`,
      value: kilobytes,
      unit: "kB",
      goal: `under ${mostMemory} kB`,
      met: kilobytes < mostMemory,
    });
  }
  for (const each of loads) figures.push(await measure(audience.name, each, watching, { pid, access }));
  return figures;
}

async function measure(
  name: string,
  { inFlight, least }: Audience["loads"][number],
  watching: Watching,
  { pid, access }: Server,
): Promise<Figure> {
  const loading = load(pid, { ...access, warmUpSeconds, seconds, requests: [{ ...updates, inFlight }] });
  await wait(warmUpSeconds * 1000);
  const [events, cpu] = [await watching.events(), cpuSecondsOf(pid)];
  await wait(seconds * 1000);
  const delivered = (await watching.events()) - events;
  const used = cpuSecondsOf(pid) - cpu;
  const { results } = await loading;
  const perSecond = delivered / seconds;
  return {
    name: `${name}, ${inFlight === 1 ? "singly" : "bursts"}`,
    value: perSecond,
    unit: "events/s",
    goal: least === undefined ? "none set" : `over ${least.toLocaleString("en")}`,
    met: least === undefined || perSecond > least,
    note: `CPU ${((used / delivered) * 1e6).toFixed(1)} µs per event, updates included; ${results[0]!.perSecond.toFixed(0)} updates/s, p99 ${results[0]!.p99.toFixed(0)} ms`,
  };
}

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Benchmark, Figure } from "./benchmark.ts";
import { accessTo } from "./cluster-under-load.ts";
import { fill, load } from "./load/load.ts";
import { startWatching } from "./load/watching.ts";
import { cpuSecondsOf, freePort, inFolder, proportionalMegabytes, startKubets } from "./processes.ts";
import { configMap, configMaps, createsOf, updates } from "./requests.ts";

const warmUpSeconds = 2;
const seconds = 4;

interface Case {
  readonly name: string;
  readonly connections: number;
  readonly perConnection: number;
  /** Updates under way at a time: one is nothing to join, 64 are bursts. */
  readonly inFlight: number;
  readonly least: number | undefined;
}

const cases: readonly Case[] = [
  { name: "1 watcher, bursts", connections: 1, perConnection: 1, inFlight: 64, least: undefined },
  { name: "100 watchers, a connection each, bursts", connections: 100, perConnection: 1, inFlight: 64, least: undefined },
  { name: "1,000 watchers, a connection each, singly", connections: 1000, perConnection: 1, inFlight: 1, least: 30_000 },
  { name: "1,000 watchers, a connection each, bursts", connections: 1000, perConnection: 1, inFlight: 64, least: 100_000 },
  { name: "1,000 watchers over 10 connections, bursts", connections: 10, perConnection: 100, inFlight: 64, least: 200_000 },
];

/** How fast changes reach watchers over HTTPS. The watchers are a process of their own on the same cores, and cost about as much. */
export const watchFanout: Benchmark = {
  name: "watch-fanout",
  about: "updates of ConfigMaps of 1.5 kB to 1, 100 and 1,000 watchers over HTTPS; memory per watcher",
  run: () =>
    inFolder(async (folder) => {
      const data = join(folder, "data");
      await using program = await startKubets({ data, port: await freePort(), home: folder });
      const access = accessTo(data);
      await fill(program.pid, access, createsOf(configMaps, configMap, 1000));
      const figures = [
        await measureMemory({ connections: 10, perConnection: 100, most: 20 }, program.pid, access),
        await measureMemory({ connections: 1000, perConnection: 1, most: 80 }, program.pid, access),
      ];
      await load(program.pid, { ...access, warmUpSeconds, seconds, requests: [updates] });
      for (const each of cases) figures.push(await measure(each, program.pid, access));
      return figures;
    }),
};

async function measure(
  { name, connections, perConnection, inFlight, least }: Case,
  pid: number,
  access: ReturnType<typeof accessTo>,
): Promise<Figure> {
  await using watching = await startWatching({ ...access, path: configMaps, connections, perConnection });
  const loading = load(pid, { ...access, warmUpSeconds, seconds, requests: [{ ...updates, inFlight }] });
  await wait(warmUpSeconds * 1000);
  const [events, cpu] = [await watching.events(), cpuSecondsOf(pid)];
  await wait(seconds * 1000);
  const delivered = (await watching.events()) - events;
  const used = cpuSecondsOf(pid) - cpu;
  const { results } = await loading;
  const perSecond = delivered / seconds;
  return {
    name,
    value: perSecond,
    unit: "events/s",
    goal: least === undefined ? "none set" : `over ${least.toLocaleString("en")}`,
    met: least === undefined || perSecond > least,
    note: `CPU ${((used / delivered) * 1e6).toFixed(1)} µs per event, updates included; ${results[0]!.perSecond.toFixed(0)} updates/s, p99 ${results[0]!.p99.toFixed(0)} ms`,
  };
}

/** Of watchers that have nothing to see. */
async function measureMemory(
  { connections, perConnection, most }: { readonly connections: number; readonly perConnection: number; readonly most: number },
  pid: number,
  access: ReturnType<typeof accessTo>,
): Promise<Figure> {
  await wait(2000);
  const before = proportionalMegabytes(pid);
  await using _watching = await startWatching({ ...access, path: configMaps, connections, perConnection });
  await wait(2000);
  const each = ((proportionalMegabytes(pid) - before) / (connections * perConnection)) * 1000;
  return {
    name: `memory per idle watcher, ${perConnection === 1 ? "a connection each" : `${perConnection} to a connection`}`,
    value: each,
    unit: "kB",
    goal: `under ${most} kB`,
    met: each < most,
  };
}

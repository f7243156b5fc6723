import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { PodKind } from "@kubets/api";
import { containerdPaths } from "@kubets/container-runtime/node";
import type { Benchmark, Figure } from "./benchmark.ts";
import { cpuSecondsOf, inFolder, proportionalMegabytes, residentMegabytes, startEtcd } from "./processes.ts";
import { obstacle, sleeper, startRealNode } from "./real-node.ts";

const calmSeconds = 60;
const measuredSeconds = 300;

/** What a cluster with one Pod costs when nobody asks anything of it, started as a user starts it, beside an idle etcd. */
export const idle: Benchmark = {
  name: "idle",
  about: `CPU and memory of a cluster with one Pod on a real node, ${calmSeconds} s after its start, over ${measuredSeconds} s`,
  run: async () => {
    const why = obstacle();
    if (why !== undefined) {
      console.log(`  not measured: ${why}`);
      return [];
    }
    return inFolder(async (folder) => {
      await using node = await startRealNode(folder, ["npm", "start", "--silent", "--"]);
      await using etcd = await startEtcd(folder);
      await node.client
        .resource(PodKind)
        .in("default")
        .create(sleeper("idle") as never);
      await wait(calmSeconds * 1000);
      const groups: Readonly<Record<string, readonly number[]>> = {
        kubets: [node.kubets.pid],
        containerd: containerdOf(folder),
        npm: ancestorsOf(node.kubets.pid),
        ...(etcd === undefined ? {} : { etcd: [etcd.pid] }),
      };
      const cpu = (): Readonly<Record<string, number>> => each(groups, cpuSecondsOf);
      const before = cpu();
      await wait(measuredSeconds * 1000);
      const after = cpu();
      const memory = each(groups, proportionalMegabytes);
      const share = (name: string): number => ((after[name]! - before[name]!) / measuredSeconds) * 100;
      const beside = (value: number, peerValue: number | undefined): object =>
        peerValue === undefined ? {} : { peer: "etcd alone, idle", peerValue, ratio: value / peerValue };
      const all = Object.keys(groups).filter((name) => name !== "etcd");
      const stated = (values: (name: string) => number, unit: string): string =>
        all.map((name) => `${name} ${values(name).toFixed(2)} ${unit} in ${groups[name]!.length} processes`).join(", ");
      const total = all.reduce((sum, name) => sum + share(name), 0);
      const figures: Figure[] = [
        {
          name: "idle CPU, all processes",
          value: total,
          unit: "% core",
          ...beside(total, etcd === undefined ? undefined : share("etcd")),
          goal: "under 1 % of a core",
          met: total < 1,
          note: stated(share, "%"),
        },
        {
          name: "idle memory (PSS), kubets",
          value: memory["kubets"]!,
          unit: "MB",
          ...beside(memory["kubets"]!, memory["etcd"]),
          goal: "under 200 MB",
          met: memory["kubets"]! < 200,
          // Other Node processes share the program text: on a machine without them it is all kubets' own.
          note: `${stated((name) => memory[name]!, "MB")}; kubets resident ${residentMegabytes(node.kubets.pid).toFixed(0)} MB`,
        },
      ];
      return figures;
    });
  },
};

function each(groups: Readonly<Record<string, readonly number[]>>, of: (pid: number) => number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + of(pid), 0)]));
}

/** containerd, and its shims: those have no parent, and name the socket of the containerd that they belong to. */
function containerdOf(folder: string): readonly number[] {
  const all = processes().map((pid) => ({ pid, line: commandLine(pid) }));
  const { socket } = containerdPaths(join(folder, "data/node/containerd"));
  return all
    .filter(({ line }) => /^\S*containerd\s/.test(line) && line.includes(folder))
    .concat(all.filter(({ line }) => line.includes("containerd-shim") && line.includes(socket)))
    .map(({ pid }) => pid);
}

/** npm and the shell that it starts scripts with, up to this process. */
function ancestorsOf(pid: number): readonly number[] {
  const parent = parentOf(pid);
  return parent === process.pid || parent <= 1 ? [] : [parent, ...ancestorsOf(parent)];
}

function processes(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1]);
  } catch {
    return 0;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Benchmark } from "./benchmark.ts";
import { cpuSecondsOf, freePort, inFolder, proportionalMegabytes, startEtcd, startKubets } from "./processes.ts";

const calmSeconds = 10;
const measuredSeconds = 60;

/** What a cluster without nodes costs when nobody asks anything of it, beside an etcd that nobody asks anything. */
export const idle: Benchmark = {
  name: "idle",
  about: `CPU and memory of a control plane that nobody uses, over ${measuredSeconds} s`,
  run: () =>
    inFolder(async (folder) => {
      await using kubets = await startKubets({ data: join(folder, "data"), port: await freePort(), home: folder });
      await using etcd = await startEtcd(folder);
      await wait(calmSeconds * 1000);
      const pids = [kubets.pid, ...(etcd === undefined ? [] : [etcd.pid])];
      const before = pids.map(cpuSecondsOf);
      await wait(measuredSeconds * 1000);
      const [cpu = 0, etcdCpu] = pids.map((pid, index) => ((cpuSecondsOf(pid) - before[index]!) / measuredSeconds) * 100);
      const [memory = 0, etcdMemory] = pids.map(proportionalMegabytes);
      const beside = (value: number, peerValue: number | undefined): object =>
        peerValue === undefined ? {} : { peer: "etcd alone, idle", peerValue, ratio: value / peerValue };
      return [
        { name: "idle CPU, control plane", value: cpu, unit: "% core", ...beside(cpu, etcdCpu), goal: "under 1 % of a core", met: cpu < 1 },
        {
          name: "idle memory (PSS), control plane",
          value: memory,
          unit: "MB",
          ...beside(memory, etcdMemory),
          goal: "under 200 MB",
          met: memory < 200,
        },
      ];
    }),
};

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Benchmark, type Figure, median, spread } from "./benchmark.ts";
import { firstReady, freePort, inFolder, startEtcd, startKubets } from "./processes.ts";

const runs = 7;

/** From exec to readiness, with a compile cache that is warm, beside an etcd that begins anew. */
export const start: Benchmark = {
  name: "start",
  about: "from exec of the program to /readyz and to a ready control plane; `npm start`, first and again",
  run: () =>
    inFolder(async (folder) => {
      const times = { readyz: [] as number[], ready: [] as number[], etcd: [] as number[], npmFirst: [] as number[], npm: [] as number[] };
      const cpu = { kubets: [] as number[], etcd: [] as number[] };
      const port = await freePort();
      const cluster = { data: join(folder, "data"), port, home: folder };
      await (await startKubets(cluster))[Symbol.asyncDispose]();
      const authority = readFileSync(join(cluster.data, "certificates/ca.crt"), "utf8");
      for (let run = 0; run < runs; run++) {
        const began = performance.now();
        const [readyz, kubets] = await Promise.all([firstReady(port, authority), startKubets(cluster)]);
        times.readyz.push(readyz - began);
        times.ready.push(kubets.readyAfter);
        cpu.kubets.push(kubets.cpuAtReady);
        await kubets[Symbol.asyncDispose]();
        await using etcd = await startEtcd(folder);
        if (etcd === undefined) continue;
        times.etcd.push(etcd.readyAfter);
        cpu.etcd.push(etcd.cpuAtReady);
      }
      for (let run = 0; run < 3; run++) {
        const fresh = { ...cluster, data: join(folder, `npm-${run}`), port: await freePort() };
        for (const list of [times.npmFirst, times.npm]) {
          await using kubets = await startKubets(fresh, { command: ["npm", "start", "--silent", "--"] });
          list.push(kubets.readyAfter);
        }
      }
      const peerValue = times.etcd.length === 0 ? undefined : median(times.etcd);
      const figure = (name: string, values: readonly number[], below: number, goal: string): Figure => {
        const value = median(values);
        const beside = peerValue === undefined ? {} : { peer: "etcd alone, exec to serving", peerValue, ratio: value / peerValue };
        return { name, value, unit: "ms", ...beside, goal, met: value < below, note: spread(values, "ms") };
      };
      const [ready, ...others] = [
        figure("exec to control plane ready", times.ready, 500, "under 500 ms"),
        figure("npm start, again", times.npm, 1000, "under 1 s"),
        figure("npm start, first, with certificates", times.npmFirst, 2000, "under 2 s"),
      ];
      const note = `${ready!.note}; CPU until then ${median(cpu.kubets).toFixed(0)} ms, etcd's ${median(cpu.etcd).toFixed(0)} ms`;
      return [figure("exec to /readyz, certificates present", times.readyz, 300, "under 300 ms"), { ...ready!, note }, ...others];
    }),
};

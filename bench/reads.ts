import { join } from "node:path";
import { benchmarkPod } from "../control-plane/apiserver/testing/benchmark-pod.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
import { accessTo } from "./cluster-under-load.ts";
import { etcdPut, etcdRange } from "./etcd-requests.ts";
import { fill, load, type LoadResult, type Requests } from "./load/load.ts";
import { freePort, inFolder, proportionalMegabytes, startEtcd, startKubets } from "./processes.ts";
import { configMap, configMaps, createsOf, gets, numberedPod, podPatches, pods, updates } from "./requests.ts";

const objects = 10_000;
const warmUpRequests = 3000;
const longestWarmUp = 3;
const warmUpSeconds = 0.5;
const seconds = 2;
const longestStall = 20;

const reader: Requests = { ...gets(`${pods}/frontend-00000001`), perSecond: 100 };
const list: Requests = gets(pods);

interface Measured extends LoadResult {
  readonly cpuMicroseconds: number;
}

/** Reads of the API over HTTPS, beside ranges of the same objects from an etcd alone. */
export const reads: Benchmark = {
  name: "reads",
  about: `GET, LIST of ${objects} Pods, pages of it, updates and patches over HTTPS; memory per ${objects} Pods; beside ranges of an etcd alone`,
  run: () =>
    inFolder(async (folder) => {
      const peer = await measureEtcd(folder);
      const data = join(folder, "data");
      await using program = await startKubets({ data, port: await freePort(), home: folder });
      const access = accessTo(data);
      const measure = async (...requests: readonly Requests[]): Promise<readonly Measured[]> => {
        for (const each of requests)
          if (each.inFlight === 64) await fill(program.pid, access, { ...each, total: warmUpRequests }, { seconds: longestWarmUp });
        const { results, cpuSeconds } = await load(program.pid, { ...access, warmUpSeconds, seconds, requests });
        return results.map((result) => ({ ...result, cpuMicroseconds: (cpuSeconds / result.count) * 1e6 }));
      };
      const before = proportionalMegabytes(program.pid);
      await fill(program.pid, access, createsOf(pods, numberedPod, objects));
      const figures: Figure[] = [];
      const [get] = await measure({ ...list, path: reader.path, inFlight: 64 });
      figures.push(rate("GET of a Pod, 64 in flight", get!, peer?.get, 1));
      const [all, meanwhile] = await measure(list, reader);
      const megabytes = all!.bytes / all!.count / 1e6;
      figures.push({
        name: `LIST of ${objects} Pods`,
        value: all!.median,
        unit: "ms",
        ...beside("etcd alone, range", all!.median, peer?.list.median),
        goal: "at most etcd's time",
        met: peer === undefined || all!.median <= peer.list.median,
        note: `${megabytes.toFixed(1)} MB, p99 ${all!.p99.toFixed(0)} ms, CPU ${(all!.cpuMicroseconds / 1000).toFixed(0)} ms`,
      });
      figures.push({
        name: `GET while ${objects} Pods are listed, p99`,
        value: meanwhile!.p99,
        unit: "ms",
        goal: `under ${longestStall} ms`,
        met: meanwhile!.p99 < longestStall,
        note: `median ${meanwhile!.median.toFixed(1)} ms, longest ${meanwhile!.longest.toFixed(1)} ms; lists one after the other without a pause`,
      });
      const [page] = await measure({ ...list, path: `${pods}?limit=500`, inFlight: 8 });
      figures.push(rate("LIST, first page of 500 Pods, 8 in flight", page!, peer?.page, 1));
      const [patch] = await measure(podPatches(objects));
      figures.push(rate("merge patch of a Pod, 64 in flight", patch!, peer?.put, 0.7));
      await fill(program.pid, access, createsOf(configMaps, configMap, 1000));
      const [put] = await measure({ ...updates });
      figures.push(rate("update of a ConfigMap of 1.5 kB, 64 in flight", put!, peer?.put, 0.7));
      const grown = proportionalMegabytes(program.pid) - before;
      figures.push({
        name: `memory (PSS) for ${objects} Pods, after the load above`,
        value: grown,
        unit: "MB",
        goal: "under 150 MB",
        met: grown < 150,
        note: "API server, controllers and scheduler, which all read them; garbage that waits included",
      });
      return figures;
    }),
};

function rate(name: string, result: Measured, peer: LoadResult | undefined, least: number): Figure {
  const ratio = peer === undefined ? undefined : result.perSecond / peer.perSecond;
  return {
    name,
    value: result.perSecond,
    unit: "per s",
    ...beside("etcd alone", result.perSecond, peer?.perSecond),
    goal: `at least ${least} × etcd`,
    met: ratio === undefined || ratio >= least,
    note: `median ${result.median.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, CPU ${result.cpuMicroseconds.toFixed(0)} µs each`,
  };
}

function beside(peer: string, value: number, peerValue: number | undefined): Pick<Figure, "peer" | "peerValue" | "ratio"> {
  return peerValue === undefined ? {} : { peer, peerValue, ratio: value / peerValue };
}

/** The same objects in an etcd alone, read by the same generator. */
async function measureEtcd(folder: string): Promise<Readonly<Record<"get" | "list" | "page" | "put", LoadResult>> | undefined> {
  await using etcd = await startEtcd(folder);
  if (etcd === undefined) return undefined;
  const access = { origin: `http://127.0.0.1:${etcd.port}` };
  const measure = async (requests: Requests): Promise<LoadResult> =>
    (await load(etcd.pid, { ...access, warmUpSeconds, seconds, requests: [requests] })).results[0]!;
  const prefix = "/registry/pods/default/frontend-";
  const put = etcdPut(prefix, benchmarkPod);
  await fill(etcd.pid, access, { ...put, inFlight: 64, total: objects });
  return {
    get: await measure({ ...etcdRange(`${prefix}00000001`), inFlight: 64 }),
    list: await measure({ ...etcdRange(prefix, { isPrefix: true }), inFlight: 1 }),
    page: await measure({ ...etcdRange(prefix, { isPrefix: true, limit: 500 }), inFlight: 8 }),
    put: await measure({ ...put, inFlight: 64 }),
  };
}

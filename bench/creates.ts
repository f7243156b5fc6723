import { join } from "node:path";
import { benchmarkPod } from "../control-plane/apiserver/testing/benchmark-pod.ts";
import { type Benchmark, asOftenAs, type Figure, median, spread } from "./benchmark.ts";
import { accessTo } from "./cluster-under-load.ts";
import { etcdPut } from "./etcd-requests.ts";
import { fill, load, type LoadResult, type Requests } from "./load/load.ts";
import { freePort, inFolder, startBareServer, startEtcd, startKubets } from "./processes.ts";
import { gets, podCreates } from "./requests.ts";
import { syncLatency } from "./sync-latency.ts";

const inFlight = 64;
// By number, not by time: code is compiled for speed after so many calls, however slow the machine is at the moment.
const warmUpRequests = 6000;
// But on a machine where that takes longer, somebody waits for the figures.
const longestWarmUp = 6;
const warmUpSeconds = 0.5;
const seconds = 3;
const mostRuns = 3;
const secondsForEach = 25;

interface Rate extends LoadResult {
  readonly cpuMicroseconds: number;
}

interface Run {
  readonly kubets: Rate;
  readonly get: LoadResult;
  readonly etcd: Rate | undefined;
  /** The least that a server of Node can do for the same requests. Its commits lie on its loop: only without a delay. */
  readonly bare: Rate | undefined;
}

/**
 * Durable creates of a Pod over HTTPS, the whole pipeline, beside bare puts of the same bytes into an etcd alone, without TLS. The same
 * generator sends both, over HTTP/2. No node, and a scheduler name that nobody answers to: creates, and nothing that follows from them.
 */
export const creates: Benchmark = {
  name: "creates",
  about: `durable creates of a 1.5 kB Pod over HTTPS, ${inFlight} in flight, beside an etcd alone; then with 5 ms per sync for both`,
  async run() {
    const figures: Figure[] = [];
    for (const syncDelayMilliseconds of [0, 5]) {
      const disk = await syncLatency();
      const measured = await asOftenAs(() => inFolder((folder) => measureBoth(folder, syncDelayMilliseconds)), {
        seconds: secondsForEach,
        most: mostRuns,
      });
      const of = (value: (run: Run) => number | undefined): number => median(measured.map((run) => value(run) ?? Number.NaN));
      const delay = syncDelayMilliseconds === 0 ? "" : ` + ${syncDelayMilliseconds} ms per sync`;
      const rates = measured.map(({ kubets }) => kubets.perSecond);
      const hasPeer = measured.every(({ etcd }) => etcd !== undefined);
      const least = syncDelayMilliseconds === 0 ? 0.7 : 1;
      const ratio = of(({ kubets, etcd }) => kubets.perSecond / (etcd?.perSecond ?? Number.NaN));
      const ofEtcd = hasPeer
        ? `, of etcd ${of(({ etcd }) => etcd?.cpuMicroseconds).toFixed(0)} µs per put, p99 ${of(({ etcd }) => etcd?.p99).toFixed(1)} ms`
        : "";
      const bare = measured.some((run) => run.bare !== undefined)
        ? `, of a bare server of Node ${of((run) => run.bare?.cpuMicroseconds).toFixed(0)} µs (${of((run) => run.bare?.perSecond).toFixed(0)} creates/s)`
        : "";
      const sync = `sync here: median ${disk.median.toFixed(2)} ms, p99 ${disk.p99.toFixed(2)} ms`;
      const warm = `up to ${warmUpRequests} of them as warm-up for each side; ${spread(rates, "creates/s")}`;
      figures.push(
        {
          name: `creates over HTTPS${delay}`,
          value: median(rates),
          unit: "creates/s",
          ...(hasPeer ? { peer: "etcd alone, puts", peerValue: of(({ etcd }) => etcd?.perSecond), ratio } : {}),
          goal: `at least ${least} × etcd`,
          met: !hasPeer || ratio >= least,
          note: `CPU ${of(({ kubets }) => kubets.cpuMicroseconds).toFixed(0)} µs per create${ofEtcd}${bare}; ${warm}; ${sync}`,
        },
        below(
          `creates over HTTPS${delay}, p99`,
          of(({ kubets }) => kubets.p99),
          50,
        ),
        below(
          `GET meanwhile, p99${delay}`,
          of(({ get }) => get.p99),
          5,
        ),
      );
    }
    return figures;
  },
};

function below(name: string, value: number, most: number): Figure {
  return { name, value, unit: "ms", goal: `under ${most} ms`, met: value < most };
}

/** 64 creates at a time, and meanwhile 100 reads per second from another client. */
const createsAndGets: readonly [Requests, Requests] = [podCreates, { ...gets("/api/v1/namespaces/default"), perSecond: 100 }];

async function measureBoth(folder: string, syncDelayMilliseconds: number): Promise<Run> {
  const { kubets, get } = await measureKubets(folder, syncDelayMilliseconds);
  const bare = syncDelayMilliseconds === 0 ? await measureBare(folder) : undefined;
  await using etcd = await startEtcd(folder, { syncDelayMilliseconds });
  if (etcd === undefined) return { kubets, get, etcd, bare };
  const access = { origin: `http://127.0.0.1:${etcd.port}` };
  await fill(etcd.pid, access, { ...puts, total: warmUpRequests }, { seconds: longestWarmUp });
  const { results, cpuSeconds } = await load(etcd.pid, {
    ...access,
    warmUpSeconds,
    seconds,
    requests: [puts],
  });
  return { kubets, get, etcd: rateOf(results[0]!, cpuSeconds), bare };
}

const dataOf = (folder: string): string => join(folder, "data");

async function measureBare(folder: string): Promise<Rate> {
  const data = dataOf(folder);
  await using server = await startBareServer(data, join(folder, "bare.sqlite"));
  const access = { ...accessTo(data), origin: `https://127.0.0.1:${server.port}` };
  await fill(server.pid, access, { ...podCreates, total: warmUpRequests }, { seconds: longestWarmUp });
  const { results, cpuSeconds } = await load(server.pid, { ...access, warmUpSeconds, seconds, requests: [podCreates] });
  return rateOf(results[0]!, cpuSeconds);
}

async function measureKubets(folder: string, syncDelayMilliseconds: number): Promise<Pick<Run, "kubets" | "get">> {
  const data = dataOf(folder);
  await using program = await startKubets({ data, port: await freePort(), home: folder }, { syncDelayMilliseconds });
  const access = accessTo(data);
  await fill(program.pid, access, { ...createsAndGets[0], total: warmUpRequests }, { seconds: longestWarmUp });
  const { results, cpuSeconds } = await load(program.pid, { ...access, warmUpSeconds, seconds, requests: createsAndGets });
  return { kubets: rateOf(results[0]!, cpuSeconds), get: results[1]! };
}

function rateOf(result: LoadResult, cpuSeconds: number): Rate {
  return { ...result, cpuMicroseconds: (cpuSeconds / result.count) * 1e6 };
}

const puts: Requests = { ...etcdPut("/registry/pods/default/frontend-7d4b9c6f5d-", benchmarkPod), inFlight };

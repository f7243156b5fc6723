/**
 * `node --conditions=source bench/cost.ts [CASE…] [--requests N] [--rounds N] [--profile FOLDER]`: the CPU that the real program takes for one
 * request, thread by thread; for comparing a change with what was before it, where the benchmarks compare with peers. Even CPU time
 * grows on a busy machine (shared caches, a hypervisor that gives the core away), so each round stands beside what reading and writing the
 * Pod's JSON took in the same seconds: compare these ratios. With `--profile`, V8's profile of the serving thread is kept in FOLDER.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchmarkPod } from "../control-plane/apiserver/testing/benchmark-pod.ts";
import { median } from "./benchmark.ts";
import { accessTo } from "./cluster-under-load.ts";
import { fill, type Requests } from "./load/load.ts";
import { Profiler } from "./load/profiler.ts";
import { freePort, inFolder, programMain, startKubets } from "./processes.ts";
import { configMap, configMaps, createsOf, gets, numberedPod, podCreates, podPatches, pods, updates } from "./requests.ts";

const objects = 1000;
const warmUps = 3;

const cases: Readonly<Record<string, Requests>> = {
  create: podCreates,
  get: { ...gets(`${pods}/frontend-00000001`), inFlight: 64 },
  list: { ...gets(pods), inFlight: 1 },
  page: { ...gets(`${pods}?limit=500`), inFlight: 8 },
  patch: podPatches(objects),
  update: updates,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: "string", default: "3000" }, rounds: { type: "string", default: "4" }, profile: { type: "string" } },
});
const [requests, rounds] = [Number(values.requests), Number(values.rounds)];
for (const name of positionals.length === 0 ? ["create"] : positionals) {
  const sort = cases[name];
  if (sort === undefined) throw new Error(`There is no case ${name}. There are: ${Object.keys(cases).join(", ")}`);
  await inFolder((folder) => measure(name, sort, folder));
}

async function measure(name: string, sort: Requests, folder: string): Promise<void> {
  const data = join(folder, "data");
  const inspector = await freePort();
  const command = [
    process.execPath,
    ...(values.profile === undefined ? [] : [`--inspect=127.0.0.1:${inspector}`]),
    await programMain(),
    "up",
  ];
  await using program = await startKubets({ data, port: await freePort(), home: folder }, { command });
  const access = accessTo(data);
  await fill(program.pid, access, createsOf(pods, numberedPod, objects));
  await fill(program.pid, access, createsOf(configMaps, configMap, objects));
  const profiler = values.profile === undefined ? undefined : await Profiler.connect(inspector);
  const repeated = async (): Promise<void> => fill(program.pid, access, { ...sort, total: requests });
  // Code is compiled for speed after so many calls, however slow the machine is at the moment.
  for (let warmUp = 0; warmUp < warmUps; warmUp++) await repeated();
  await profiler?.start();
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const yardsticks = [microsecondsOfJson()];
    const before = threadsOf(program.pid);
    await repeated();
    const after = threadsOf(program.pid);
    yardsticks.push(microsecondsOfJson());
    measured.push({ threads: spentBetween(before, after), yardstick: (yardsticks[0]! + yardsticks[1]!) / 2 });
  }
  if (profiler !== undefined) {
    mkdirSync(values.profile!, { recursive: true });
    for (const line of await profiler.stop(join(values.profile!, `${name}.cpuprofile`))) console.log(line);
  }
  const middle = (value: (round: Round) => number): number => median(measured.map(value));
  const inJson = (value: (threads: Spent) => number): string => middle(({ threads, yardstick }) => value(threads) / yardstick).toFixed(1);
  const { total, serving, store } = {
    total: (spent: Spent): number => spent.serving + spent.store + spent.others,
    serving: (spent: Spent): number => spent.serving,
    store: (spent: Spent): number => spent.store,
  };
  console.log(
    `${name}: ${inJson(total)} × JSON of a Pod (serving ${inJson(serving)}, store ${inJson(store)}), ` +
      `${middle(({ threads }) => total(threads)).toFixed(0)} µs of CPU each; ${rounds} rounds of ${requests}`,
  );
}

/** Microseconds of CPU for one request. */
interface Spent {
  readonly serving: number;
  readonly store: number;
  /** V8's own: garbage collection and compilation. */
  readonly others: number;
}

interface Round {
  readonly threads: Spent;
  readonly yardstick: number;
}

/** CPU that it takes here and now to read and write the Pod. */
function microsecondsOfJson(): number {
  const text = Buffer.from(benchmarkPod).toString();
  const times = 10_000;
  const before = process.threadCpuUsage();
  for (let time = 0; time < times; time++) JSON.stringify(JSON.parse(text));
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / times;
}

function spentBetween(before: Threads, after: Threads): Spent {
  const spent = { serving: 0, store: 0, others: 0 };
  for (const [id, { sort, microseconds }] of after) spent[sort] += (microseconds - (before.get(id)?.microseconds ?? 0)) / requests;
  return spent;
}

type Threads = ReadonlyMap<string, { readonly sort: keyof Spent; readonly microseconds: number }>;

/** What each thread of a process has taken so far. The first is the one that serves. */
function threadsOf(pid: number): Threads {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((id) => {
      const read = (file: string): string => readFileSync(`/proc/${pid}/task/${id}/${file}`, "utf8").trim();
      const sort = id === String(pid) ? "serving" : read("comm").startsWith("store") ? "store" : "others";
      return [id, { sort, microseconds: Number(read("schedstat").split(" ")[0]) / 1000 }];
    }),
  );
}

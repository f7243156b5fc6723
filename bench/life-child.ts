// Runs in a process of its own: lives the life that its argument names, and prints what it took.
import { enableCompileCache } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { CronJobKind, DeploymentKind, EventKind, PodKind } from "@kubets/api";
import { type Cluster, NotSettledError, startCluster } from "@kubets/testkit";

enableCompileCache();

/** Milliseconds that a case may take: on a machine that is too slow for it, what it reached until then is told. */
const longest = 150_000;

const pod = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "work:1" }] } } as const;

/** A day of ten nodes and fifty hourly CronJobs. */
async function day(heartbeat: string): Promise<object> {
  await using cluster = await startCluster({
    nodes: 10,
    seed: 1,
    heartbeat,
    startTime: Date.UTC(2027, 0, 1) as never,
    programs: [() => ({ runFor: 30_000 })],
  });
  const cronJobs = cluster.client.resource(CronJobKind).in("default");
  for (let index = 0; index < 50; index++)
    await cronJobs.create({
      metadata: { name: `hourly-${index}` },
      spec: { schedule: `${index} * * * *`, jobTemplate: { spec: { template: pod } } },
    });
  await cluster.settle();
  const before = await revision(cluster);
  const took = stopwatch();
  let hours = 0;
  for (; hours < 24 && took().milliseconds < longest; hours++) await cluster.clock.advance("1h");
  return { ...took(), reached: hours / 24, writes: (await revision(cluster)) - before };
}

/** Ten thousand Pods of one Deployment on a thousand nodes, until all run. */
async function crowd(): Promise<object> {
  const took = stopwatch();
  await using cluster = await startCluster({ nodes: 1000, seed: 1 });
  const before = await revision(cluster);
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .create({
      metadata: { name: "crowd" },
      spec: {
        replicas: 10_000,
        selector: { matchLabels: { app: "crowd" } },
        template: { metadata: { labels: { app: "crowd" } }, spec: { containers: [{ name: "main", image: "web:1" }] } },
      },
    });
  await cluster.settle({ seconds: longest / 1000 }).catch((error: unknown) => {
    if (!(error instanceof NotSettledError)) throw error;
  });
  const times = took();
  const { items } = await cluster.client.resource(PodKind).list();
  const running = items.filter(({ status }) => status.phase === "Running").length;
  const writes = (await revision(cluster)) - before;
  const events = (await cluster.client.resource(EventKind).list()).items.length;
  return { ...times, reached: running / 10_000, writes, writesPerPod: (writes - events) / running };
}

/** What one more cluster holds once all garbage is gone: of the heap, and of what lies beside it. */
async function memory(): Promise<object> {
  const clusters: Cluster[] = [];
  const startMore = async (count: number): Promise<number> => {
    for (let index = 0; index < count; index++) clusters.push(await startCluster({ nodes: 3, seed: clusters.length }));
    for (let pass = 0; pass < 4; pass++) {
      globalThis.gc?.();
      await wait(50);
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const some = await startMore(3);
  const more = 20;
  const megabytes = ((await startMore(more)) - some) / more / 1e6;
  for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
  return { megabytes };
}

function stopwatch(): () => { readonly milliseconds: number; readonly cpuMilliseconds: number } {
  const began = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { milliseconds: performance.now() - began, cpuMilliseconds: (user + system) / 1000 };
  };
}

async function revision(cluster: Cluster): Promise<number> {
  return Number((await cluster.client.resource(PodKind).list({ limit: 1 })).metadata.resourceVersion);
}

const lives: Readonly<Record<string, () => Promise<object>>> = { day: () => day("10s"), "seldom-day": () => day("5m"), crowd, memory };
console.log(JSON.stringify(await lives[process.argv[2] ?? ""]!()));

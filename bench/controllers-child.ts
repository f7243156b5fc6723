// Runs in a process of its own: has the controllers do what its argument names, and prints what it took.
import { enableCompileCache } from "node:module";
import { CronJobKind, DeploymentKind, EndpointSliceKind, JobKind, NodeKind, PodKind, ServiceKind } from "@kubets/api";
import { type Cluster, NotSettledError, startCluster } from "@kubets/testkit";

enableCompileCache();

/** Milliseconds by the clock and of CPU. */
async function measured(work: () => Promise<unknown>): Promise<{ readonly milliseconds: number; readonly cpu: number }> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: performance.now() - began, cpu: (user + system) / 1000 };
}

/** Seconds that a part of a case may take: on a machine that is too slow for it, what it reached until then is told. */
const longest = 120;

/** Settles, or lets it be. */
async function atRest(cluster: Cluster): Promise<void> {
  await cluster.settle({ seconds: longest }).catch((error: unknown) => {
    if (!(error instanceof NotSettledError)) throw error;
  });
}

const megabytes = (): number => process.memoryUsage().rss / 2 ** 20;

function deployment(name: string, replicas: number, version = "1") {
  const labels = { app: name };
  return {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: `web:${version}` }] } },
    },
  };
}

async function eachDeployment(count: number, work: (name: string) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => work(`web-${index}`)));
}

async function running(cluster: Cluster, image: string): Promise<number> {
  const { items } = await cluster.client.resource(PodKind).list();
  return items.filter(({ status, spec }) => status.phase === "Running" && spec.containers[0]?.image === image).length;
}

/** Ten thousand Pods of a hundred Deployments: made, rolled, deleted. */
async function rollout(): Promise<object> {
  const [count, replicas] = [100, 100];
  await using cluster = await startCluster({ nodes: 130, seed: 1 });
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  const settled = (): Promise<void> => atRest(cluster);
  await settled();
  const created = await measured(async () => {
    await eachDeployment(count, (name) => deployments.create(deployment(name, replicas)));
    await settled();
  });
  const made = await running(cluster, "web:1");
  const memory = megabytes();
  const rolled = await measured(async () => {
    const template = { spec: { containers: [{ name: "main", image: "web:2" }] } };
    await eachDeployment(count, (name) => deployments.patch(name, { spec: { template } }, { type: "strategic" }));
    await settled();
    // Old Pods take their time to end.
    const until = performance.now() + longest * 1000;
    while (performance.now() < until && (await running(cluster, "web:2")) < count * replicas) {
      await cluster.clock.advance("10s");
      await settled();
    }
  });
  const renewed = await running(cluster, "web:2");
  const deleted = await measured(async () => {
    await eachDeployment(count, (name) => deployments.delete(name));
    await settled();
    await cluster.clock.advance("1m");
    await settled();
  });
  const left = (await cluster.client.resource(PodKind).list()).items.length;
  return { created, rolled, deleted, made, renewed, left, memory, memoryAfter: megabytes() };
}

/** What one change of one Deployment of ten Pods costs among many others. */
async function oneOfMany(count: number): Promise<object> {
  await using cluster = await startCluster({ nodes: 20, seed: 1, heartbeat: "1h" });
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  await eachDeployment(count, (name) => deployments.create(deployment(name, 10)));
  await cluster.settle({ seconds: 300 });
  const scale = async (replicas: number): Promise<void> => {
    await deployments.patch("web-0", { spec: { replicas } }, { type: "merge" });
    await cluster.settle();
    // Until the Pods that go have ended.
    await cluster.clock.advance("31s");
    await cluster.settle();
  };
  const costs: number[] = [];
  for (let round = 0; round < 40; round++) {
    const { cpu } = await measured(async () => {
      await scale(12);
      await scale(10);
    });
    // V8 learns in the first ones.
    if (round >= 15) costs.push(cpu);
  }
  return { costs };
}

/** One Pod's readiness, among five thousand Services with ten endpoints each, until its slice says it. */
async function endpoints(): Promise<object> {
  const [wanted, each, changes] = [5000, 10, 400];
  await using cluster = await startCluster({
    nodes: 0,
    seed: 1,
    clock: "system",
    scheduler: false,
    controllers: ["endpointslice", "serviceaccount"],
  });
  await cluster.settle();
  const { client } = cluster;
  // Pods of a node that nobody knows are in no slice.
  await client.resource(NodeKind).create({ metadata: { name: "node" } });
  const pods = client.resource(PodKind).in("default");
  const condition = (status: "True" | "False") => ({ type: "Ready", status });
  const until = performance.now() + longest * 1000;
  let services = 0;
  for (; services < wanted && performance.now() < until; services += 50) {
    const service = services;
    await Promise.all(
      Array.from({ length: 50 }, async (_, offset) => {
        const app = `app-${service + offset}`;
        await client
          .resource(ServiceKind)
          .in("default")
          .create({ metadata: { name: app }, spec: { selector: { app }, ports: [{ port: 80 }] } });
        for (let index = 0; index < each; index++) {
          const name = `${app}-${index}`;
          const made = await pods.create({
            metadata: { name, labels: { app } },
            spec: { nodeName: "node", containers: [{ name: "main", image: "web:1" }] },
          });
          const ip = `10.${(service + offset) >> 8}.${(service + offset) & 255}.${index + 1}`;
          await pods.updateStatus({
            ...made,
            status: { ...made.status, phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [condition("True")] },
          });
        }
      }),
    );
  }
  await atRest(cluster);
  const slices = client.resource(EndpointSliceKind);
  const known = (await slices.list()).items.reduce((sum, slice) => sum + slice.endpoints.length, 0);
  const stopping = new AbortController();
  let awaited: { readonly address: string; readonly isReady: boolean; readonly resolve: () => void } | undefined;
  const watching = (async () => {
    try {
      for await (const events of slices.watch({ signal: stopping.signal })) {
        const endpoint = events
          .flatMap(({ object }) => ("endpoints" in object ? object.endpoints : []))
          .find(({ addresses }) => addresses[0] === awaited?.address);
        if (endpoint !== undefined && (endpoint.conditions?.ready === true) === awaited?.isReady) awaited.resolve();
      }
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  })();
  const times: number[] = [];
  for (let change = 0; change < changes; change++) {
    const pod = await pods.get(`app-${(change * 37) % services}-${change % each}`);
    const isReady = pod.status.conditions?.[0]?.status !== "True";
    const { promise, resolve } = Promise.withResolvers<void>();
    awaited = { address: pod.status.podIP ?? "", isReady, resolve };
    const began = performance.now();
    await pods.updateStatus({ ...pod, status: { ...pod.status, conditions: [condition(isReady ? "True" : "False")] } });
    await promise;
    if (change >= 100) times.push(performance.now() - began);
  }
  stopping.abort();
  await watching;
  return { times, endpoints: known, memory: megabytes() };
}

/** A month of a hundred daily CronJobs. */
async function month(days = 30): Promise<object> {
  await using cluster = await startCluster({
    nodes: 10,
    seed: 1,
    heartbeat: "5m",
    startTime: Date.UTC(2027, 0, 1) as never,
    programs: [() => ({ runFor: 30_000 })],
  });
  const cronJobs = cluster.client.resource(CronJobKind).in("default");
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "work:1" }] } } as const;
  for (let index = 0; index < 100; index++) {
    const schedule = `${index % 60} ${index % 24} * * *`;
    await cronJobs.create({ metadata: { name: `daily-${index}` }, spec: { schedule, jobTemplate: { spec: { template } } } });
  }
  await cluster.settle();
  const revision = async (): Promise<number> =>
    Number((await cluster.client.resource(PodKind).list({ limit: 1 })).metadata.resourceVersion);
  const before = await revision();
  const jobs = new Set<string>();
  const until = performance.now() + longest * 1000;
  let day = 0;
  const took = await measured(async () => {
    for (; day < days && performance.now() < until; day++) {
      await cluster.clock.advance("24h");
      await cluster.settle({ seconds: 60 });
      for (const { metadata, status } of (await cluster.client.resource(JobKind).list()).items)
        if ((status.succeeded ?? 0) > 0) jobs.add(metadata.uid);
    }
  });
  return { ...took, days: day, writes: (await revision()) - before, runs: jobs.size, memory: megabytes() };
}

const works: Readonly<Record<string, () => Promise<object>>> = {
  rollout,
  few: () => oneOfMany(10),
  many: () => oneOfMany(100),
  endpoints,
  month,
  week: () => month(7),
};
console.log(JSON.stringify(await works[process.argv[2] ?? ""]!()));

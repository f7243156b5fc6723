// Runs in a process of its own: lives the life that its argument names, and prints what it took.
import { enableCompileCache } from "node:module";
import { CronJobKind, DeploymentKind, PodKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";

enableCompileCache();

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
  const began = performance.now();
  await cluster.clock.advance("24h");
  await cluster.settle({ seconds: 60 });
  return { milliseconds: performance.now() - began, writes: (await revision(cluster)) - before };
}

/** Ten thousand Pods of one Deployment on a thousand nodes, until all run. */
async function crowd(): Promise<object> {
  const began = performance.now();
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
  await cluster.settle({ seconds: 300 });
  const milliseconds = performance.now() - began;
  const { items } = await cluster.client.resource(PodKind).list();
  const running = items.filter(({ status }) => status.phase === "Running").length;
  return { milliseconds, writes: (await revision(cluster)) - before, running };
}

async function revision(cluster: Awaited<ReturnType<typeof startCluster>>): Promise<number> {
  return Number((await cluster.client.resource(PodKind).list({ limit: 1 })).metadata.resourceVersion);
}

const lives: Readonly<Record<string, () => Promise<object>>> = { day: () => day("10s"), "seldom-day": () => day("5m"), crowd };
console.log(JSON.stringify(await lives[process.argv[2] ?? ""]!()));

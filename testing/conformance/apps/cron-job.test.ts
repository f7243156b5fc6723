import { type CronJob, CronJobKind, EventKind, type Job, JobKind } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Draft } from "@kubets/machinery";
import { programsByImage } from "@kubets/testkit";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";

const cluster = conformanceCluster({
  nodes: 1,
  programs: [programsByImage({ done: { runFor: 1_000 }, broken: { runFor: 1_000, exitCode: 1 } })],
});
const cronJobsIn = (namespace: string) => cluster.client.resource(CronJobKind).in(namespace);
const jobsIn = (namespace: string) => cluster.client.resource(JobKind).in(namespace);

function aCronJob(name: string, image: string, spec: Partial<Draft<CronJob["spec"]>> = {}): DraftObject<CronJob> {
  const template = { spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image }] } };
  return { metadata: { name }, spec: { schedule: "* * * * *", jobTemplate: { spec: { template, backoffLimit: 0 } }, ...spec } };
}
const activeOf = async (namespace: string, name: string): Promise<readonly string[]> =>
  ((await cronJobsIn(namespace).get(name)).status.active ?? []).map((reference) => reference.name ?? "");
/** Lets so many minutes go by, whatever comes to pass. */
async function minutes(count: number): Promise<void> {
  let passed = 0;
  await cluster.until(async () => expect(passed++).toBe(count * 60), { seconds: count * 60 });
}

test("AP-002 a suspended CronJob makes no Jobs", async () => {
  const namespace = await cluster.namespace();
  await cronJobsIn(namespace).create(aCronJob("tick", "done", { suspend: true }));
  await minutes(5);
  expect([...(await namesIn(jobsIn(namespace))), ...(await activeOf(namespace, "tick"))]).toEqual([]);
});

test("AP-003 while a Job runs, a CronJob that forbids concurrency makes no other", async () => {
  const namespace = await cluster.namespace();
  await cronJobsIn(namespace).create(aCronJob("tick", "runs", { concurrencyPolicy: "Forbid" }));
  await cluster.until(async () => expect(await activeOf(namespace, "tick")).toHaveLength(1), { seconds: 120 });
  const [first] = await namesIn(jobsIn(namespace));
  await minutes(3);
  expect(await namesIn(jobsIn(namespace))).toEqual([first]);
  const events = await cluster.client.resource(EventKind).in(namespace).list();
  expect(events.items.map(({ reason }) => reason)).toContain("JobAlreadyActive");
});

test("AP-004 a CronJob that replaces ends the Job that runs when the next is due", async () => {
  const namespace = await cluster.namespace();
  await cronJobsIn(namespace).create(aCronJob("tick", "runs", { concurrencyPolicy: "Replace" }));
  await cluster.until(async () => expect(await activeOf(namespace, "tick")).toHaveLength(1), { seconds: 120 });
  const [first] = await namesIn(jobsIn(namespace));
  await cluster.until(async () => expect(await namesIn(jobsIn(namespace))).not.toContain(first), { seconds: 120 });
  await cluster.until(async () => expect(await activeOf(namespace, "tick")).toHaveLength(1), { seconds: 120 });
});

test("AP-005 a CronJob that allows it runs several Jobs at once", async () => {
  const namespace = await cluster.namespace();
  await cronJobsIn(namespace).create(aCronJob("tick", "runs"));
  await cluster.until(async () => expect((await activeOf(namespace, "tick")).length).toBeGreaterThan(1), { seconds: 300 });
});

test("ended Jobs are kept as many as asked for, and the last success is told", async () => {
  const namespace = await cluster.namespace();
  await cronJobsIn(namespace).create(aCronJob("good", "done", { successfulJobsHistoryLimit: 2 }));
  await cronJobsIn(namespace).create(aCronJob("bad", "broken", { failedJobsHistoryLimit: 1 }));
  await minutes(6);
  const ended = (await jobsIn(namespace).list()).items.filter(({ status }: Job) =>
    status.conditions?.some(({ type }) => /^(Complete|Failed)$/.test(type)),
  );
  const of = (owner: string): number => ended.filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === owner).length;
  expect([of("good"), of("bad")]).toEqual([2, 1]);
  const { status } = await cronJobsIn(namespace).get("good");
  expect(status.lastSuccessfulTime! > (await jobsIn(namespace).list()).items[0]!.status.startTime!).toBe(true);
});

test("a Job goes, with its Pods, some time after it has ended", async () => {
  const namespace = await cluster.namespace();
  const template = { spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image: "done" }] } };
  await jobsIn(namespace).create({ metadata: { name: "work" }, spec: { template, ttlSecondsAfterFinished: 60 } });
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.succeeded).toBe(1));
  await minutes(0.9);
  expect(await namesIn(jobsIn(namespace))).toEqual(["work"]);
  await cluster.until(async () => expect(await namesIn(jobsIn(namespace))).toEqual([]));
});

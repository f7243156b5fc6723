import { type Job, JobKind, type Pod, PodKind } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Draft } from "@kubets/machinery";
import { programsByImage } from "@kubets/testkit";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const indexKey = "batch.kubernetes.io/job-completion-index";
const indexOf = ({ metadata }: Pod): number => Number(metadata.annotations?.[indexKey] ?? -1);

const cluster = conformanceCluster({
  nodes: 2,
  programs: [
    programsByImage({ done: { runFor: 1_000 }, broken: { runFor: 1_000, exitCode: 1 }, "exits:42": { runFor: 1_000, exitCode: 42 } }),
    // Fails at first, and succeeds when it is started again in place.
    ({ container, restarts }) => (container.image === "second-try" ? { runFor: 1_000, exitCode: restarts === 0 ? 1 : 0 } : undefined),
    ({ container, pod }) => (container.image === "even-only" ? { runFor: 1_000, exitCode: indexOf(pod) % 2 } : undefined),
    ({ container, pod }) => (container.image === "first-index-only" && indexOf(pod) === 0 ? { runFor: 1_000 } : undefined),
  ],
});
const jobsIn = (namespace: string) => cluster.client.resource(JobKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

function aJob(
  name: string,
  image: string,
  spec: Partial<Draft<Job["spec"]>> = {},
  restartPolicy: "Never" | "OnFailure" = "Never",
): DraftObject<Job> {
  const template = { metadata: { labels: { job: name } }, spec: { restartPolicy, containers: [{ name: "c", image }] } };
  return { metadata: { name, labels: { job: name } }, spec: { template, ...spec } };
}

const conditionsOf = ({ status }: Job): readonly string[] =>
  (status.conditions ?? []).filter(({ status: holds }) => holds === "True").map(({ type, reason }) => `${type} ${reason}`);

/** Waits until a Job has ended, and answers it. */
async function ended(namespace: string, name: string, outcome: "Complete" | "Failed"): Promise<Job> {
  await cluster.until(async () => expect(conditionsOf(await jobsIn(namespace).get(name)).join()).toContain(`${outcome} `), {
    seconds: 900,
  });
  const job = await jobsIn(namespace).get(name);
  expect(job.status.uncountedTerminatedPods ?? {}).toEqual({});
  for (const { metadata } of (await podsIn(namespace).list({ labelSelector: `job=${name}` })).items)
    expect(metadata.finalizers ?? []).not.toContain("batch.kubernetes.io/job-tracking");
  return job;
}

test("AP-027 a Job adopts a Pod that lost its owner, and lets go of one that no longer matches", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { parallelism: 2, completions: 2 }));
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
  const [name] = await namesIn(podsIn(namespace));
  const ownersOf = async () => ((await podsIn(namespace).get(name!)).metadata.ownerReferences ?? []).map(({ kind }) => kind);
  await podsIn(namespace).patch(name!, { metadata: { ownerReferences: null } }, { type: "merge" });
  await cluster.until(async () => expect(await ownersOf()).toEqual(["Job"]));
  const { labels } = (await podsIn(namespace).get(name!)).metadata;
  const without = Object.fromEntries(Object.keys(labels ?? {}).map((key) => [key, null]));
  await podsIn(namespace).patch(name!, { metadata: { labels: without } }, { type: "merge" });
  await cluster.until(async () => expect(await ownersOf()).toEqual([]));
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
});

test("AP-028 failures of Pods that were disrupted are ignored where the Job says so", async () => {
  const namespace = await cluster.namespace();
  const rules = [{ action: "Ignore" as const, onPodConditions: [{ type: "DisruptionTarget" }] }];
  await jobsIn(namespace).create(aJob("work", "done", { backoffLimit: 0, podFailurePolicy: { rules } }));
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toHaveLength(1));
  const [victim] = await namesIn(podsIn(namespace));
  const conditions = [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }];
  await podsIn(namespace).patch(victim!, { status: { phase: "Failed", conditions } }, { type: "strategic", subresource: "status" });
  const job = await ended(namespace, "work", "Complete");
  expect([job.status.failed ?? 0, job.status.succeeded]).toEqual([0, 1]);
});

test("AP-029 an exit code that the failure policy names fails the Job at once", async () => {
  const namespace = await cluster.namespace();
  const rules = [{ action: "FailJob" as const, onExitCodes: { operator: "In" as const, values: [42] } }];
  await jobsIn(namespace).create(aJob("work", "exits:42", { backoffLimit: 99, podFailurePolicy: { rules } }));
  const job = await ended(namespace, "work", "Failed");
  expect(conditionsOf(job)).toEqual(["FailureTarget PodFailurePolicy", "Failed PodFailurePolicy"]);
  expect(job.status.failed).toBe(1);
  expect(job.status.conditions?.[0]?.message).toMatch(/^Container c for pod .* failed with exit code 42 matching FailJob rule at index 0$/);
});

test("AP-030 the status of a Job is read, updated and patched apart from it", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { parallelism: 2, completions: 2, backoffLimit: 6 }));
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
  const condition = (type: string) => ({ type, status: "True" as const, reason: "E2E", message: "Set by a conformance test" });
  await jobsIn(namespace).patch("work", { status: { conditions: [condition("Patched")] } }, { type: "merge", subresource: "status" });
  await cluster.until(async () => {
    const before = (await jobsIn(namespace).subresource("work", "status").get()) as Job;
    expect(conditionsOf(before)).toContain("Patched E2E");
    const conditions = [...(before.status.conditions ?? []), condition("Updated")];
    await jobsIn(namespace).updateStatus({ ...before, status: { ...before.status, conditions } });
  });
  expect(conditionsOf(await jobsIn(namespace).get("work"))).toContain("Updated E2E");
});

test("AP-031 each Pod of an Indexed Job has an index of its own, in its host name too", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "done", { completionMode: "Indexed", completions: 4, parallelism: 2 }));
  const job = await ended(namespace, "work", "Complete");
  expect(job.status).toMatchObject({ succeeded: 4, completedIndexes: "0-3" });
  const pods = (await podsIn(namespace).list()).items;
  const facts = pods.map((pod) => `${indexOf(pod)} ${pod.spec.hostname} ${pod.metadata.labels?.[indexKey]}`);
  expect(facts.toSorted((a, b) => a.localeCompare(b, "en"))).toEqual(["0 work-0 0", "1 work-1 1", "2 work-2 2", "3 work-3 3"]);
  expect(pods[0]!.spec.containers[0]!.env?.map(({ name }) => name)).toContain("JOB_COMPLETION_INDEX");
});

test("AP-032 a Job that is deleted takes its Pods along", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { parallelism: 2, completions: 2 }));
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
  await jobsIn(namespace).delete("work", { propagationPolicy: "Foreground" });
  await cluster.until(async () => expect(await namesIn(jobsIn(namespace))).toEqual([]));
  expect(await namesIn(podsIn(namespace))).toEqual([]);
});

test("AP-033 with a limit per index, every index is tried although some fail", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(
    aJob("work", "even-only", { completionMode: "Indexed", completions: 4, parallelism: 2, backoffLimitPerIndex: 1 }),
  );
  const job = await ended(namespace, "work", "Failed");
  expect(job.status).toMatchObject({ completedIndexes: "0,2", failedIndexes: "1,3", succeeded: 2, failed: 4 });
  expect(conditionsOf(job)).toEqual(["FailureTarget FailedIndexes", "Failed FailedIndexes"]);
});

test("AP-034 a Job is created, patched, replaced, listed and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { parallelism: 1, completions: 3, suspend: true }));
  await jobsIn(namespace).patch("work", { metadata: { labels: { stage: "patched" } } }, { type: "strategic" });
  await cluster.until(async () => expect(conditionsOf(await jobsIn(namespace).get("work"))).toEqual(["Suspended JobSuspended"]));
  expect(await namesIn(podsIn(namespace))).toEqual([]);
  const present = await jobsIn(namespace).get("work");
  await jobsIn(namespace).update({
    ...present,
    spec: { ...present.spec, suspend: false },
    metadata: { ...present.metadata, annotations: { updated: "true" } },
  });
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(1));
  const labelSelector = "stage=patched";
  expect((await cluster.client.resource(JobKind).list({ labelSelector })).items.map(({ metadata }) => metadata.name)).toEqual(["work"]);
  await jobsIn(namespace).deleteCollection({ labelSelector, propagationPolicy: "Background" });
  await cluster.until(async () => expect([...(await namesIn(jobsIn(namespace))), ...(await namesIn(podsIn(namespace)))]).toEqual([]));
});

test("AP-035 the failure policy can give up one index and go on with the others", async () => {
  const namespace = await cluster.namespace();
  const rules = [{ action: "FailIndex" as const, onExitCodes: { operator: "In" as const, values: [1] } }];
  await jobsIn(namespace).create(
    aJob("work", "even-only", {
      completionMode: "Indexed",
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 5,
      podFailurePolicy: { rules },
    }),
  );
  const job = await ended(namespace, "work", "Failed");
  expect(job.status).toMatchObject({ completedIndexes: "0", failedIndexes: "1", succeeded: 1, failed: 1 });
});

test("AP-036 a Job completes although its containers fail at times and are restarted in place", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "second-try", { completions: 4, parallelism: 2 }, "OnFailure"));
  const job = await ended(namespace, "work", "Complete");
  expect([job.status.succeeded, job.status.failed ?? 0]).toEqual([4, 0]);
});

test("AP-037 a Job ends when more indexes have failed than may", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(
    aJob("work", "broken", { completionMode: "Indexed", completions: 4, parallelism: 2, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }),
  );
  const job = await ended(namespace, "work", "Failed");
  expect(conditionsOf(job)).toEqual(["FailureTarget MaxFailedIndexesExceeded", "Failed MaxFailedIndexesExceeded"]);
  expect(job.status).toMatchObject({ failedIndexes: "0,1", failed: 2 });
});

/** Two indexes; the Job succeeds by the rule, whatever else still runs. */
async function succeedsBy(rule: object, image: string, completedIndexes: string): Promise<void> {
  const namespace = await cluster.namespace();
  const spec = { completionMode: "Indexed" as const, completions: 2, parallelism: 2, successPolicy: { rules: [rule] } };
  await jobsIn(namespace).create(aJob("work", image, spec));
  const job = await ended(namespace, "work", "Complete");
  expect(conditionsOf(job)).toEqual(["SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy"]);
  expect(job.status.completedIndexes).toBe(completedIndexes);
  expect([job.status.active ?? 0, job.status.ready, job.status.terminating]).toEqual([0, 0, 0]);
}

test("AP-038 a success policy ends a Job when all indexes succeeded", () => succeedsBy({ succeededIndexes: "0-1" }, "done", "0,1"));

test("AP-039 a success policy ends a Job when enough indexes succeeded, although others still run", () =>
  succeedsBy({ succeededCount: 1 }, "first-index-only", "0"));

test("AP-040 a success policy ends a Job when the indexes that it names succeeded, although others still run", () =>
  succeedsBy({ succeededIndexes: "0" }, "first-index-only", "0"));

test("a Job gives up after its back-off limit, each attempt later than the one before", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "broken", { backoffLimit: 2 }));
  const job = await ended(namespace, "work", "Failed");
  expect(conditionsOf(job)).toEqual(["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"]);
  expect(job.status.failed).toBe(3);
  const begun = (await podsIn(namespace).list()).items
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp))
    .toSorted((a, b) => a - b);
  expect(begun.map((time) => time - begun[0]!)[1]).toBeGreaterThanOrEqual(10_000);
  expect(begun[2]! - begun[1]!).toBeGreaterThanOrEqual(20_000);
});

test("a Job that is active for too long fails, and its Pods are ended", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { activeDeadlineSeconds: 30 }));
  const job = await ended(namespace, "work", "Failed");
  expect(conditionsOf(job)).toEqual(["FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"]);
  expect(await namesIn(podsIn(namespace))).toEqual([]);
});

test("a suspended Job ends its Pods without counting them, and its time begins anew when it goes on", async () => {
  const namespace = await cluster.namespace();
  await jobsIn(namespace).create(aJob("work", "runs", { parallelism: 2, completions: 2, backoffLimit: 0 }));
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
  await jobsIn(namespace).patch("work", { spec: { suspend: true } }, { type: "merge" });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
  const held = await jobsIn(namespace).get("work");
  expect([held.status.failed ?? 0, held.status.startTime, conditionsOf(held)]).toEqual([0, undefined, ["Suspended JobSuspended"]]);
  await jobsIn(namespace).patch("work", { spec: { suspend: false } }, { type: "merge" });
  await cluster.until(async () => expect((await jobsIn(namespace).get("work")).status.active).toBe(2));
});

test("Pods of a Job that was deleted without them are free to go", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("other"));
  await jobsIn(namespace).create(aJob("work", "runs"));
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toHaveLength(2));
  await jobsIn(namespace).delete("work", { propagationPolicy: "Orphan" });
  await cluster.until(async () => {
    for (const { metadata } of (await podsIn(namespace).list()).items) expect(metadata.finalizers ?? []).toEqual([]);
  });
});

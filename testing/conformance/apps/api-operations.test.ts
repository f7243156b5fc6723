import { CronJobKind, PodDisruptionBudgetKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("AP-006 CronJobs take every operation, and their status reads, updates and patches", async () => {
  const cronJobs = cluster.client.resource(CronJobKind).in(await cluster.namespace());
  const template = { spec: { restartPolicy: "OnFailure" as const, containers: [{ name: "task", image: "task:1" }] } };
  const spec = { schedule: "*/1 * * * *", jobTemplate: { spec: { template } } };
  await exerciseOperations(cluster, cronJobs, { run: "ap-006", draft: (metadata) => ({ metadata, spec }) });
  const created = await cronJobs.create({ metadata: { name: "nightly" }, spec: { ...spec, suspend: true } });
  const first = "2026-01-01T00:00:00Z";
  await cronJobs.updateStatus({ ...created, status: { lastScheduleTime: first } });
  expect(await cronJobs.subresource("nightly", "status").get()).toMatchObject({ status: { lastScheduleTime: first } });
  const second = "2026-01-01T00:01:00Z";
  await cronJobs.patch("nightly", { status: { lastScheduleTime: second } }, { type: "merge", subresource: "status" });
  expect((await cronJobs.get("nightly")).status).toMatchObject({ lastScheduleTime: second });
});

test("AP-022 budgets are listed over all namespaces, and deleted as a collection of one", async () => {
  const [here, there] = [await cluster.namespace(), await cluster.namespace()];
  const budgets = cluster.client.resource(PodDisruptionBudgetKind);
  const labelSelector = "conformance=ap-022";
  const draft = (name: string) => ({
    metadata: { name, labels: { conformance: "ap-022" } },
    spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
  });
  for (const name of ["a", "b"]) await budgets.in(here).create(draft(name));
  await budgets.in(there).create(draft("c"));
  expect(await namesIn(budgets, { labelSelector })).toEqual(["a", "b", "c"]);
  await budgets.in(here).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(budgets, { labelSelector })).toEqual(["c"]));
});

import { DeploymentKind, PodDisruptionBudgetKind, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aDeployment, aPod, podReady, rolledOut } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const budgetsIn = (namespace: string) => cluster.client.resource(PodDisruptionBudgetKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);
const aBudget = (spec: object) => ({ metadata: { name: "web" }, spec: { selector: { matchLabels: { app: "web" } }, ...spec } });
const evict = (namespace: string, name: string) => podsIn(namespace).subresource(name, "eviction").create({ metadata: { name } });
const allowed = async (namespace: string, count: number) =>
  cluster.until(async () => expect((await budgetsIn(namespace).get("web")).status.disruptionsAllowed).toBe(count));

test("AP-023 an eviction is refused until the budget allows it", async () => {
  const namespace = await cluster.namespace();
  await budgetsIn(namespace).create(aBudget({ minAvailable: 2 }));
  for (const name of ["a", "b"]) await podsIn(namespace).create(aPod(name, { app: "web" }));
  for (const name of ["a", "b"]) await podReady(cluster, namespace, name);
  await allowed(namespace, 0);
  expect(await refusal(evict(namespace, "a"))).toBe("TooManyRequests");
  await budgetsIn(namespace).patch("web", { spec: { minAvailable: 1 } }, { type: "merge" });
  await allowed(namespace, 1);
  await evict(namespace, "a");
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual(["b"]));
  expect(await refusal(evict(namespace, "b"))).toBe("TooManyRequests");
});

test("AP-024 a budget is created, and its status counts from then on", async () => {
  const namespace = await cluster.namespace();
  await budgetsIn(namespace).create(aBudget({ minAvailable: 1 }));
  await cluster.until(async () => expect((await budgetsIn(namespace).get("web")).status).toMatchObject({ observedGeneration: 1 }));
});

test("AP-025 the status of a budget follows its Pods", async () => {
  const namespace = await cluster.namespace();
  await budgetsIn(namespace).create(aBudget({ maxUnavailable: "50%" }));
  await cluster.client
    .resource(DeploymentKind)
    .in(namespace)
    .create(aDeployment("web", { replicas: 4 }));
  await rolledOut(cluster, namespace, "web");
  await allowed(namespace, 2);
  expect((await budgetsIn(namespace).get("web")).status).toMatchObject({ expectedPods: 4, currentHealthy: 4, desiredHealthy: 2 });
});

test("AP-026 the status of a budget is updated and patched apart from it", async () => {
  const namespace = await cluster.namespace();
  await budgetsIn(namespace).create(aBudget({ minAvailable: 1 }));
  await cluster.until(async () => expect((await budgetsIn(namespace).get("web")).status.observedGeneration).toBe(1));
  const present = await budgetsIn(namespace).get("web");
  const disruptedPods = { a: "2026-01-01T00:00:00Z" };
  const updated = await budgetsIn(namespace).updateStatus({ ...present, status: { ...present.status, disruptedPods } });
  expect(updated.status.disruptedPods).toEqual(disruptedPods);
  const patch = { status: { disruptedPods: null, observedGeneration: 9 } };
  const patched = await budgetsIn(namespace).patch("web", patch, { type: "merge", subresource: "status" });
  expect([patched.status.disruptedPods, patched.status.observedGeneration, patched.spec]).toEqual([undefined, 9, present.spec]);
});

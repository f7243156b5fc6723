import { expect, test } from "vitest";
import { type Answer, startTestServer, type TestServer } from "../testing/test-server.ts";

const pods = "/api/v1/namespaces/default/pods";
const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const merge = { "content-type": "application/merge-patch+json" };

interface Setting {
  readonly ready?: boolean;
  readonly policy?: string;
  readonly status?: object;
}

/** A running Pod under a budget that allows what `status` says. */
async function protectedPod({ ready = true, policy, status = {} }: Setting): Promise<TestServer> {
  const world = await startTestServer();
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", labels: { app: "a" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  };
  await world.send("POST", pods, { body: pod });
  const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
  await world.send("PATCH", `${pods}/a/status`, { headers: merge, body: { status: { phase: "Running", conditions } } });
  const spec = {
    minAvailable: 1,
    selector: { matchLabels: { app: "a" } },
    ...(policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy }),
  };
  await world.send("POST", budgets, { body: { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b" }, spec } });
  const counts = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, ...status };
  await world.send("PATCH", `${budgets}/b/status`, { headers: merge, body: { status: counts } });
  return world;
}

const evict = (world: TestServer, query = ""): Promise<Answer> =>
  world.send("POST", `${pods}/a/eviction${query}`, { body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } } });

test("an eviction that the budget doesn't allow is refused, and says why", async () => {
  await using world = await protectedPod({});
  expect((await evict(world)).json).toMatchObject({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: "DisruptionBudget", message: "The disruption budget b needs 1 healthy pods and has 1 currently" }] },
  });
});

test("an eviction takes one of the disruptions that are allowed, a dry run none", async () => {
  await using world = await protectedPod({ status: { disruptionsAllowed: 1 } });
  expect((await evict(world, "?dryRun=All")).status).toBe(201);
  expect((await world.send("GET", `${budgets}/b`)).json.status).toMatchObject({ disruptionsAllowed: 1 });
  expect((await evict(world)).status).toBe(201);
  const { status } = (await world.send("GET", `${budgets}/b`)).json;
  expect(status).toMatchObject({ disruptedPods: { a: "2026-01-01T12:00:00Z" } });
  expect((status as { readonly disruptionsAllowed?: number }).disruptionsAllowed ?? 0).toBe(0);
  expect((await world.send("GET", `${pods}/a`)).status).toBe(404);
});

test("a budget that its controller hasn't looked at yet lets nothing go", async () => {
  await using world = await protectedPod({ status: { observedGeneration: 0, disruptionsAllowed: 1 } });
  expect((await evict(world)).json).toMatchObject({ code: 429, details: { retryAfterSeconds: 10 } });
});

test.each([
  ["goes when the budget is met without it", undefined, { currentHealthy: 1, desiredHealthy: 1 }, 201],
  ["stays when the budget isn't met", undefined, { currentHealthy: 0, desiredHealthy: 1 }, 429],
  ["always goes where the budget says so", "AlwaysAllow", { currentHealthy: 0, desiredHealthy: 1 }, 201],
] as const)("a Pod that isn't ready %s", async (_case, policy, status, code) => {
  await using world = await protectedPod({ ready: false, status, ...(policy === undefined ? {} : { policy }) });
  expect((await evict(world)).status).toBe(code);
  expect((await world.send("GET", `${budgets}/b`)).json.status).not.toHaveProperty("disruptedPods");
});

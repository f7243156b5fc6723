import { type Pod, type PodDisruptionBudget, PodDisruptionBudgetKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, aPod, noon } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const aBudget = (spec: object, status: object = {}): PodDisruptionBudget =>
  anObject(PodDisruptionBudgetKind, "budget", { spec: { selector: { matchLabels: { app: "web" } }, ...spec }, status });
const healthy = (count: number, from = 0): readonly Pod[] =>
  Array.from({ length: count }, (_, index) => aPod(`p${index + from}`, { readyFor: 60 }));
const sick = (name: string): Pod => aPod(name);

function decide(budget: PodDisruptionBudget, pods: readonly Pod[], scale?: number) {
  const observed = {
    budget,
    pods,
    scales: new Map(scale === undefined ? [] : [["owner", scale]]),
    unmanaged: scale === undefined ? pods : [],
  };
  const decision = reconcile(observed, noon);
  const status = decision.actions.find((action) => action.verb === "updateStatus")?.object as PodDisruptionBudget | undefined;
  return { decision, status: status?.status };
}

test.each<readonly [string, object, readonly Pod[], number | undefined, object]>([
  [
    "a number that must stay",
    { minAvailable: 2 },
    healthy(3),
    undefined,
    { expectedPods: 3, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 },
  ],
  [
    "a part that must stay, rounded up",
    { minAvailable: "50%" },
    healthy(3),
    5,
    { expectedPods: 5, desiredHealthy: 3, disruptionsAllowed: 0 },
  ],
  ["a number that may be missing", { maxUnavailable: 1 }, healthy(5), 5, { expectedPods: 5, desiredHealthy: 4, disruptionsAllowed: 1 }],
  ["a part that may be missing, rounded up", { maxUnavailable: "30%" }, healthy(5), 5, { desiredHealthy: 3, disruptionsAllowed: 2 }],
  [
    "Pods that aren't ready don't count",
    { minAvailable: 2 },
    [...healthy(2), sick("s")],
    undefined,
    { currentHealthy: 2, disruptionsAllowed: 0 },
  ],
  [
    "Pods on their way out don't count",
    { minAvailable: 1 },
    [...healthy(1), aPod("leaving", { readyFor: 9, deleting: true })],
    undefined,
    { currentHealthy: 1, disruptionsAllowed: 0 },
  ],
  ["without Pods nothing may go", { minAvailable: 0 }, [], undefined, { expectedPods: 0, disruptionsAllowed: 0 }],
])("a budget counts: %s", (_rule, spec, pods, scale, expected) => {
  expect(decide(aBudget(spec), pods, scale).status).toMatchObject(expected);
});

test("a granted eviction counts against the budget until the Pod goes, or two minutes have passed", () => {
  const granted = (seconds: number) => aBudget({ minAvailable: 1 }, { disruptedPods: { p0: ago(seconds), gone: ago(1) } });
  const fresh = decide(granted(20), healthy(3));
  expect(fresh.status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1, disruptedPods: { p0: ago(20) } });
  expect(fresh.decision.requeueAfter).toBe(100_000);
  const overdue = decide(granted(121), healthy(3));
  expect(overdue.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 2, disruptedPods: undefined });
  expect(overdue.decision.actions.map((action) => action.verb === "event" && action.reason)).toContain("NotDeleted");
});

test("a condition says whether evictions are allowed; nothing is written when nothing changed", () => {
  const budget = aBudget({ minAvailable: 1 });
  const { status } = decide(budget, healthy(2));
  expect(status?.conditions).toMatchObject([
    { type: "DisruptionAllowed", status: "True", reason: "SufficientPods", observedGeneration: 1 },
  ]);
  expect(decide({ ...budget, status: status! }, healthy(2)).decision.actions).toEqual([]);
  const later = decide({ ...budget, status: status! }, healthy(1));
  expect(later.status?.conditions).toMatchObject([{ status: "False", reason: "InsufficientPods" }]);
});

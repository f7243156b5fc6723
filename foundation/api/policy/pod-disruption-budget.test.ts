import { expect, test } from "vitest";
import { asRead, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { PodDisruptionBudgetKind } from "./pod-disruption-budget.ts";

test.each([
  [{ minAvailable: 1 }, []],
  [{ maxUnavailable: "50%", selector: { matchLabels: { app: "web" } } }, []],
  [
    { minAvailable: 1, maxUnavailable: 1 },
    ['spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set'],
  ],
  [{ minAvailable: "101%" }, ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']],
  [{ maxUnavailable: -1 }, ["spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"]],
  [
    { unhealthyPodEvictionPolicy: "Sometimes" },
    ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Sometimes": supported values: "AlwaysAllow", "IfHealthyBudget"'],
  ],
])("a budget of %j", (spec, problems) => {
  expect(problemsOf(PodDisruptionBudgetKind, { spec })).toEqual(problems);
});

test("nothing may go before the controller has looked", () => {
  expect(asRead(PodDisruptionBudgetKind, {}).status).toEqual({
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
  });
});

test("a table shows how many Pods may go", () => {
  expect(rowOf(PodDisruptionBudgetKind, { spec: { maxUnavailable: "50%" }, status: { disruptionsAllowed: 2 } })).toEqual({
    Name: "web",
    "Min Available": "N/A",
    "Max Unavailable": "50%",
    "Allowed Disruptions": 2,
    Age: "60s",
  });
});

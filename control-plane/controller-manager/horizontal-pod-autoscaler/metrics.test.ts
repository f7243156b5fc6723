import type { HorizontalPodAutoscaler } from "@kubets/api";
import type { MetricLabels, Metrics } from "@kubets/machinery";
import { expect, test } from "vitest";
import { measureAutoscalers } from "./metrics.ts";

test("each metric of an autoscaler is measured by its type: whether it was answered, and how long that took", () => {
  const seen: string[] = [];
  const note = (name: string, value: number, labels: MetricLabels = {}): void => {
    seen.push(`${name.replace("horizontal_pod_autoscaler_controller_", "")} ${value} ${Object.values(labels).join(" ")}`);
  };
  const metrics: Metrics = {
    counter: (name) => ({ add: (amount, labels) => note(name, amount, labels) }),
    gauge: () => ({ set: () => {} }),
    histogram: (name) => ({ observe: (value, labels) => note(name, value, labels), series: () => () => {} }),
  };
  const autoscaler = { spec: { metrics: [{ type: "Resource" }, { type: "External" }] }, status: {} } as unknown as HorizontalPodAutoscaler;
  const readings = [
    { is: "value", milli: 1, seconds: 0.25 },
    { is: "failed", message: "no", seconds: 0.5 },
  ] as const;
  measureAutoscalers(metrics).passed({
    observed: { autoscaler, target: {}, readings },
    decision: { actions: [] },
    now: 0 as never,
    seconds: 1,
  });
  expect(seen).toEqual([
    "reconciliations_total 1 none none",
    "reconciliation_duration_seconds 1 none none",
    "metric_computation_total 1 none none Resource",
    "metric_computation_duration_seconds 0.25 none none Resource",
    "metric_computation_total 1 none internal External",
    "metric_computation_duration_seconds 0.5 none internal External",
  ]);
});

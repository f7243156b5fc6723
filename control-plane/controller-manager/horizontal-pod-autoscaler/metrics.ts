import type { HorizontalPodAutoscaler } from "@kubets/api";
import type { Action, Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics } from "@kubets/machinery";
import type { TimedReading } from "./readings.ts";

interface Measured {
  readonly autoscaler: HorizontalPodAutoscaler;
  /** Absent when it isn't time to look again. */
  readonly target?: unknown;
  readonly readings?: readonly TimedReading[];
}

/** What autoscalers come to, and whether it could be computed. */
export function measureAutoscalers(metrics: Metrics): Measure<Measured> {
  const name = (what: string): string => `horizontal_pod_autoscaler_controller_${what}`;
  const total = metrics.counter(name("reconciliations_total"), "Number of reconciliations of HPA controller.");
  const durations = metrics.histogram(
    name("reconciliation_duration_seconds"),
    "The time(seconds) that the HPA controller takes to reconcile once.",
    exponentialBuckets(0.001, 2, 15),
  );
  const computations = metrics.counter(name("metric_computation_total"), "Number of metric computations.");
  const computationDurations = metrics.histogram(
    name("metric_computation_duration_seconds"),
    "The time(seconds) that the HPA controller takes to calculate one metric.",
    exponentialBuckets(0.001, 2, 15),
  );
  return {
    passed({ observed: { autoscaler, target, readings = [] }, decision: { actions }, seconds, error }) {
      if (target === undefined) return;
      const action = actionOf(autoscaler, actions);
      const failed = actions.some((each) => each.verb === "event" && each.type === "Warning");
      const labels = { action, error: error !== undefined ? "internal" : failed ? "spec" : "none" };
      total.add(1, labels);
      durations.observe(seconds, labels);
      (autoscaler.spec.metrics ?? []).forEach(({ type }, index) => {
        const reading = readings[index];
        if (reading === undefined) return;
        const computed = { action, error: reading.is === "failed" ? "internal" : "none", metric_type: type };
        computations.add(1, computed);
        // What is asked for takes the time: the rest is arithmetic.
        computationDurations.observe(reading.seconds, computed);
      });
    },
  };
}

function actionOf({ status }: HorizontalPodAutoscaler, actions: readonly Action[]): string {
  for (const action of actions) {
    if (action.verb !== "subresource") continue;
    const { spec } = action.body as { readonly spec?: { readonly replicas?: number } };
    return (spec?.replicas ?? 0) > (status.currentReplicas ?? 0) ? "scale_up" : "scale_down";
  }
  return "none";
}

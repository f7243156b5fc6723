import type { Measure } from "@kubets/client";
import { type Metrics, parseTime } from "@kubets/machinery";
import type { Observed } from "./reconcile.ts";

/** How many Pods are driven away, and how long after their time has come. */
export function measureEvictions(metrics: Metrics): Measure<Observed> {
  const total = metrics.counter(
    "taint_eviction_controller_pod_deletions_total",
    "Total number of Pods deleted by TaintEvictionController since its start.",
  );
  const latency = metrics.histogram(
    "taint_eviction_controller_pod_deletion_duration_seconds",
    "Latency, in seconds, between the time when a taint effect has been activated for the Pod and its deletion via TaintEvictionController.",
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
  );
  return {
    passed({ observed: { pod, taints }, decision: { actions }, now, error }) {
      if (error !== undefined || !actions.some(({ verb }) => verb === "delete")) return;
      total.add(1);
      const seconds = pod.spec.tolerations?.map(({ tolerationSeconds = 0 }) => tolerationSeconds) ?? [];
      const tolerated = 1000 * Math.max(0, Math.min(...seconds, Infinity) === Infinity ? 0 : Math.min(...seconds));
      const added = taints.flatMap(({ timeAdded }) => parseTime(timeAdded ?? "") ?? []);
      if (added.length > 0) latency.observe(Math.max(0, now - Math.min(...added) - tolerated) / 1000);
    },
  };
}

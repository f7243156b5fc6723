import { JobKind } from "@kubets/api";
import type { Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics, parseTime } from "@kubets/machinery";
import type { Observed } from "./reconcile.ts";
import { scheduledAnnotation } from "./reconcile.ts";

/** How late Jobs are made. */
export function measureCronJobs(metrics: Metrics): Measure<Observed> {
  const skew = metrics.histogram(
    "cronjob_controller_job_creation_skew_duration_seconds",
    "Time between when a cronjob is scheduled to be run, and when the corresponding job is created",
    exponentialBuckets(1, 2, 10),
  );
  return {
    passed({ decision, now, error }) {
      if (error !== undefined) return;
      for (const action of decision.actions) {
        if (action.verb !== "create" || action.kind.kind !== JobKind.kind) continue;
        const due = parseTime(action.object.metadata.annotations?.[scheduledAnnotation] ?? "");
        if (due !== undefined) skew.observe(Math.max(0, now - due) / 1000);
      }
    },
  };
}

import type { Job } from "@kubets/api";
import type { Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics, parseTime } from "@kubets/machinery";
import { findCondition } from "../job/conditions.ts";

/** How long after their time ended Jobs go. */
export function measureDeletions(metrics: Metrics): Measure<Job> {
  const late = metrics.histogram(
    "ttl_after_finished_controller_job_deletion_duration_seconds",
    "The time it took to delete the job since it became eligible for deletion",
    exponentialBuckets(0.1, 2, 14),
  );
  return {
    passed({ observed: job, decision, now, error }) {
      if (error !== undefined || !decision.actions.some(({ verb }) => verb === "delete")) return;
      const end = findCondition(job, "Complete") ?? findCondition(job, "Failed");
      const ended = parseTime(end?.lastTransitionTime ?? "");
      if (ended !== undefined) late.observe(Math.max(0, (now - ended) / 1000 - (job.spec.ttlSecondsAfterFinished ?? 0)));
    },
  };
}

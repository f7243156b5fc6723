import { type Job, JobKind, type JobStatus, PodKind } from "@kubets/api";
import type { Action, Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics } from "@kubets/machinery";
import { parseIndexes } from "./indexes.ts";
import type { Observed } from "./reconcile.ts";

/** What becomes of Jobs and their Pods, by what is written into their status. */
export function measureJobs(metrics: Metrics): Measure<Observed> {
  const syncs = metrics.counter("job_controller_job_syncs_total", "The number of job syncs");
  const durations = metrics.histogram(
    "job_controller_job_sync_duration_seconds",
    "The time it took to sync a job",
    exponentialBuckets(0.004, 2, 15),
  );
  const finished = metrics.counter("job_controller_jobs_finished_total", "The number of finished jobs");
  const pods = metrics.counter("job_controller_job_pods_finished_total", "The number of finished Pods that are fully tracked");
  const created = metrics.counter("job_controller_job_pods_creation_total", "Number of Pods created by the Job controller");
  const indexes = metrics.counter("job_controller_job_finished_indexes_total", "The number of finished indexes");
  return {
    passed({ observed: { job }, decision: { actions }, seconds, error }) {
      if (job === undefined) return;
      const completion_mode = job.spec.completionMode ?? "NonIndexed";
      const labels = { completion_mode, result: error === undefined ? "success" : "error", action: doingOf(actions) };
      syncs.add(1, labels);
      durations.observe(seconds, labels);
      if (error !== undefined) return;
      const creations = actions.filter((action) => action.verb === "create" && action.kind.kind === PodKind.kind).length;
      if (creations > 0) created.add(creations, { reason: whyOf(job), status: "succeeded" });
      const status = statusIn(actions);
      if (status === undefined) return;
      const [succeeded, failed] = [grown(status.succeeded, job.status.succeeded), grown(status.failed, job.status.failed)];
      if (succeeded > 0) pods.add(succeeded, { completion_mode, result: "succeeded" });
      if (failed > 0) pods.add(failed, { completion_mode, result: "failed" });
      const backoffLimit = job.spec.backoffLimitPerIndex === undefined ? "global" : "perIndex";
      const { completions = 0 } = job.spec;
      const count = (text: string | undefined): number => parseIndexes(text, completions).size;
      const ended = {
        succeeded: count(status.completedIndexes) - count(job.status.completedIndexes),
        failed: count(status.failedIndexes) - count(job.status.failedIndexes),
      };
      for (const [result, more] of Object.entries(ended)) if (more > 0) indexes.add(more, { status: result, backoffLimit });
      for (const { type, status: holds, reason = "" } of status.conditions ?? []) {
        if (holds !== "True" || job.status.conditions?.some((each) => each.type === type && each.status === "True")) continue;
        if (type === "Complete") finished.add(1, { completion_mode, result: "succeeded", reason: "" });
        if (type === "Failed") finished.add(1, { completion_mode, result: "failed", reason });
      }
    },
  };
}

function statusIn(actions: readonly Action[]): JobStatus | undefined {
  for (const action of actions)
    if (action.verb === "updateStatus" && action.kind.kind === JobKind.kind) return (action.object as Job).status;
  return undefined;
}

function doingOf(actions: readonly Action[]): string {
  const does = (verb: Action["verb"]): boolean =>
    actions.some((action) => action.verb === verb && "kind" in action && action.kind.kind === PodKind.kind);
  if (does("create")) return "pods_created";
  return does("delete") ? "pods_deleted" : "reconciling";
}

function whyOf({ spec, status }: Job): string {
  if ((status.failed ?? 0) === 0) return "new";
  return spec.podReplacementPolicy === "Failed" ? "recreate_failed" : "recreate_terminating_or_failed";
}

function grown(now = 0, before = 0): number {
  return now - before;
}

import { exponentialBuckets, type Metrics } from "@kubets/machinery";
import type { SchedulingQueue } from "./queue.ts";

export type AttemptResult = "scheduled" | "unschedulable" | "error";

/** The scheduler's metrics, under upstream's names. */
export interface SchedulerMetrics {
  /** One try of one Pod, from the queue to its outcome. */
  attempt(profile: string, result: AttemptResult, seconds: number): void;
  /** A Pod got its node: how many tries and how long since it came. */
  bound(attempts: number, seconds: number): void;
  pending(counts: SchedulingQueue["counts"]): void;
  /** Others have to leave for a Pod. */
  preempted(victims: number): void;
}

export function createSchedulerMetrics(metrics: Metrics): SchedulerMetrics {
  const attempts = metrics.counter("scheduler_schedule_attempts_total", "Number of attempts to schedule pods, by the result.");
  const duration = metrics.histogram(
    "scheduler_scheduling_attempt_duration_seconds",
    "Time of an attempt to schedule a pod, from the queue to the decision or the binding.",
    exponentialBuckets(0.001, 2, 15),
  );
  const podAttempts = metrics.histogram(
    "scheduler_pod_scheduling_attempts",
    "Number of attempts until a pod was scheduled.",
    exponentialBuckets(1, 2, 5),
  );
  const podDuration = metrics.histogram(
    "scheduler_pod_scheduling_sli_duration_seconds",
    "Time from a pod's arrival in the queue until it was scheduled.",
    exponentialBuckets(0.01, 2, 20),
  );
  const pendingPods = metrics.gauge("scheduler_pending_pods", "Number of pending pods, by the queue they are in.");
  const preemptions = metrics.counter("scheduler_preemption_attempts_total", "Total preemption attempts in the cluster till now");
  const victims = metrics.histogram("scheduler_preemption_victims", "Number of selected preemption victims", exponentialBuckets(1, 2, 7));
  return {
    preempted(count) {
      preemptions.add(1);
      victims.observe(count);
    },
    attempt(profile, result, seconds) {
      attempts.add(1, { profile, result });
      duration.observe(seconds, { profile, result });
    },
    bound(count, seconds) {
      podAttempts.observe(count);
      podDuration.observe(seconds, { attempts: String(count) });
    },
    pending(counts) {
      for (const [queue, count] of Object.entries(counts)) pendingPods.set(count, { queue });
    },
  };
}

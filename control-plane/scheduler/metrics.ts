import { exponentialBuckets, type Metrics } from "@kubets/machinery";
import type { MeasurePlugin } from "./plugin-metrics.ts";
import type { SchedulingQueue, WaitingPlace } from "./queue.ts";

export type AttemptResult = "scheduled" | "unschedulable" | "error";

/** Steps of an attempt that run one after the other. Filters and scores are one step here, measured as the algorithm. */
export type ExtensionPoint = "PostFilter" | "Reserve" | "Permit" | "PreBind" | "Bind" | "PostBind";
export type StepStatus = "Success" | "Unschedulable" | "Error";

/** Is told how long steps took. */
export type MeasureStep = (point: ExtensionPoint, status: StepStatus, seconds: number) => void;

/** How much the scheduler keeps in mind. */
export interface CacheSizes {
  readonly nodes: number;
  readonly pods: number;
  /** Those of the Pods whose binding isn't seen yet. */
  readonly assumed: number;
}

/** The scheduler's metrics, under upstream's names. */
export interface SchedulerMetrics {
  /** One try of one Pod, from the queue to its outcome. */
  attempt(profile: string, result: AttemptResult, seconds: number): void;
  /** A Pod got its node: how many tries and how long since it came. */
  bound(attempts: number, seconds: number): void;
  pending(counts: SchedulingQueue["counts"]): void;
  /** A Pod came into a place of the queue. */
  incoming(place: WaitingPlace, event: string): void;
  /** A node was found, or not: the filters and scores of one try. */
  algorithm(seconds: number): void;
  stepsOf(profile: string): MeasureStep;
  plugin: MeasurePlugin;
  /** Others have to leave for a Pod. */
  preempted(victims: number): void;
}

export function createSchedulerMetrics(metrics: Metrics, sizes: () => CacheSizes): SchedulerMetrics {
  metrics.gauge("scheduler_cache_size", "Number of nodes, pods, and assumed (bound) pods in the scheduler cache.", (gauge) => {
    const { nodes, pods, assumed } = sizes();
    gauge.set(nodes, { type: "nodes" });
    gauge.set(pods, { type: "pods" });
    gauge.set(assumed, { type: "assumed_pods" });
  });
  const incoming = metrics.counter(
    "scheduler_queue_incoming_pods_total",
    "Number of pods added to scheduling queues by event and queue type.",
  );
  const algorithm = metrics.histogram(
    "scheduler_scheduling_algorithm_duration_seconds",
    "Time to find a node for a pod, in seconds.",
    exponentialBuckets(0.001, 2, 15),
  );
  const steps = metrics.histogram(
    "scheduler_framework_extension_point_duration_seconds",
    "Time of all plugins of an extension point, in seconds.",
    exponentialBuckets(0.0001, 2, 12),
  );
  const plugins = metrics.histogram(
    "scheduler_plugin_execution_duration_seconds",
    "Duration for running a plugin at a specific extension point.",
    exponentialBuckets(0.00001, 1.5, 20),
  );
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
    incoming: (queue, event) => incoming.add(1, { queue, event }),
    algorithm: (seconds) => algorithm.observe(seconds),
    stepsOf: (profile) => (point, status, seconds) => steps.observe(seconds, { extension_point: point, profile, status }),
    plugin: (plugin, point, status, seconds) => plugins.observe(seconds, { plugin, extension_point: point, status }),
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

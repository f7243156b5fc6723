import type { Counter, Gauge, Histogram, Metrics } from "@kubets/machinery";

/** What upstream measures of its queues, under the same names. */
export interface WorkQueueMeasure {
  /** Says whose it is. */
  readonly labels: { readonly name: string };
  readonly depth: Gauge;
  readonly adds: Counter;
  readonly retries: Counter;
  /** In seconds, as {@link worked}. */
  readonly waited: Histogram;
  readonly worked: Histogram;
}

/** `running`: for how many seconds each key that is being worked on has been. */
export function measureOf(name: string, metrics: Metrics, running: () => readonly number[]): WorkQueueMeasure {
  const labels = { name };
  metrics.gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads.",
    (gauge) =>
      gauge.set(
        running().reduce((sum, seconds) => sum + seconds, 0),
        labels,
      ),
  );
  metrics.gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running.",
    (gauge) => gauge.set(Math.max(0, ...running()), labels),
  );
  return {
    labels,
    depth: metrics.gauge("workqueue_depth", "Current depth of workqueue"),
    adds: metrics.counter("workqueue_adds_total", "Total number of adds handled by workqueue"),
    retries: metrics.counter("workqueue_retries_total", "Total number of retries handled by workqueue"),
    waited: metrics.histogram("workqueue_queue_duration_seconds", "How long in seconds an item stays in workqueue before being requested"),
    worked: metrics.histogram("workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes."),
  };
}

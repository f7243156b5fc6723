import { type MetricLabels, type Metrics } from "@kubets/machinery";
import { expect, test } from "vitest";
import { aCluster } from "./testing/cluster.ts";

interface Recorder extends Metrics {
  /** How often a series was observed or added to, or what it was set to. */
  readonly series: ReadonlyMap<string, number>;
  look(): void;
}

function recorder(): Recorder {
  const series = new Map<string, number>();
  const reads: (() => void)[] = [];
  const idOf = (name: string, labels: MetricLabels = {}): string => [name, ...Object.values(labels).toSorted()].join(" ");
  const add = (name: string, labels: MetricLabels | undefined, amount: number): void => {
    const id = idOf(name, labels);
    series.set(id, (series.get(id) ?? 0) + amount);
  };
  return {
    series,
    look: () => reads.forEach((read) => read()),
    counter: (name) => ({ add: (amount, labels) => add(name, labels, amount) }),
    gauge(name, _help, read) {
      const gauge = { set: (value: number, labels?: MetricLabels) => void series.set(idOf(name, labels), value) };
      if (read !== undefined) reads.push(() => read(gauge));
      return gauge;
    },
    histogram: (name) => ({
      observe: (_value, labels) => add(name, labels, 1),
      series: (labels) => () => add(name, labels, 1),
    }),
  };
}

test("what the scheduler does is measured: steps of tries, what it keeps in mind, and what comes into its queue", async () => {
  const metrics = recorder();
  await using world = await aCluster({ metrics, nodes: [{ name: "node", allocatable: { cpu: "1" } }] });
  await world.create("fits", { requests: { cpu: "500m" } });
  await world.create("too-large", { requests: { cpu: "2" } });
  await world.cluster.settle();
  metrics.look();
  const { series } = metrics;
  const steps = ["PostFilter Unschedulable", "Reserve Success", "Permit Success", "PreBind Success", "Bind Success", "PostBind Success"];
  const counted = steps.map((step) => {
    const [point = "", status = ""] = step.split(" ");
    return series.get(`scheduler_framework_extension_point_duration_seconds ${[point, "default-scheduler", status].toSorted().join(" ")}`);
  });
  expect(counted).toEqual([1, 1, 1, 1, 1, 1]);
  // Of the first try the plugins are measured one by one, of the next nine they aren't.
  expect(series.get("scheduler_plugin_execution_duration_seconds Bind DefaultBinder Success")).toBe(1);
  expect(series.get("scheduler_plugin_execution_duration_seconds DefaultPreemption PostFilter Unschedulable")).toBeUndefined();
  expect(series.get("scheduler_scheduling_algorithm_duration_seconds")).toBe(2);
  expect(["nodes", "pods", "assumed_pods"].map((type) => series.get(`scheduler_cache_size ${type}`))).toEqual([1, 1, 0]);
  expect(series.get("scheduler_queue_incoming_pods_total UnschedulablePodAdd active")).toBe(2);
  expect(series.get("scheduler_queue_incoming_pods_total ScheduleAttemptFailure unschedulable")).toBe(1);
});

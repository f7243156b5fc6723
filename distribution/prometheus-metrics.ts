import type { Metrics } from "@kubets/machinery";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** The metrics of a program, and their text in Prometheus' exposition format. */
export interface PrometheusMetrics extends Metrics {
  text(): Promise<string>;
}

/**
 * prom-client wants the label names before the first value; ours come with the values. A metric is therefore made at its first
 * value, with the names that this one has: every value of a metric has the same label names.
 */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  const named = <M extends Counter | Gauge | Histogram>(name: string, make: () => M): M => {
    const known = made.get(name);
    if (known !== undefined) return known as M;
    const metric = make();
    made.set(name, metric);
    return metric;
  };
  return {
    counter: (name, help) => ({
      add: (amount, labels = {}) =>
        named(name, () => new Counter({ name, help, labelNames: Object.keys(labels), registers: [registry] })).inc(labels, amount),
    }),
    gauge: (name, help) => ({
      set: (value, labels = {}) =>
        named(name, () => new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] })).set(labels, value),
    }),
    histogram: (name, help, buckets) => ({
      observe: (seconds, labels = {}) =>
        named(
          name,
          () =>
            new Histogram({
              name,
              help,
              labelNames: Object.keys(labels),
              registers: [registry],
              ...(buckets === undefined ? {} : { buckets: [...buckets] }),
            }),
        ).observe(labels, seconds),
    }),
    text: () => registry.metrics(),
  };
}

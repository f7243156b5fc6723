import type { Metrics } from "@kubets/machinery";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createPrometheusMetrics } from "./prometheus-metrics.ts";

test("what was measured reads as prom-client writes it", async () => {
  const registry = new Registry();
  const registers = [registry];
  const theirs: Metrics = {
    counter: (name, help) => {
      const counter = new Counter({ name, help, labelNames: ["code", "path"], registers });
      return { add: (amount, labels = {}) => counter.inc(labels, amount) };
    },
    gauge: (name, help) => {
      const gauge = new Gauge({ name, help, registers });
      return { set: (value) => gauge.set(value) };
    },
    histogram: (name, help, buckets) => {
      const histogram = new Histogram({
        name,
        help,
        labelNames: ["verb"],
        registers,
        ...(buckets === undefined ? {} : { buckets: [...buckets] }),
      });
      return {
        observe: (seconds, labels = {}) => histogram.observe(labels, seconds),
        series: (labels) => (seconds) => histogram.observe(labels, seconds),
      };
    },
  };
  const ours = createPrometheusMetrics();
  for (const metrics of [theirs, ours]) {
    const requests = metrics.counter("requests_total", "How many\nrequests \\ came.");
    requests.add(2, { code: "200", path: 'a"b\\c\nd' });
    requests.add(1, { code: "404", path: "" });
    requests.add(0.5, { path: 'a"b\\c\nd', code: "200" });
    const depth = metrics.gauge("depth", "How deep.");
    depth.set(7);
    depth.set(-3);
    const seconds = metrics.histogram("seconds", "How long.");
    for (const value of [0, 0.005, 0.006, 10, 11]) seconds.observe(value, { verb: "GET" });
    const lists = seconds.series({ verb: "LIST" });
    for (const value of [0.01, 2]) lists(value);
    metrics.histogram("batch", "How many.", [1, 10]).observe(10, { verb: "commit" });
  }
  expect((await ours.text()).startsWith(await registry.metrics())).toBe(true);
});

test("a gauge that reads itself is read whenever somebody looks", async () => {
  const metrics = createPrometheusMetrics();
  let age = 0;
  metrics.gauge("age_seconds", "How old.", (gauge) => gauge.set(age, { name: "a" }));
  metrics.gauge("age_seconds", "How old.", (gauge) => gauge.set(age * 2, { name: "b" }));
  for (age of [1, 5]) expect(await metrics.text()).toContain(`age_seconds{name="a"} ${age}\nage_seconds{name="b"} ${age * 2}\n`);
});

test("asked for by two components, a metric is one; what was never measured is not told", async () => {
  const metrics = createPrometheusMetrics();
  metrics.counter("adds_total", "Adds.").add(1, { name: "a" });
  metrics.counter("adds_total", "Adds.").add(1, { name: "a" });
  metrics.counter("never_total", "Never.");
  const text = await metrics.text();
  expect({ adds: text.includes('adds_total{name="a"} 2\n'), never: text.includes("never_total") }).toEqual({ adds: true, never: false });
});

test("the text tells of the process as well", async () => {
  expect(await createPrometheusMetrics().text()).toMatch(/^process_resident_memory_bytes \d+$/m);
});

import type { MetricLabels, Metrics } from "@kubets/machinery";

export interface RecordedMetrics extends Metrics {
  /** Every series, as `name{label="value"} value`; of a histogram, how many observations and their sum. */
  lines(): readonly string[];
}

/** Metrics that tests read. */
export function recordedMetrics(): RecordedMetrics {
  const series = new Map<string, { count: number; sum: number }>();
  const reads: (() => void)[] = [];
  const at = (name: string, labels: MetricLabels = {}): { count: number; sum: number } => {
    const text = Object.entries(labels)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}="${value}"`);
    const id = text.length === 0 ? name : `${name}{${text.join(",")}}`;
    const known = series.get(id) ?? { count: -1, sum: 0 };
    series.set(id, known);
    return known;
  };
  return {
    counter: (name) => ({ add: (amount, labels) => void (at(name, labels).sum += amount) }),
    gauge(name, _help, read) {
      const gauge = { set: (value: number, labels?: MetricLabels) => void (at(name, labels).sum = value) };
      if (read !== undefined) reads.push(() => read(gauge));
      return gauge;
    },
    histogram(name) {
      const observe = (seconds: number, labels?: MetricLabels): void => {
        const one = at(name, labels);
        one.count = Math.max(0, one.count) + 1;
        one.sum += seconds;
      };
      return { observe, series: (labels) => (seconds) => observe(seconds, labels) };
    },
    lines() {
      for (const read of reads) read();
      return [...series]
        .map(([id, { count, sum }]) => (count < 0 ? `${id} ${sum}` : `${id} ${count} × ${sum / count}`))
        .toSorted((a, b) => (a < b ? -1 : 1));
    },
  };
}

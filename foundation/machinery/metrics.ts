/** Label names and values of a metric. Keep the number of different values small: each combination is a time series. */
export type MetricLabels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount: number, labels?: MetricLabels): void;
}
export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}
/** Observations in seconds, as Prometheus' conventions ask. */
export interface Histogram {
  observe(seconds: number, labels?: MetricLabels): void;
  /** The observer of one of its series: for what is observed so often that finding the series each time would be felt. */
  series(labels: MetricLabels): (seconds: number) => void;
}

/** What components measure; bound to a real registry in `distribution`. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string): Counter;
  /** `read` sets it whenever somebody looks: for what changes by the passing of time alone. */
  gauge(name: string, help: string, read?: (gauge: Gauge) => void): Gauge;
  histogram(name: string, help: string, buckets?: readonly number[]): Histogram;
}

/** Upper bounds of a histogram: `count` of them, each `factor` times the one before. */
export function exponentialBuckets(start: number, factor: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => start * factor ** index);
}

const uncounted: Counter = { add() {} };
const unseen: Gauge = { set() {} };
const unobserved: Histogram = { observe() {}, series: () => () => {} };

export const unmeasured: Metrics = { counter: () => uncounted, gauge: () => unseen, histogram: () => unobserved };

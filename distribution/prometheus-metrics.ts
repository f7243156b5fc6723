import type { Gauge, MetricLabels, Metrics } from "@kubets/machinery";

/** The metrics of a program, and their text in Prometheus' exposition format. */
export interface PrometheusMetrics extends Metrics {
  /** Those of the process itself (memory, garbage collection, delays of the event loop) are measured from the first call on. */
  text(): Promise<string>;
}

/**
 * Counts by itself and leaves prom-client, with the metrics of the process, to whoever first asks for the text: it is 83 modules, and
 * measures the event loop with a timer that never rests.
 */
export function createPrometheusMetrics(): PrometheusMetrics {
  const families = new Map<string, Family>();
  const reads: (() => void)[] = [];
  const family = (name: string, make: () => Family): Family => {
    const made = families.get(name) ?? make();
    families.set(name, made);
    return made;
  };
  let ofProcess: Promise<{ metrics(): Promise<string> }> | undefined;
  return {
    counter: (name, help) => {
      const { at } = family(name, () => createFamily({ name, help, type: "counter" }));
      return { add: (amount, labels) => void (at(labels).value += amount) };
    },
    gauge: (name, help, read) => {
      const { at } = family(name, () => createFamily({ name, help, type: "gauge" }));
      const gauge: Gauge = { set: (value, labels) => void (at(labels).value = value) };
      if (read !== undefined) reads.push(() => read(gauge));
      return gauge;
    },
    histogram: (name, help, bounds = secondsBounds) => {
      const { at } = family(name, () => createFamily({ name, help, type: "histogram", bounds }));
      return {
        observe: (seconds, labels) => observe(at(labels), bounds, seconds),
        series(labels) {
          // What was never observed is not told.
          let series: Series | undefined;
          return (seconds) => observe((series ??= at(labels)), bounds, seconds);
        },
      };
    },
    async text() {
      ofProcess ??= measureProcess();
      for (const read of reads) read();
      const texts = [...families.values()].filter(({ series }) => series.size > 0).map(textOf);
      return [...texts, await (await ofProcess).metrics()].join("\n");
    },
  };
}

async function measureProcess(): Promise<{ metrics(): Promise<string> }> {
  const { collectDefaultMetrics, Registry } = await import("prom-client");
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Upper bounds that suit most durations, in seconds. */
const secondsBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One combination of label values. */
interface Series {
  readonly labels: MetricLabels;
  /** Of a histogram, the sum. */
  value: number;
  /** Of a histogram: how many observations fell between each bound and the one below; the last, above all of them. */
  readonly counts: number[];
}

interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly bounds?: readonly number[];
}

interface Family extends FamilyOptions {
  readonly series: ReadonlyMap<string, Series>;
  readonly at: (labels?: MetricLabels) => Series;
}

const noLabels: MetricLabels = {};

/** Every value of a metric has the label names of its first. */
function createFamily(options: FamilyOptions): Family {
  const series = new Map<string, Series>();
  let names: readonly string[] | undefined;
  return {
    ...options,
    series,
    at(labels = noLabels) {
      names ??= Object.keys(labels);
      let key = "";
      for (const name of names) key += `${labels[name]}\0`;
      const known = series.get(key);
      if (known !== undefined) return known;
      const made: Series = { labels, value: 0, counts: options.bounds === undefined ? [] : Array(options.bounds.length + 1).fill(0) };
      series.set(key, made);
      return made;
    },
  };
}

function observe(series: Series, bounds: readonly number[], seconds: number): void {
  let bucket = 0;
  while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
  series.counts[bucket]!++;
  series.value += seconds;
}

function textOf({ name, help, type, bounds = [], series }: Family): string {
  const lines = [...series.values()].flatMap(({ labels, value, counts }) => {
    if (type !== "histogram") return [`${name}${labelText(labels)} ${numberText(value)}`];
    let count = 0;
    const buckets = counts.map((more, index) => {
      count += more;
      return `${name}_bucket${labelText({ le: numberText(bounds[index] ?? Infinity), ...labels })} ${count}`;
    });
    return [...buckets, `${name}_sum${labelText(labels)} ${numberText(value)}`, `${name}_count${labelText(labels)} ${count}`];
  });
  return `${[`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines].join("\n")}\n`;
}

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : `${value}`;
}

/**
 * Metrics in the form that they have in the annotations of autoscaling/v1: the names of amounts tell what they are. What is wanted of a metric
 * and what it last was have the same form, but for `target` or `current` in those names.
 */
import type { MetricSpec } from "./metric-spec.ts";
import type { MetricStatus } from "./metric-status.ts";

type Word = "target" | "current";

interface Amounts {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

/** A metric with its amounts under one name, whether they are wanted or were seen. */
type Metric = { readonly [Source in keyof MetricSpec]: MetricSpec[Source] | MetricStatus[Source] };

export function annotatedMetric(metric: MetricSpec): object {
  return annotated(metric, "target");
}

export function annotatedMetricStatus(metric: MetricStatus): object {
  return annotated(metric, "current");
}

function annotated({ type, object, pods, resource, containerResource, external }: Metric, word: Word): object {
  return {
    type,
    ...(object && {
      object: {
        target: object.describedObject,
        metricName: object.metric.name,
        [`${word}Value`]: amountsOf(object).value ?? "0",
        ...definedOnly({ selector: object.metric.selector, averageValue: amountsOf(object).averageValue }),
      },
    }),
    ...(pods && {
      pods: {
        metricName: pods.metric.name,
        [`${word}AverageValue`]: amountsOf(pods).averageValue ?? "0",
        ...definedOnly({ selector: pods.metric.selector }),
      },
    }),
    ...(resource && { resource: { name: resource.name, ...annotatedUse(amountsOf(resource), word) } }),
    ...(containerResource && {
      containerResource: {
        name: containerResource.name,
        ...annotatedUse(amountsOf(containerResource), word),
        container: containerResource.container,
      },
    }),
    ...(external && {
      external: {
        metricName: external.metric.name,
        ...definedOnly({
          metricSelector: external.metric.selector,
          [`${word}Value`]: seen(amountsOf(external).value, word),
          [`${word}AverageValue`]: amountsOf(external).averageValue,
        }),
      },
    }),
  };
}

function amountsOf(source: { readonly target: Amounts } | { readonly current: Amounts }): Amounts {
  return "target" in source ? source.target : source.current;
}

function annotatedUse({ averageUtilization, averageValue }: Amounts, word: Word): object {
  return definedOnly({ [`${word}AverageUtilization`]: averageUtilization, [`${word}AverageValue`]: seen(averageValue, word) });
}

/** What was seen is always told; what isn't wanted is left out. */
function seen(amount: string | undefined, word: Word): string | undefined {
  return amount ?? (word === "current" ? "0" : undefined);
}

/** The metric in the form of autoscaling/v2, as far as the annotation has it; whether it is one is for the decoder to say. */
export function metricOfAnnotation(value: unknown): object {
  return ofAnnotation(value, "target");
}

/** As {@link metricOfAnnotation}, of what a metric last was. */
export function metricStatusOfAnnotation(value: unknown): object {
  return ofAnnotation(value, "current");
}

function ofAnnotation(value: unknown, word: Word): object {
  const { type, object, pods, resource, containerResource, external } = partsOf(value);
  const named = (source: Parts, selector: string): object => ({ name: source["metricName"], selector: source[selector] });
  // What is wanted says which of the amounts counts.
  const amounts = (given: Parts): object => (word === "target" ? { target: { type: targetType(given), ...given } } : { current: given });
  const use = (source: Parts): object =>
    amounts({ averageValue: source[`${word}AverageValue`], averageUtilization: source[`${word}AverageUtilization`] });
  return definedOnly({
    type,
    object: ifGiven(object, (source) => ({
      describedObject: source["target"],
      metric: named(source, "selector"),
      ...amounts({ value: source[`${word}Value`], averageValue: source["averageValue"] }),
    })),
    pods: ifGiven(pods, (source) => ({
      metric: named(source, "selector"),
      ...amounts({ averageValue: source[`${word}AverageValue`] }),
    })),
    resource: ifGiven(resource, (source) => ({ name: source["name"], ...use(source) })),
    containerResource: ifGiven(containerResource, (source) => ({
      name: source["name"],
      ...use(source),
      container: source["container"],
    })),
    external: ifGiven(external, (source) => ({
      metric: named(source, "metricSelector"),
      ...amounts({ value: source[`${word}Value`], averageValue: source[`${word}AverageValue`] }),
    })),
  });
}

/** A source that knows plain values has no average unless it says so; one that knows only averages has one in any case. */
function targetType(amounts: Parts): string {
  if (amounts["averageUtilization"] !== undefined) return "Utilization";
  return "value" in amounts && amounts["averageValue"] === undefined ? "Value" : "AverageValue";
}

type Parts = Readonly<Record<string, unknown>>;

function partsOf(value: unknown): Parts {
  return typeof value === "object" && value !== null ? (value as Parts) : {};
}

function ifGiven(value: unknown, inForm: (source: Parts) => object): object | undefined {
  return value === undefined || value === null ? undefined : inForm(partsOf(value));
}

function definedOnly(fields: Parts): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

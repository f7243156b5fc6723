import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "@kubets/api";
import { formatQuantity, type LabelSelector, milliValue } from "@kubets/machinery";
import type { Reading } from "./readings.ts";
import { type Count, type CountContext, countByAverage, countByShare, countByUtilization, countByValue } from "./replica-count.ts";

/** What one metric of an autoscaler asks for. Texts are upstream's: people and programs match on them. */
export type Proposal =
  | { readonly is: "proposed"; readonly replicas: number; readonly status: MetricStatus; readonly metric: string }
  /** `problem` is what the condition and the event say; `summary` what stands in the list of what failed. */
  | { readonly is: "failed"; readonly reason: string; readonly problem: string; readonly summary: string };

/** Decides by one metric; `namespace` is only spoken of. */
export function proposalOf(spec: MetricSpec, reading: Reading, namespace: string, context: CountContext): Proposal {
  switch (spec.type) {
    case "Resource":
      return ofResource(spec, reading, context);
    case "ContainerResource":
      return ofContainerResource(spec, reading, context);
    case "Pods":
      return ofPods(spec, reading, context);
    case "Object":
      return ofObject(spec, reading, namespace, context);
    case "External":
      return ofExternal(spec, reading, namespace, context);
    default: {
      const problem = `unknown metric source type ${JSON.stringify(spec.type)}`;
      return { is: "failed", reason: "InvalidMetricSourceType", problem, summary: problem };
    }
  }
}

const nothingRead: Reading = { is: "failed", message: "the metric was not asked for" };

function ofResource(spec: MetricSpec, reading: Reading, context: CountContext): Proposal {
  const { name, target } = spec.resource!;
  const outcome = countResource({ name, target }, reading, context);
  if (outcome.count.is === "unknown") {
    const problem = outcome.count.message;
    return failed("FailedGetResourceMetric", problem, `failed to get ${name} resource metric value: ${problem}`);
  }
  const { count, metric } = outcome;
  return {
    is: "proposed",
    replicas: count.replicas,
    metric,
    status: { type: spec.type, resource: { name, current: resourceStatus(count) } },
  };
}

function ofContainerResource(spec: MetricSpec, reading: Reading, context: CountContext): Proposal {
  const { name, container, target } = spec.containerResource!;
  const outcome = countResource({ name, target, container }, reading, context);
  if (outcome.count.is === "unknown") {
    const problem = outcome.count.message;
    return failed("FailedGetContainerResourceMetric", problem, `failed to get ${name} container metric value: ${problem}`);
  }
  const { count, metric } = outcome;
  const status = { type: spec.type, containerResource: { name, container, current: resourceStatus(count) } };
  return { is: "proposed", replicas: count.replicas, metric, status };
}

interface ResourceTarget {
  readonly name: string;
  readonly container?: string;
  readonly target: MetricTarget;
}

function countResource(
  { name, container, target }: ResourceTarget,
  reading: Reading,
  context: CountContext,
): { readonly count: Count; readonly metric: string } {
  const what = target.averageValue === undefined ? "utilization" : "usage";
  const unknown = (message: string): { readonly count: Count; readonly metric: string } => ({
    count: { is: "unknown", message: `failed to get ${name} ${what}: ${message}` },
    metric: "",
  });
  if (target.averageValue === undefined && target.averageUtilization === undefined) {
    const message = "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set";
    return { count: { is: "unknown", message }, metric: "" };
  }
  if (reading.is !== "pods") return unknown(`unable to get metrics for resource ${name}: ${messageOf(reading)}`);
  const count =
    target.averageValue === undefined
      ? countByUtilization(
          reading.pods,
          { resource: name, percent: target.averageUtilization!, ...(container === undefined ? {} : { container }) },
          context,
        )
      : countByAverage(reading.pods, { resource: name, target: milliValue(target.averageValue) }, context);
  if (count.is === "unknown") return unknown(count.message);
  return { count, metric: target.averageValue === undefined ? `${name} resource utilization (percentage of request)` : `${name} resource` };
}

function ofPods(spec: MetricSpec, reading: Reading, context: CountContext): Proposal {
  const { metric, target } = spec.pods!;
  const problemOf = (message: string): Proposal => failed("FailedGetPodsMetric", message, `failed to get pods metric value: ${message}`);
  if (reading.is !== "pods") return problemOf(`unable to get metric ${metric.name}: ${messageOf(reading)}`);
  const count = countByAverage(reading.pods, { resource: "", target: milliValue(target.averageValue ?? "0") }, context);
  if (count.is === "unknown") return problemOf(count.message);
  const status = { type: spec.type, pods: { metric: identifier(metric), current: { averageValue: quantity(count.milli) } } };
  return { is: "proposed", replicas: count.replicas, metric: `pods metric ${metric.name}`, status };
}

function ofObject(spec: MetricSpec, reading: Reading, namespace: string, context: CountContext): Proposal {
  const { metric, target, describedObject } = spec.object!;
  const problemOf = (message: string): Proposal =>
    failed("FailedGetObjectMetric", message, `failed to get object metric value: ${message}`);
  const isShare = target.type === "AverageValue" && target.averageValue !== undefined;
  if (!isShare && target.value === undefined)
    return problemOf("invalid object metric source: neither a value target nor an average value target was set");
  if (reading.is !== "value") {
    const { kind, name } = describedObject;
    return problemOf(`unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${messageOf(reading)}`);
  }
  const count = isShare
    ? countByShare(reading.milli, milliValue(target.averageValue!), context)
    : countByValue(reading.milli, milliValue(target.value!), context);
  if (count.is === "unknown") return problemOf(count.message);
  const object = { metric: identifier(metric), describedObject, current: valueStatus(count.milli, isShare) };
  const name = isShare ? `external metric ${described(metric)}` : `${describedObject.kind} metric ${metric.name}`;
  return { is: "proposed", replicas: count.replicas, metric: name, status: { type: spec.type, object } };
}

function ofExternal(spec: MetricSpec, reading: Reading, namespace: string, context: CountContext): Proposal {
  const { metric, target } = spec.external!;
  const problemOf = (problem: string): Proposal =>
    failed("FailedGetExternalMetric", problem, `failed to get ${metric.name} external metric value: ${problem}`);
  if (target.averageValue === undefined && target.value === undefined)
    return problemOf("invalid external metric source: neither a value target nor an average value target was set");
  const isShare = target.averageValue !== undefined;
  const wrapped = (message: string): Proposal =>
    problemOf(
      isShare ? `failed to get ${metric.name} external metric: ${message}` : `failed to get external metric ${metric.name}: ${message}`,
    );
  if (reading.is !== "value")
    return wrapped(`unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: ${messageOf(reading)}`);
  const count = isShare
    ? countByShare(reading.milli, milliValue(target.averageValue), context)
    : countByValue(reading.milli, milliValue(target.value!), context);
  if (count.is === "unknown") return wrapped(count.message);
  const external = { metric: identifier(metric), current: valueStatus(count.milli, isShare) };
  return {
    is: "proposed",
    replicas: count.replicas,
    metric: `external metric ${described(metric)}`,
    status: { type: spec.type, external },
  };
}

function failed(reason: string, problem: string, summary: string): Proposal {
  return { is: "failed", reason, problem, summary };
}

function messageOf(reading: Reading): string {
  return reading.is === "failed" ? reading.message : (nothingRead as Reading & { readonly is: "failed" }).message;
}

function resourceStatus({ milli, percent }: Count & { readonly is: "count" }): MetricValueStatus {
  return { ...(percent === undefined ? {} : { averageUtilization: percent }), averageValue: quantity(milli) };
}

function valueStatus(milli: number, isShare: boolean): MetricValueStatus {
  return isShare ? { averageValue: quantity(milli) } : { value: quantity(milli) };
}

function quantity(milli: number): string {
  return formatQuantity({ nanos: BigInt(Math.trunc(milli)) * 1_000_000n, format: "decimal" });
}

function identifier({ name, selector }: MetricIdentifier): MetricIdentifier {
  return { name, ...(selector === undefined ? {} : { selector }) };
}

function described({ name, selector }: MetricIdentifier): string {
  return `${name}(${selectorText(selector)})`;
}

/** As upstream's events show a selector. */
function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

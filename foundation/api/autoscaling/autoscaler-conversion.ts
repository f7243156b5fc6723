/**
 * Autoscalers are stored as autoscaling/v2 has them. What autoscaling/v1 has no fields for stands in annotations there, in forms
 * that go back to the alpha versions of the group.
 */
import { decodeObject, listOf, parseJson, type Schema } from "@kubets/machinery";
import type { AutoscalingV1HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler-v1.ts";
import {
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalerCondition,
  type HorizontalPodAutoscalerStatus,
} from "./horizontal-pod-autoscaler.ts";
import { cpuMetric, defaultCpuUtilization, type MetricSpec, metricSpec } from "./metric-spec.ts";
import { type MetricStatus, metricStatus } from "./metric-status.ts";
import { type HorizontalPodAutoscalerBehavior, horizontalPodAutoscalerBehavior } from "./scaling-behavior.ts";
import { annotatedMetric, annotatedMetricStatus, metricOfAnnotation, metricStatusOfAnnotation } from "./annotated-metrics.ts";

const annotations = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
} as const;
const annotationNames: ReadonlySet<string> = new Set(Object.values(annotations));

/** The autoscaler as autoscaling/v2 has it. Annotations that can't be read count as absent. */
export function toStoredAutoscaler(autoscaler: AutoscalingV1HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { metadata, spec, status } = autoscaler;
  const given: Readonly<Record<string, string>> = metadata.annotations ?? {};
  const { targetCPUUtilizationPercentage: cpu, ...otherSpec } = spec;
  const { currentCPUUtilizationPercentage: currentCpu, ...otherStatus } = status;
  const annotated = readAnnotation(given[annotations.metrics], listOf(metricSpec), (value) => listed(value).map(metricOfAnnotation)) ?? [];
  const metrics = [...annotated, ...(cpu === undefined ? [] : [cpuMetric(cpu)])];
  const behavior = readAnnotation<HorizontalPodAutoscalerBehavior>(
    given[annotations.behavior],
    horizontalPodAutoscalerBehavior,
    withLowerCaseKeys,
  );
  const currentMetrics =
    readAnnotation(given[annotations.currentMetrics], listOf(metricStatus), (value) => listed(value).map(metricStatusOfAnnotation)) ??
    (currentCpu === undefined ? [] : [cpuStatus(currentCpu)]);
  const conditions = readAnnotation(given[annotations.conditions], listOf(horizontalPodAutoscalerCondition), (value) => value);
  return {
    ...autoscaler,
    apiVersion: "autoscaling/v2",
    metadata: withAnnotations(metadata, Object.fromEntries(Object.entries(given).filter(([name]) => !annotationNames.has(name)))),
    spec: {
      ...otherSpec,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(defaultCpuUtilization)],
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: { ...otherStatus, currentMetrics, ...(conditions === undefined ? {} : { conditions }) },
  };
}

/** The autoscaler as autoscaling/v1 has it. */
export function fromStoredAutoscaler(autoscaler: HorizontalPodAutoscaler): AutoscalingV1HorizontalPodAutoscaler {
  const { metadata, spec, status } = autoscaler;
  const { metrics = [], behavior, ...otherSpec } = spec;
  const cpu = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization;
  const others = metrics.filter((metric) => !isCpuUtilization(metric));
  const { currentMetrics = [], conditions = [], ...otherStatus } = status;
  const currentCpu = currentMetrics?.find(({ resource }) => resource?.name === "cpu" && resource.current.averageUtilization !== undefined)
    ?.resource?.current.averageUtilization;
  const written: Record<string, string> = {
    ...metadata.annotations,
    ...(others.length === 0 ? {} : { [annotations.metrics]: JSON.stringify(others.map(annotatedMetric)) }),
    ...statusAnnotations(currentMetrics ?? [], conditions),
    ...(behavior === undefined ? {} : { [annotations.behavior]: JSON.stringify(behaviorAnnotation(behavior)) }),
  };
  return {
    ...autoscaler,
    apiVersion: "autoscaling/v1",
    metadata: withAnnotations(metadata, written),
    spec: { ...otherSpec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...otherStatus,
      currentReplicas: otherStatus.currentReplicas ?? 0,
      ...(currentCpu === undefined ? {} : { currentCPUUtilizationPercentage: currentCpu }),
    },
  };
}

function statusAnnotations(
  currentMetrics: readonly MetricStatus[],
  conditions: NonNullable<HorizontalPodAutoscalerStatus["conditions"]>,
): Readonly<Record<string, string>> {
  return {
    ...(currentMetrics.length === 0 ? {} : { [annotations.currentMetrics]: JSON.stringify(currentMetrics.map(annotatedMetricStatus)) }),
    ...(conditions.length === 0 ? {} : { [annotations.conditions]: JSON.stringify(conditions) }),
  };
}

function isCpuUtilization({ resource }: MetricSpec): boolean {
  return resource?.name === "cpu" && resource.target.averageUtilization !== undefined;
}

function cpuStatus(averageUtilization: number): MetricStatus {
  return { type: "Resource", resource: { name: "cpu", current: { averageUtilization } } };
}

/** Annotations in the order of their names; the field goes when none is left. */
function withAnnotations(
  metadata: HorizontalPodAutoscaler["metadata"],
  written: Readonly<Record<string, string>>,
): HorizontalPodAutoscaler["metadata"] {
  const names = Object.keys(written).toSorted();
  if (names.length === 0) {
    if (metadata.annotations === undefined) return metadata;
    const { annotations: _, ...rest } = metadata;
    return rest;
  }
  return { ...metadata, annotations: Object.fromEntries(names.map((name) => [name, written[name] ?? ""])) };
}

function readAnnotation<T>(text: string | undefined, schema: Schema<T>, inForm: (value: unknown) => unknown): T | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeObject(schema, inForm(parseJson(text).value)).object;
  } catch {
    return undefined;
  }
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The annotation has the names of Go's fields, which begin with capitals; readers don't mind the case. */
function behaviorAnnotation(behavior: HorizontalPodAutoscalerBehavior): object {
  const rules = (given: HorizontalPodAutoscalerBehavior["scaleUp"]): object | null =>
    given === undefined
      ? null
      : {
          StabilizationWindowSeconds: given.stabilizationWindowSeconds ?? null,
          SelectPolicy: given.selectPolicy ?? null,
          Policies:
            given.policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
          Tolerance: given.tolerance ?? null,
        };
  return { ScaleUp: rules(behavior.scaleUp), ScaleDown: rules(behavior.scaleDown) };
}

function withLowerCaseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLowerCaseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), withLowerCaseKeys(inner)]),
  );
}

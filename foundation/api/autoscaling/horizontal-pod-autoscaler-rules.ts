import {
  compareQuantities,
  type FieldError,
  forbidden,
  invalid,
  isDnsLabel,
  isPathSegment,
  isQualifiedName,
  notSupported,
  parseQuantity,
  required,
} from "@kubets/machinery";
import type { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from "./metric-spec.ts";
import type { HPAScalingPolicy, HPAScalingRules } from "./scaling-behavior.ts";

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): readonly FieldError[] {
  const { minReplicas, maxReplicas, metrics = [], behavior } = spec;
  return [
    ...(minReplicas < 1 ? [invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1")] : []),
    ...(maxReplicas < 1 ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than 0")] : []),
    ...(maxReplicas < minReplicas ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`")] : []),
    ...validateReference(spec.scaleTargetRef, "spec.scaleTargetRef"),
    ...metrics.flatMap((metric, index) => validateMetric(metric, `spec.metrics[${index}]`)),
    ...(behavior?.scaleUp === undefined ? [] : validateScalingRules(behavior.scaleUp, "spec.behavior.scaleUp")),
    ...(behavior?.scaleDown === undefined ? [] : validateScalingRules(behavior.scaleDown, "spec.behavior.scaleDown")),
  ];
}

function validateReference({ kind, name }: CrossVersionObjectReference, path: string): readonly FieldError[] {
  return [...validateSegment(kind, `${path}.kind`), ...validateSegment(name, `${path}.name`)];
}

function validateSegment(text: string, path: string, detail = ""): readonly FieldError[] {
  return text === "" ? [required(path, detail)] : isPathSegment(text).map((message) => invalid(path, text, message));
}

/** The field in which a metric of a type stands, in the order in which upstream looks at them. */
const fieldOf = {
  Object: "object",
  External: "external",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
} as const;
const metricTypes = Object.keys(fieldOf).toSorted();

function validateMetric(metric: MetricSpec, path: string): readonly FieldError[] {
  const present = Object.values(fieldOf).filter((field) => metric[field] !== undefined);
  const expected = Object.entries(fieldOf).find(([type]) => type === metric.type)?.[1];
  return [
    ...(metric.type === "" ? [required(`${path}.type`, "must specify a metric source type")] : []),
    ...(expected === undefined ? [notSupported(`${path}.type`, metric.type, metricTypes)] : []),
    ...(present[0] === undefined ? [] : validateSource(metric, present[0], `${path}.${present[0]}`)),
    ...(expected !== undefined && metric[expected] === undefined
      ? [required(`${path}.${expected}`, "must populate information for the given metric source")]
      : []),
    ...(present.length === 1
      ? []
      : present
          .filter((field) => field !== expected)
          .map((field) => forbidden(`${path}.${field}`, "must populate the given metric source only"))),
  ];
}

function validateSource(metric: MetricSpec, field: (typeof fieldOf)[keyof typeof fieldOf], path: string): readonly FieldError[] {
  const target = metric[field]?.target;
  if (target === undefined) return [];
  return [
    ...validateNames(metric, field, path),
    ...validateTarget(target, `${path}.target`),
    ...validateChoice(target, field, `${path}.target`),
  ];
}

function validateNames(metric: MetricSpec, field: (typeof fieldOf)[keyof typeof fieldOf], path: string): readonly FieldError[] {
  switch (field) {
    case "object":
      return metric.object === undefined
        ? []
        : [
            ...validateReference(metric.object.describedObject, `${path}.describedObject`),
            ...validateIdentifier(metric.object.metric, path),
          ];
    case "external":
      return metric.external === undefined ? [] : validateIdentifier(metric.external.metric, path);
    case "pods":
      return metric.pods === undefined ? [] : validateIdentifier(metric.pods.metric, path);
    case "resource":
      return metric.resource?.name === "" ? [required(`${path}.name`, "must specify a resource name")] : [];
    case "containerResource":
      return metric.containerResource === undefined ? [] : validateContainer(metric.containerResource, path);
  }
}

function validateIdentifier({ name }: MetricIdentifier, path: string): readonly FieldError[] {
  return validateSegment(name, `${path}.metric.name`, "must specify a metric name");
}

function validateContainer(
  { name, container }: { readonly name: string; readonly container: string },
  path: string,
): readonly FieldError[] {
  return [
    ...(name === ""
      ? [required(`${path}.name`, "must specify a resource name")]
      : isQualifiedName(name).map((message) => invalid(`${path}.name`, name, message))),
    ...(container === ""
      ? [required(`${path}.container`, "must specify a container")]
      : isDnsLabel(container).map((message) => invalid(`${path}.container`, container, message))),
  ];
}

const targetTypes = ["Utilization", "Value", "AverageValue"];

function validateTarget({ type, value, averageValue, averageUtilization }: MetricTarget, path: string): readonly FieldError[] {
  return [
    ...(type === "" ? [required(`${path}.type`, "must specify a metric target type")] : []),
    ...(targetTypes.includes(type) ? [] : [invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue")]),
    ...(value !== undefined && !isPositive(value) ? [invalid(`${path}.value`, value, "must be positive")] : []),
    ...(averageValue !== undefined && !isPositive(averageValue) ? [invalid(`${path}.averageValue`, averageValue, "must be positive")] : []),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0")]
      : []),
  ];
}

function isPositive(quantity: string): boolean {
  return compareQuantities(parseQuantity(quantity), parseQuantity("0")) > 0;
}

/** Which of the values a metric of a type must have, and which must not be together. */
function validateChoice(target: MetricTarget, field: (typeof fieldOf)[keyof typeof fieldOf], path: string): readonly FieldError[] {
  const { value, averageValue, averageUtilization } = target;
  const missing = (at: string, detail: string): readonly FieldError[] => [required(`${path}.${at}`, detail)];
  switch (field) {
    case "object":
      return value === undefined && averageValue === undefined
        ? missing("averageValue", "must set either a target value or averageValue")
        : [];
    case "external": {
      const both = value !== undefined && averageValue !== undefined;
      if (both) return [forbidden(`${path}.value`, "may not set both a target value for metric and a per-pod target")];
      return value === undefined && averageValue === undefined
        ? missing("averageValue", "must set either a target value for metric or a per-pod target")
        : [];
    }
    case "pods":
      return averageValue === undefined ? missing("averageValue", "must specify a positive target averageValue") : [];
    case "resource":
    case "containerResource": {
      const both = averageUtilization !== undefined && averageValue !== undefined;
      if (both) return [forbidden(`${path}.averageValue`, "may not set both a target raw value and a target utilization")];
      return averageUtilization === undefined && averageValue === undefined
        ? missing("averageUtilization", "must set either a target raw value or a target utilization")
        : [];
    }
  }
}

const longestWindow = 3600;
const longestPeriod = 1800;

function validateScalingRules(
  { stabilizationWindowSeconds: window, policies = [], tolerance }: HPAScalingRules,
  path: string,
): readonly FieldError[] {
  const at = `${path}.stabilizationWindowSeconds`;
  return [
    ...(window !== undefined && window < 0 ? [invalid(at, window, "must be greater than or equal to zero")] : []),
    ...(window !== undefined && window > longestWindow ? [invalid(at, window, `must be less than or equal to ${longestWindow}`)] : []),
    ...(policies.length === 0 ? [required(`${path}.policies`, "must specify at least one Policy")] : []),
    ...policies.flatMap((policy, index) => validatePolicy(policy, `${path}.policies[${index}]`)),
    ...(tolerance?.startsWith("-") === true ? [invalid(`${path}.tolerance`, tolerance, "must be greater than or equal to 0")] : []),
  ];
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: string): readonly FieldError[] {
  return [
    ...(type === "Pods" || type === "Percent" ? [] : [notSupported(`${path}.type`, type, ["Percent", "Pods"])]),
    ...(value <= 0 ? [invalid(`${path}.value`, value, "must be greater than zero")] : []),
    ...(periodSeconds <= 0 ? [invalid(`${path}.periodSeconds`, periodSeconds, "must be greater than zero")] : []),
    ...(periodSeconds > longestPeriod
      ? [invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${longestPeriod}`)]
      : []),
  ];
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): readonly FieldError[] {
  const counts = { currentReplicas: status.currentReplicas ?? 0, desiredReplicas: status.desiredReplicas };
  return Object.entries(counts)
    .filter(([, count]) => count < 0)
    .map(([name, count]) => invalid(`status.${name}`, count, "must be greater than or equal to 0"));
}

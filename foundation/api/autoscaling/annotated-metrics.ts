/** Metrics in the form that they have in the annotations of autoscaling/v1: the names of targets tell what they are. */
import type { MetricSpec, MetricTarget } from "./metric-spec.ts";
import type { MetricStatus } from "./metric-status.ts";

export function annotatedMetric({ type, object, pods, resource, containerResource, external }: MetricSpec): object {
  return {
    type,
    ...(object && {
      object: {
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? "0",
        ...definedOnly({ selector: object.metric.selector, averageValue: object.target.averageValue }),
      },
    }),
    ...(pods && {
      pods: {
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? "0",
        ...definedOnly({ selector: pods.metric.selector }),
      },
    }),
    ...(resource && { resource: { name: resource.name, ...targetsOf(resource.target) } }),
    ...(containerResource && {
      containerResource: { name: containerResource.name, ...targetsOf(containerResource.target), container: containerResource.container },
    }),
    ...(external && {
      external: {
        metricName: external.metric.name,
        ...definedOnly({
          metricSelector: external.metric.selector,
          targetValue: external.target.value,
          targetAverageValue: external.target.averageValue,
        }),
      },
    }),
  };
}

function targetsOf({ averageUtilization, averageValue }: MetricTarget): object {
  return definedOnly({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue });
}

export function annotatedMetricStatus({ type, object, pods, resource, containerResource, external }: MetricStatus): object {
  return {
    type,
    ...(object && {
      object: {
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? "0",
        ...definedOnly({ selector: object.metric.selector, averageValue: object.current.averageValue }),
      },
    }),
    ...(pods && {
      pods: {
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? "0",
        ...definedOnly({ selector: pods.metric.selector }),
      },
    }),
    ...(resource && {
      resource: {
        name: resource.name,
        ...definedOnly({ currentAverageUtilization: resource.current.averageUtilization }),
        currentAverageValue: resource.current.averageValue ?? "0",
      },
    }),
    ...(containerResource && {
      containerResource: {
        name: containerResource.name,
        ...definedOnly({ currentAverageUtilization: containerResource.current.averageUtilization }),
        currentAverageValue: containerResource.current.averageValue ?? "0",
        container: containerResource.container,
      },
    }),
    ...(external && {
      external: {
        metricName: external.metric.name,
        ...definedOnly({ metricSelector: external.metric.selector }),
        currentValue: external.current.value ?? "0",
        ...definedOnly({ currentAverageValue: external.current.averageValue }),
      },
    }),
  };
}

/** The metric in the form of autoscaling/v2, as far as the annotation has it; whether it is one is for the decoder to say. */
export function metricOfAnnotation(annotated: unknown): object {
  const { type, object, pods, resource, containerResource, external } = partsOf(annotated);
  const named = (source: Parts, selector: string): object => ({ name: source["metricName"], selector: source[selector] });
  return definedOnly({
    type,
    object: ifGiven(object, (source) => ({
      describedObject: source["target"],
      target: {
        type: source["averageValue"] === undefined ? "Value" : "AverageValue",
        value: source["targetValue"],
        averageValue: source["averageValue"],
      },
      metric: named(source, "selector"),
    })),
    pods: ifGiven(pods, (source) => ({
      metric: named(source, "selector"),
      target: { type: "AverageValue", averageValue: source["targetAverageValue"] },
    })),
    resource: ifGiven(resource, (source) => ({ name: source["name"], target: resourceTarget(source) })),
    containerResource: ifGiven(containerResource, (source) => ({
      name: source["name"],
      target: resourceTarget(source),
      container: source["container"],
    })),
    external: ifGiven(external, (source) => ({
      metric: named(source, "metricSelector"),
      target: {
        type: source["targetAverageValue"] === undefined ? "Value" : "AverageValue",
        value: source["targetValue"],
        averageValue: source["targetAverageValue"],
      },
    })),
  });
}

function resourceTarget(source: Parts): object {
  const averageUtilization = source["targetAverageUtilization"];
  return {
    type: averageUtilization === undefined ? "AverageValue" : "Utilization",
    averageValue: source["targetAverageValue"],
    averageUtilization,
  };
}

/** As {@link metricOfAnnotation}, of what a metric last was. */
export function metricStatusOfAnnotation(annotated: unknown): object {
  const { type, object, pods, resource, containerResource, external } = partsOf(annotated);
  const named = (source: Parts, selector: string): object => ({ name: source["metricName"], selector: source[selector] });
  const used = (source: Parts): object => ({
    averageValue: source["currentAverageValue"],
    averageUtilization: source["currentAverageUtilization"],
  });
  return definedOnly({
    type,
    object: ifGiven(object, (source) => ({
      metric: named(source, "selector"),
      current: { value: source["currentValue"], averageValue: source["averageValue"] },
      describedObject: source["target"],
    })),
    pods: ifGiven(pods, (source) => ({ metric: named(source, "selector"), current: { averageValue: source["currentAverageValue"] } })),
    resource: ifGiven(resource, (source) => ({ name: source["name"], current: used(source) })),
    containerResource: ifGiven(containerResource, (source) => ({
      name: source["name"],
      current: used(source),
      container: source["container"],
    })),
    external: ifGiven(external, (source) => ({
      metric: named(source, "metricSelector"),
      current: { value: source["currentValue"], averageValue: source["currentAverageValue"] },
    })),
  });
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

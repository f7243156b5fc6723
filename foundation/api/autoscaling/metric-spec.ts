import { field, integer, labelSelector, type LabelSelector, object, quantity, type Schema, struct, text } from "@kubets/machinery";

/** A metric, and the value that it should have. */
export interface MetricSpec {
  readonly type: string;
  readonly object?: ObjectMetricSource;
  readonly pods?: PodsMetricSource;
  readonly resource?: ResourceMetricSource;
  readonly containerResource?: ContainerResourceMetricSource;
  readonly external?: ExternalMetricSource;
}

/** A metric of one object, and the value that it should have. */
export interface ObjectMetricSource {
  readonly describedObject: CrossVersionObjectReference;
  readonly target: MetricTarget;
  readonly metric: MetricIdentifier;
}

/** A metric that each Pod has, and the mean value that it should have. */
export interface PodsMetricSource {
  readonly metric: MetricIdentifier;
  readonly target: MetricTarget;
}

/** A resource of the Pods, and how much of it they should use. */
export interface ResourceMetricSource {
  readonly name: string;
  readonly target: MetricTarget;
}

/** A resource of one container of each Pod, and how much of it they should use. */
export interface ContainerResourceMetricSource {
  readonly name: string;
  readonly target: MetricTarget;
  readonly container: string;
}

/** A metric of something outside of the cluster, and the value that it should have. */
export interface ExternalMetricSource {
  readonly metric: MetricIdentifier;
  readonly target: MetricTarget;
}

/** The value that a metric should have. */
export interface MetricTarget {
  readonly type: string;
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

/** Names a metric. */
export interface MetricIdentifier {
  readonly name: string;
  readonly selector?: LabelSelector;
}

/** Names an object of the same namespace. */
export interface CrossVersionObjectReference {
  readonly kind: string;
  readonly name: string;
  readonly apiVersion?: string;
}

export const crossVersionObjectReference: Schema<CrossVersionObjectReference> = object<CrossVersionObjectReference>(
  "io.k8s.api.autoscaling.v2.CrossVersionObjectReference",
  "Names an object of the same namespace.",
  {
    kind: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its kind." }),
    name: text({ field: 2, required: true, mayBeEmpty: true, doc: "Its name." }),
    apiVersion: text({ field: 3, doc: "Its API group and version." }),
  },
);

export const metricIdentifier: Schema<MetricIdentifier> = object<MetricIdentifier>(
  "io.k8s.api.autoscaling.v2.MetricIdentifier",
  "Names a metric.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its name." }),
    selector: struct(labelSelector, { field: 2, presence: "pointer", doc: "Which of the series of that name, by labels." }),
  },
);

const metricTarget: Schema<MetricTarget> = object<MetricTarget>(
  "io.k8s.api.autoscaling.v2.MetricTarget",
  "The value that a metric should have.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "What is given: Utilization, Value or AverageValue." }),
    value: field(quantity, { field: 2, presence: "pointer", doc: "The value of the metric." }),
    averageValue: field(quantity, { field: 3, presence: "pointer", doc: "The mean value over the Pods." }),
    averageUtilization: integer({ field: 4, presence: "pointer", doc: "The mean over the Pods, in percent of what they ask for." }),
  },
);

const externalMetricSource: Schema<ExternalMetricSource> = object<ExternalMetricSource>(
  "io.k8s.api.autoscaling.v2.ExternalMetricSource",
  "A metric of something outside of the cluster, and the value that it should have.",
  {
    metric: struct(metricIdentifier, { field: 1, required: true, doc: "The metric." }),
    target: struct(metricTarget, { field: 2, required: true, doc: "The value." }),
  },
);

const containerResourceMetricSource: Schema<ContainerResourceMetricSource> = object<ContainerResourceMetricSource>(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricSource",
  "A resource of one container of each Pod, and how much of it they should use.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The resource." }),
    target: struct(metricTarget, { field: 2, required: true, doc: "How much." }),
    container: text({ field: 3, required: true, mayBeEmpty: true, doc: "The container." }),
  },
);

const resourceMetricSource: Schema<ResourceMetricSource> = object<ResourceMetricSource>(
  "io.k8s.api.autoscaling.v2.ResourceMetricSource",
  "A resource of the Pods, and how much of it they should use.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The resource." }),
    target: struct(metricTarget, { field: 2, required: true, doc: "How much." }),
  },
);

const podsMetricSource: Schema<PodsMetricSource> = object<PodsMetricSource>(
  "io.k8s.api.autoscaling.v2.PodsMetricSource",
  "A metric that each Pod has, and the mean value that it should have.",
  {
    metric: struct(metricIdentifier, { field: 1, required: true, doc: "The metric." }),
    target: struct(metricTarget, { field: 2, required: true, doc: "The value." }),
  },
);

const objectMetricSource: Schema<ObjectMetricSource> = object<ObjectMetricSource>(
  "io.k8s.api.autoscaling.v2.ObjectMetricSource",
  "A metric of one object, and the value that it should have.",
  {
    describedObject: struct(crossVersionObjectReference, { field: 1, required: true, doc: "The object." }),
    target: struct(metricTarget, { field: 2, required: true, doc: "The value." }),
    metric: struct(metricIdentifier, { field: 3, required: true, doc: "The metric." }),
  },
);

export const metricSpec: Schema<MetricSpec> = object<MetricSpec>(
  "io.k8s.api.autoscaling.v2.MetricSpec",
  "A metric, and the value that it should have.",
  {
    type: text({
      field: 1,
      required: true,
      mayBeEmpty: true,
      doc: "Which of the fields below is used: Object, Pods, Resource, ContainerResource or External.",
    }),
    object: struct(objectMetricSource, {
      field: 2,
      presence: "pointer",
      doc: "A metric of one object, such as the requests of an Ingress.",
    }),
    pods: struct(podsMetricSource, { field: 3, presence: "pointer", doc: "A metric that each Pod has, as the mean over the Pods." }),
    resource: struct(resourceMetricSource, { field: 4, presence: "pointer", doc: "A resource of the Pods, such as CPU." }),
    containerResource: struct(containerResourceMetricSource, {
      field: 7,
      presence: "pointer",
      doc: "A resource of one container of each Pod.",
    }),
    external: struct(externalMetricSource, {
      field: 5,
      presence: "pointer",
      doc: "A metric of something outside of the cluster, such as the length of a queue.",
    }),
  },
);

/** The CPU that an autoscaler wants that names no metric. */
export const defaultCpuUtilization = 80;

/** How much CPU the Pods should use, in percent of what they ask for. */
export function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } };
}

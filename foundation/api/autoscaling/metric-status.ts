import { field, integer, object, quantity, type Schema, struct, text } from "@kubets/machinery";
import { crossVersionObjectReference, type CrossVersionObjectReference, metricIdentifier, type MetricIdentifier } from "./metric-spec.ts";

/** What a metric last was. */
export interface MetricStatus {
  readonly type: string;
  readonly object?: ObjectMetricStatus;
  readonly pods?: PodsMetricStatus;
  readonly resource?: ResourceMetricStatus;
  readonly containerResource?: ContainerResourceMetricStatus;
  readonly external?: ExternalMetricStatus;
}

/** What a metric of one object last was. */
export interface ObjectMetricStatus {
  readonly metric: MetricIdentifier;
  readonly current: MetricValueStatus;
  readonly describedObject: CrossVersionObjectReference;
}

/** What a metric of the Pods last was. */
export interface PodsMetricStatus {
  readonly metric: MetricIdentifier;
  readonly current: MetricValueStatus;
}

/** How much of a resource the Pods last used. */
export interface ResourceMetricStatus {
  readonly name: string;
  readonly current: MetricValueStatus;
}

/** How much of a resource a container of the Pods last used. */
export interface ContainerResourceMetricStatus {
  readonly name: string;
  readonly current: MetricValueStatus;
  readonly container: string;
}

/** What a metric of something outside of the cluster last was. */
export interface ExternalMetricStatus {
  readonly metric: MetricIdentifier;
  readonly current: MetricValueStatus;
}

/** The value of a metric. */
export interface MetricValueStatus {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

const metricValueStatus: Schema<MetricValueStatus> = object<MetricValueStatus>(
  "io.k8s.api.autoscaling.v2.MetricValueStatus",
  "The value of a metric.",
  {
    value: field(quantity, { field: 1, presence: "pointer", doc: "The value." }),
    averageValue: field(quantity, { field: 2, presence: "pointer", doc: "The mean value over the Pods." }),
    averageUtilization: integer({ field: 3, presence: "pointer", doc: "The mean over the Pods, in percent of what they ask for." }),
  },
);

const externalMetricStatus: Schema<ExternalMetricStatus> = object<ExternalMetricStatus>(
  "io.k8s.api.autoscaling.v2.ExternalMetricStatus",
  "What a metric of something outside of the cluster last was.",
  {
    metric: struct(metricIdentifier, { field: 1, required: true, doc: "The metric." }),
    current: struct(metricValueStatus, { field: 2, required: true, doc: "Its value." }),
  },
);

const containerResourceMetricStatus: Schema<ContainerResourceMetricStatus> = object<ContainerResourceMetricStatus>(
  "io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus",
  "How much of a resource a container of the Pods last used.",
  {
    name: text({ field: 1, required: true, doc: "The resource." }),
    current: struct(metricValueStatus, { field: 2, required: true, doc: "How much." }),
    container: text({ field: 3, required: true, doc: "The container." }),
  },
);

const resourceMetricStatus: Schema<ResourceMetricStatus> = object<ResourceMetricStatus>(
  "io.k8s.api.autoscaling.v2.ResourceMetricStatus",
  "How much of a resource the Pods last used.",
  {
    name: text({ field: 1, required: true, doc: "The resource." }),
    current: struct(metricValueStatus, { field: 2, required: true, doc: "How much." }),
  },
);

const podsMetricStatus: Schema<PodsMetricStatus> = object<PodsMetricStatus>(
  "io.k8s.api.autoscaling.v2.PodsMetricStatus",
  "What a metric of the Pods last was.",
  {
    metric: struct(metricIdentifier, { field: 1, required: true, doc: "The metric." }),
    current: struct(metricValueStatus, { field: 2, required: true, doc: "Its value." }),
  },
);

const objectMetricStatus: Schema<ObjectMetricStatus> = object<ObjectMetricStatus>(
  "io.k8s.api.autoscaling.v2.ObjectMetricStatus",
  "What a metric of one object last was.",
  {
    metric: struct(metricIdentifier, { field: 1, required: true, doc: "The metric." }),
    current: struct(metricValueStatus, { field: 2, required: true, doc: "Its value." }),
    describedObject: struct(crossVersionObjectReference, { field: 3, required: true, doc: "The object." }),
  },
);

export const metricStatus: Schema<MetricStatus> = object<MetricStatus>(
  "io.k8s.api.autoscaling.v2.MetricStatus",
  "What a metric last was.",
  {
    type: text({
      field: 1,
      required: true,
      doc: "Which of the fields below is used: Object, Pods, Resource, ContainerResource or External.",
    }),
    object: struct(objectMetricStatus, { field: 2, presence: "pointer", doc: "Of a metric of one object." }),
    pods: struct(podsMetricStatus, { field: 3, presence: "pointer", doc: "Of a metric that each Pod has." }),
    resource: struct(resourceMetricStatus, { field: 4, presence: "pointer", doc: "Of a resource of the Pods." }),
    containerResource: struct(containerResourceMetricStatus, {
      field: 7,
      presence: "pointer",
      doc: "Of a resource of one container of each Pod.",
    }),
    external: struct(externalMetricStatus, { field: 5, presence: "pointer", doc: "Of a metric of something outside of the cluster." }),
  },
);

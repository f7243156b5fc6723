import {
  type defaulted,
  defineKind,
  field,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import {
  cpuMetric,
  type CrossVersionObjectReference,
  crossVersionObjectReference,
  type MetricSpec,
  metricSpec,
  defaultCpuUtilization,
} from "./metric-spec.ts";
import {
  horizontalPodAutoscalerBehavior,
  type HorizontalPodAutoscalerBehavior,
  scaleDownDefaults,
  scaleUpDefaults,
} from "./scaling-behavior.ts";
import { metricStatus, type MetricStatus } from "./metric-status.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateAutoscaler, validateAutoscalerStatus } from "./horizontal-pod-autoscaler-rules.ts";
import { targetsText } from "./metric-columns.ts";

/** Changes how many replicas an object has, by what its Pods have to do. */
export interface HorizontalPodAutoscaler extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: HorizontalPodAutoscalerSpec;
  readonly status: HorizontalPodAutoscalerStatus;
}

/** What an autoscaler scales, how far, and by which metrics. */
export interface HorizontalPodAutoscalerSpec {
  readonly [defaulted]?: "minReplicas";
  readonly scaleTargetRef: CrossVersionObjectReference;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics?: readonly MetricSpec[];
  readonly behavior?: HorizontalPodAutoscalerBehavior;
}

/** What an autoscaler last did and saw. */
export interface HorizontalPodAutoscalerStatus {
  readonly observedGeneration?: number;
  readonly lastScaleTime?: Time;
  readonly currentReplicas?: number;
  readonly desiredReplicas: number;
  readonly currentMetrics?: readonly MetricStatus[];
  readonly conditions?: readonly HorizontalPodAutoscalerCondition[];
}

/** One aspect of an autoscaler's state. */
export interface HorizontalPodAutoscalerCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

export const horizontalPodAutoscalerCondition: Schema<HorizontalPodAutoscalerCondition> = object<HorizontalPodAutoscalerCondition>(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition",
  "One aspect of an autoscaler's state.",
  {
    type: text({ field: 1, required: true, doc: "What it is about: AbleToScale, ScalingActive or ScalingLimited." }),
    status: text({ field: 2, required: true, doc: "Whether it holds: True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, as one CamelCase word." }),
    message: text({ field: 5, doc: "Why, as a sentence for people." }),
  },
);

const horizontalPodAutoscalerStatus: Schema<HorizontalPodAutoscalerStatus> = object<HorizontalPodAutoscalerStatus>(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus",
  "What an autoscaler last did and saw.",
  {
    observedGeneration: integer({ field: 1, presence: "pointer", bits: 64, doc: "Up to which generation the controller has seen it." }),
    lastScaleTime: field(time, { field: 2, presence: "pointer", doc: "When it last changed the number." }),
    currentReplicas: integer({ field: 3, doc: "How many replicas there are." }),
    desiredReplicas: integer({ field: 4, required: true, doc: "How many there should be." }),
    currentMetrics: list(metricStatus, { field: 5, mayBeEmpty: true, listType: "atomic", doc: "What the metrics last were." }),
    conditions: list(horizontalPodAutoscalerCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Whether it can scale, and what keeps it from it.",
    }),
  },
);

const horizontalPodAutoscalerSpec: Schema<HorizontalPodAutoscalerSpec> = object<HorizontalPodAutoscalerSpec>(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec",
  "What an autoscaler scales, how far, and by which metrics.",
  {
    scaleTargetRef: struct(crossVersionObjectReference, { field: 1, required: true, doc: "The object with the replicas." }),
    minReplicas: integer({ field: 2, presence: "pointer", default: 1, doc: "The fewest replicas." }),
    maxReplicas: integer({ field: 3, required: true, mayBeEmpty: true, doc: "The most replicas; not less than the fewest." }),
    metrics: list(metricSpec, {
      field: 4,
      listType: "atomic",
      doc: "The metrics, each of which asks for a number of replicas; the largest is taken. The CPU of the Pods, at 80 percent, where nothing is said.",
    }),
    behavior: struct(horizontalPodAutoscalerBehavior, { field: 5, presence: "pointer", doc: "How fast replicas come and go." }),
  },
);

const horizontalPodAutoscaler: Schema<HorizontalPodAutoscaler> = kindObject<HorizontalPodAutoscaler>(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "Changes how many replicas an object has, by what its Pods have to do.",
  {
    spec: struct(horizontalPodAutoscalerSpec, { field: 2, required: true, doc: "What is scaled, how far, and by which metrics." }),
    status: struct(horizontalPodAutoscalerStatus, { field: 3, default: {}, doc: "What it last did and saw." }),
  },
);

export const HorizontalPodAutoscalerKind: Kind<HorizontalPodAutoscaler> = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  scope: "Namespaced",
  schema: horizontalPodAutoscaler,
  subresources: { status: true },
  columns: [
    nameColumn,
    {
      name: "Reference",
      type: "string",
      doc: "What is scaled.",
      cell: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    },
    { name: "Targets", type: "string", doc: "What the metrics are, and should be.", cell: ({ spec, status }) => targetsText(spec, status) },
    { name: "MinPods", type: "string", doc: "The fewest replicas.", cell: ({ spec }) => spec.minReplicas },
    { name: "MaxPods", type: "string", doc: "The most replicas.", cell: ({ spec }) => spec.maxReplicas },
    { name: "Replicas", type: "string", doc: "How many replicas there are.", cell: ({ status }) => status.currentReplicas ?? 0 },
    ageColumn,
  ],
  strategy: { defaults: withDefaults, validate: validateAutoscaler, validateStatusUpdate: validateAutoscalerStatus },
});

function withDefaults(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { metrics = [], behavior } = autoscaler.spec;
  if (metrics.length > 0 && behavior === undefined) return autoscaler;
  return {
    ...autoscaler,
    spec: {
      ...autoscaler.spec,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(defaultCpuUtilization)],
      ...(behavior === undefined
        ? {}
        : {
            behavior: { scaleUp: { ...scaleUpDefaults, ...behavior.scaleUp }, scaleDown: { ...scaleDownDefaults, ...behavior.scaleDown } },
          }),
    },
  };
}

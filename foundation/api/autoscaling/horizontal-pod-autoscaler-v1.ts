import {
  type Column,
  type defaulted,
  defineKind,
  field,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { fromStoredAutoscaler, toStoredAutoscaler } from "./autoscaler-conversion.ts";
import { type HorizontalPodAutoscaler, HorizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler.ts";
import { validateAutoscaler, validateAutoscalerStatus } from "./horizontal-pod-autoscaler-rules.ts";

/** Changes how many replicas an object has, by what its Pods have to do. */
export interface AutoscalingV1HorizontalPodAutoscaler extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: AutoscalingV1HorizontalPodAutoscalerSpec;
  readonly status: AutoscalingV1HorizontalPodAutoscalerStatus;
}

/** What an autoscaler scales, how far, and by how much CPU. */
export interface AutoscalingV1HorizontalPodAutoscalerSpec {
  readonly [defaulted]?: "minReplicas";
  readonly scaleTargetRef: AutoscalingV1CrossVersionObjectReference;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilizationPercentage?: number;
}

/** Names an object of the same namespace. */
export interface AutoscalingV1CrossVersionObjectReference {
  readonly kind: string;
  readonly name: string;
  readonly apiVersion?: string;
}

/** What an autoscaler last did and saw. */
export interface AutoscalingV1HorizontalPodAutoscalerStatus {
  readonly observedGeneration?: number;
  readonly lastScaleTime?: Time;
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly currentCPUUtilizationPercentage?: number;
}

const horizontalPodAutoscalerStatus: Schema<AutoscalingV1HorizontalPodAutoscalerStatus> =
  object<AutoscalingV1HorizontalPodAutoscalerStatus>(
    "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus",
    "What an autoscaler last did and saw.",
    {
      observedGeneration: integer({ field: 1, presence: "pointer", bits: 64, doc: "Up to which generation the controller has seen it." }),
      lastScaleTime: field(time, { field: 2, presence: "pointer", doc: "When it last changed the number." }),
      currentReplicas: integer({ field: 3, required: true, doc: "How many replicas there are." }),
      desiredReplicas: integer({ field: 4, required: true, doc: "How many there should be." }),
      currentCPUUtilizationPercentage: integer({
        field: 5,
        presence: "pointer",
        doc: "How much CPU the Pods use on average, in percent of what they ask for.",
      }),
    },
  );

const crossVersionObjectReference: Schema<AutoscalingV1CrossVersionObjectReference> = object<AutoscalingV1CrossVersionObjectReference>(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  "Names an object of the same namespace.",
  {
    kind: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its kind." }),
    name: text({ field: 2, required: true, mayBeEmpty: true, doc: "Its name." }),
    apiVersion: text({ field: 3, doc: "Its API group and version." }),
  },
  { atomic: true },
);

const horizontalPodAutoscalerSpec: Schema<AutoscalingV1HorizontalPodAutoscalerSpec> = object<AutoscalingV1HorizontalPodAutoscalerSpec>(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec",
  "What an autoscaler scales, how far, and by how much CPU.",
  {
    scaleTargetRef: struct(crossVersionObjectReference, { field: 1, required: true, doc: "The object with the replicas." }),
    minReplicas: integer({ field: 2, presence: "pointer", default: 1, doc: "The fewest replicas." }),
    maxReplicas: integer({ field: 3, required: true, mayBeEmpty: true, doc: "The most replicas; not less than the fewest." }),
    targetCPUUtilizationPercentage: integer({
      field: 4,
      presence: "pointer",
      doc: "How much CPU the Pods should use on average, in percent of what they ask for; 80 where nothing is said.",
    }),
  },
);

const horizontalPodAutoscaler: Schema<AutoscalingV1HorizontalPodAutoscaler> = kindObject<AutoscalingV1HorizontalPodAutoscaler>(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  "Changes how many replicas an object has, by what its Pods have to do.",
  {
    spec: struct(horizontalPodAutoscalerSpec, { field: 2, required: true, doc: "What is scaled, how far, and by how much CPU." }),
    status: struct(horizontalPodAutoscalerStatus, { field: 3, default: {}, doc: "What it last did and saw." }),
  },
);

/** The first form of autoscalers, which knows no metric but CPU; the others stand in annotations. */
export const AutoscalingV1HorizontalPodAutoscalerKind: Kind<AutoscalingV1HorizontalPodAutoscaler> =
  defineKind<AutoscalingV1HorizontalPodAutoscaler>({
    group: "autoscaling",
    version: "v1",
    kind: "HorizontalPodAutoscaler",
    resource: "horizontalpodautoscalers",
    shortNames: ["hpa"],
    categories: ["all"],
    scope: "Namespaced",
    schema: horizontalPodAutoscaler,
    subresources: { status: true },
    columns: HorizontalPodAutoscalerKind.columns.map((column): Column<AutoscalingV1HorizontalPodAutoscaler> => ({
      ...column,
      cell: (autoscaler, now) => column.cell(toStoredAutoscaler(autoscaler), now),
    })),
    strategy: {
      validate: (autoscaler) => validateAutoscaler(toStoredAutoscaler(autoscaler)),
      validateStatusUpdate: (autoscaler) => validateAutoscalerStatus(toStoredAutoscaler(autoscaler)),
    },
    storedAs: {
      kind: HorizontalPodAutoscalerKind as unknown as Kind,
      toStored: toStoredAutoscaler,
      fromStored: (stored) => fromStoredAutoscaler(stored as HorizontalPodAutoscaler),
    },
  });

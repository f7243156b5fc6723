import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  formatLabelRequirements,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  labelRequirements,
  labelSelector,
  type LabelSelector,
  list,
  object,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { defaultPodTemplateSpec } from "../core/pod/defaults.ts";
import { type PodTemplateSpec, podTemplateSpec } from "../core/pod/pod-template-spec.ts";
import { immutable } from "../immutable.ts";
import { podTemplateColumns, selectorColumn } from "./pod-template-columns.ts";
import { validateParts, validateSelectorAndTemplate } from "./pod-template-rules.ts";

/** Keeps a number of equal Pods running. */
export interface ReplicaSet extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ReplicaSetSpec;
  readonly status: ReplicaSetStatus;
}

/** What a ReplicaSet should run. */
export interface ReplicaSetSpec {
  readonly [defaulted]?: "replicas" | "template";
  readonly replicas: number;
  readonly minReadySeconds?: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
}

/** What a ReplicaSet runs. */
export interface ReplicaSetStatus {
  readonly [defaulted]?: "replicas";
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly ReplicaSetCondition[];
}

/** One aspect of how a ReplicaSet does. */
export interface ReplicaSetCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const replicaSetSpec: Schema<ReplicaSetSpec> = object<ReplicaSetSpec>(
  "io.k8s.api.apps.v1.ReplicaSetSpec",
  "What a ReplicaSet should run.",
  {
    replicas: integer({ field: 1, presence: "pointer", default: 1, minimum: 0, doc: "How many Pods should run." }),
    minReadySeconds: integer({ field: 4, minimum: 0, doc: "How long a new Pod must be ready before it counts as available." }),
    selector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      required: true,
      doc: "Which Pods belong to it; must match the template's labels and never changes.",
    }),
    template: struct(podTemplateSpec, { field: 3, default: {}, doc: "The Pods to make." }),
  },
);

const replicaSetCondition: Schema<ReplicaSetCondition> = object<ReplicaSetCondition>(
  "io.k8s.api.apps.v1.ReplicaSetCondition",
  "One aspect of how a ReplicaSet does.",
  {
    type: text({ field: 1, required: true, doc: "ReplicaFailure." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word for machines." }),
    message: text({ field: 5, doc: "Why, in a sentence for people." }),
  },
);

const replicaSetStatus: Schema<ReplicaSetStatus> = object<ReplicaSetStatus>(
  "io.k8s.api.apps.v1.ReplicaSetStatus",
  "What a ReplicaSet runs.",
  {
    replicas: integer({ field: 1, minimum: 0, required: true, default: 0, doc: "How many Pods it has that aren't terminating." }),
    fullyLabeledReplicas: integer({ field: 2, minimum: 0, doc: "How many of them carry all the template's labels." }),
    readyReplicas: integer({ field: 4, minimum: 0, doc: "How many of them are ready." }),
    availableReplicas: integer({ field: 5, minimum: 0, doc: "How many of them have been ready for long enough." }),
    terminatingReplicas: integer({
      field: 7,
      minimum: 0,
      presence: "pointer",
      doc: "How many Pods are terminating: marked for deletion, and neither Failed nor Succeeded yet.",
    }),
    observedGeneration: integer({ field: 3, minimum: 0, bits: 64, doc: "Up to which generation the controller has seen it." }),
    conditions: list(replicaSetCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Whether it fails to make or delete Pods (ReplicaFailure).",
    }),
  },
);

const replicaSet: Schema<ReplicaSet> = kindObject<ReplicaSet>("io.k8s.api.apps.v1.ReplicaSet", "Keeps a number of equal Pods running.", {
  spec: struct(replicaSetSpec, { field: 2, default: {}, doc: "What should run." }),
  status: struct(replicaSetStatus, { field: 3, default: {}, doc: "What runs." }),
});

export const ReplicaSetKind: Kind<ReplicaSet> = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  resource: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  scope: "Namespaced",
  schema: replicaSet,
  subresources: {
    status: true,
    scale: {
      replicas: ({ spec }) => spec.replicas,
      withReplicas: (replicaSet, replicas) => ({ ...replicaSet, spec: { ...replicaSet.spec, replicas } }),
      statusReplicas: ({ status }) => status.replicas,
      selector: ({ spec }) => formatLabelRequirements(labelRequirements(spec.selector)),
    },
  },
  columns: [
    nameColumn,
    { name: "Desired", type: "integer", doc: "How many Pods should run.", cell: ({ spec }) => spec.replicas },
    { name: "Current", type: "integer", doc: "How many Pods there are.", cell: ({ status }) => status.replicas },
    { name: "Ready", type: "integer", doc: "How many Pods are ready.", cell: ({ status }) => status.readyReplicas ?? 0 },
    ageColumn,
    ...podTemplateColumns<ReplicaSet>(({ spec }) => spec.template),
    selectorColumn<ReplicaSet>(({ spec }) => spec.selector),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status.replicas) },
  strategy: {
    generation: true,
    defaults: (replicaSet) => ({
      ...replicaSet,
      spec: { ...replicaSet.spec, template: defaultPodTemplateSpec(replicaSet.spec.template) },
    }),
    validate: ({ spec }) => validateSelectorAndTemplate(spec, "ReplicaSet"),
    validateUpdate: ({ spec }, previous) => immutable("spec.selector", spec.selector, previous.spec.selector),
    validateStatusUpdate,
  },
});

function validateStatusUpdate({ status }: ReplicaSet): readonly FieldError[] {
  const { replicas, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return [
    ...validateParts("status", { fullyLabeledReplicas, readyReplicas, availableReplicas }, replicas),
    ...(availableReplicas > readyReplicas
      ? [invalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas")]
      : []),
  ];
}

import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  forbidden,
  formatLabelRequirements,
  formatLabels,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  labelRequirements,
  list,
  map,
  notSupported,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { podTemplateColumns } from "../apps/pod-template-columns.ts";
import { validateParts } from "../apps/pod-template-rules.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { defaultPodTemplateSpec } from "./pod/defaults.ts";
import { type PodTemplateSpec, podTemplateSpec } from "./pod/pod-template-spec.ts";
import { validatePodTemplateSpec } from "./pod/validation/pod.ts";

/** Superseded by ReplicaSet: keeps a number of equal Pods running. */
export interface ReplicationController extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ReplicationControllerSpec;
  readonly status: ReplicationControllerStatus;
}

/** What a ReplicationController should run. */
export interface ReplicationControllerSpec {
  readonly [defaulted]?: "replicas" | "minReadySeconds";
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly selector?: Readonly<Record<string, string>>;
  readonly template?: PodTemplateSpec;
}

/** What a ReplicationController runs. */
export interface ReplicationControllerStatus {
  readonly [defaulted]?: "replicas";
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly ReplicationControllerCondition[];
}

/** One aspect of how a ReplicationController does. */
export interface ReplicationControllerCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const replicationControllerSpec: Schema<ReplicationControllerSpec> = object<ReplicationControllerSpec>(
  "io.k8s.api.core.v1.ReplicationControllerSpec",
  "What a ReplicationController should run.",
  {
    replicas: integer({ field: 1, presence: "pointer", default: 1, minimum: 0, doc: "How many Pods should run." }),
    minReadySeconds: integer({ field: 4, default: 0, minimum: 0, doc: "How long a new Pod must be ready before it counts as available." }),
    selector: map(string, {
      field: 2,
      mapType: "atomic",
      doc: "The labels of the Pods that belong to it; those of the template where nothing is said.",
    }),
    template: struct(podTemplateSpec, { field: 3, presence: "pointer", doc: "The Pods to make." }),
  },
);

const replicationControllerCondition: Schema<ReplicationControllerCondition> = object<ReplicationControllerCondition>(
  "io.k8s.api.core.v1.ReplicationControllerCondition",
  "One aspect of how a ReplicationController does.",
  {
    type: text({ field: 1, required: true, doc: "ReplicaFailure." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word for machines." }),
    message: text({ field: 5, doc: "Why, in a sentence for people." }),
  },
);

const replicationControllerStatus: Schema<ReplicationControllerStatus> = object<ReplicationControllerStatus>(
  "io.k8s.api.core.v1.ReplicationControllerStatus",
  "What a ReplicationController runs.",
  {
    replicas: integer({ field: 1, required: true, default: 0, minimum: 0, doc: "How many Pods it has." }),
    fullyLabeledReplicas: integer({ field: 2, minimum: 0, doc: "How many of them carry all the template's labels." }),
    readyReplicas: integer({ field: 4, minimum: 0, doc: "How many of them are ready." }),
    availableReplicas: integer({ field: 5, minimum: 0, doc: "How many of them have been ready for long enough." }),
    observedGeneration: integer({ field: 3, minimum: 0, bits: 64, doc: "Up to which generation the controller has seen it." }),
    conditions: list(replicationControllerCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Whether it fails to make or delete Pods (ReplicaFailure).",
    }),
  },
);

const replicationController: Schema<ReplicationController> = kindObject<ReplicationController>(
  "io.k8s.api.core.v1.ReplicationController",
  "Superseded by ReplicaSet: keeps a number of equal Pods running.",
  {
    spec: struct(replicationControllerSpec, { field: 2, default: {}, doc: "What should run." }),
    status: struct(replicationControllerStatus, { field: 3, default: {}, doc: "What runs." }),
  },
);

export const ReplicationControllerKind: Kind<ReplicationController> = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  resource: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  scope: "Namespaced",
  schema: replicationController,
  subresources: {
    status: true,
    scale: {
      replicas: ({ spec }) => spec.replicas,
      withReplicas: (controller, replicas) => ({ ...controller, spec: { ...controller.spec, replicas } }),
      statusReplicas: ({ status }) => status.replicas,
      selector: ({ spec }) => selectorText(spec.selector),
    },
  },
  columns: [
    nameColumn,
    { name: "Desired", type: "integer", doc: "How many Pods should run.", cell: ({ spec }) => spec.replicas },
    { name: "Current", type: "integer", doc: "How many Pods there are.", cell: ({ status }) => status.replicas },
    { name: "Ready", type: "integer", doc: "How many Pods are ready.", cell: ({ status }) => status.readyReplicas ?? 0 },
    ageColumn,
    ...podTemplateColumns<ReplicationController>(({ spec }) => spec.template),
    { name: "Selector", type: "string", priority: 1, doc: "Which Pods belong to it.", cell: ({ spec }) => formatLabels(spec.selector) },
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status.replicas) },
  strategy: {
    generation: true,
    orphanByDefault: true,
    defaults: withTemplateLabels,
    validate: validateReplicationController,
    validateStatusUpdate,
  },
});

function selectorText(selector: Readonly<Record<string, string>> = {}): string {
  return formatLabelRequirements(labelRequirements({ matchLabels: selector }));
}

/** The labels of the template are the selector, and the labels of the object itself, where nothing else is said. */
function withTemplateLabels(controller: ReplicationController): ReplicationController {
  const { metadata, spec } = controller;
  if (spec.template === undefined) return controller;
  const template = defaultPodTemplateSpec(spec.template);
  const { labels } = template.metadata;
  if (labels === undefined) return { ...controller, spec: { ...spec, template } };
  return {
    ...controller,
    metadata: isEmpty(metadata.labels) ? { ...metadata, labels } : metadata,
    spec: { ...spec, template, ...(isEmpty(spec.selector) ? { selector: labels } : {}) },
  };
}

function isEmpty(map: Readonly<Record<string, string>> | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}

function validateReplicationController({ spec: { selector, template } }: ReplicationController): readonly FieldError[] {
  const path = "spec.template";
  const unselected = isEmpty(selector) ? [required("spec.selector")] : [];
  if (template === undefined) return [...unselected, required(path)];
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  const labels = template.metadata.labels ?? {};
  return [
    ...unselected,
    ...(Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value)
      ? []
      : [invalid(`${path}.metadata.labels`, labels, "`selector` does not match template `labels`")]),
    ...validatePodTemplateSpec(template, path),
    ...(restartPolicy === "Always" ? [] : [notSupported(`${path}.spec.restartPolicy`, restartPolicy, ["Always"])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbidden(`${path}.spec.activeDeadlineSeconds`, "activeDeadlineSeconds in ReplicationController is not Supported")]),
  ];
}

function validateStatusUpdate({ status }: ReplicationController): readonly FieldError[] {
  const { replicas, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return [
    ...validateParts("status", { fullyLabeledReplicas, readyReplicas, availableReplicas }, replicas),
    ...(availableReplicas > readyReplicas
      ? [invalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas")]
      : []),
  ];
}

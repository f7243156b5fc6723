import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  formatLabels,
  integer,
  type IntOrString,
  intOrString,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  labelSelector,
  type LabelSelector,
  list,
  object,
  required,
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
import { isNothing, validateAmountOrPercent, validateAtMostAll, validateSelectorAndTemplate } from "./pod-template-rules.ts";

/** Keeps one Pod running on every node that fits. */
export interface DaemonSet extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: DaemonSetSpec;
  readonly status: DaemonSetStatus;
}

/** What a DaemonSet should run. */
export interface DaemonSetSpec {
  readonly [defaulted]?: "updateStrategy" | "revisionHistoryLimit";
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly updateStrategy: DaemonSetUpdateStrategy;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit: number;
}

/** How a DaemonSet's Pods are replaced when the template changes. */
export interface DaemonSetUpdateStrategy {
  readonly [defaulted]?: "type";
  readonly type: "OnDelete" | "RollingUpdate";
  readonly rollingUpdate?: RollingUpdateDaemonSet;
}

/** How large the steps of a DaemonSet's rolling update are. */
export interface RollingUpdateDaemonSet {
  readonly [defaulted]?: "maxUnavailable" | "maxSurge";
  readonly maxUnavailable: IntOrString;
  readonly maxSurge: IntOrString;
}

/** What a DaemonSet runs. */
export interface DaemonSetStatus {
  readonly [defaulted]?: "currentNumberScheduled" | "numberMisscheduled" | "desiredNumberScheduled" | "numberReady";
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberReady: number;
  readonly observedGeneration?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly numberUnavailable?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly DaemonSetCondition[];
}

/** One aspect of how a DaemonSet does. */
export interface DaemonSetCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const rollingUpdateDaemonSet: Schema<RollingUpdateDaemonSet> = object<RollingUpdateDaemonSet>(
  "io.k8s.api.apps.v1.RollingUpdateDaemonSet",
  "How large the steps of a DaemonSet's rolling update are.",
  {
    maxUnavailable: field(intOrString, {
      field: 1,
      presence: "pointer",
      default: 1,
      doc: "On how many nodes, or on what part of them rounded up, the Pod may be missing meanwhile.",
    }),
    maxSurge: field(intOrString, {
      field: 2,
      presence: "pointer",
      default: 0,
      doc: "On how many nodes, or on what part of them rounded up, the new Pod may come before the old one goes.",
    }),
  },
);

const daemonSetUpdateStrategy: Schema<DaemonSetUpdateStrategy> = object<DaemonSetUpdateStrategy>(
  "io.k8s.api.apps.v1.DaemonSetUpdateStrategy",
  "How a DaemonSet's Pods are replaced when the template changes.",
  {
    type: text({
      field: 1,
      default: "RollingUpdate",
      enum: ["OnDelete", "RollingUpdate"],
      doc: "RollingUpdate replaces them node by node; OnDelete waits until someone deletes them.",
    }),
    rollingUpdate: struct(rollingUpdateDaemonSet, { field: 2, presence: "pointer", doc: "How large the steps are." }),
  },
);

const daemonSetSpec: Schema<DaemonSetSpec> = object<DaemonSetSpec>("io.k8s.api.apps.v1.DaemonSetSpec", "What a DaemonSet should run.", {
  selector: struct(labelSelector, {
    field: 1,
    presence: "pointer",
    required: true,
    doc: "Which Pods belong to it; must match the template's labels and never changes.",
  }),
  template: struct(podTemplateSpec, {
    field: 2,
    required: true,
    doc: "The Pods to make; its node selector and affinity say on which nodes.",
  }),
  updateStrategy: struct(daemonSetUpdateStrategy, { field: 3, default: {}, doc: "How Pods are replaced when the template changes." }),
  minReadySeconds: integer({ field: 4, minimum: 0, doc: "How long a new Pod must be ready before it counts as available." }),
  revisionHistoryLimit: integer({
    field: 6,
    presence: "pointer",
    default: 10,
    minimum: 0,
    doc: "How many old revisions are kept for a rollback.",
  }),
});

const daemonSetCondition: Schema<DaemonSetCondition> = object<DaemonSetCondition>(
  "io.k8s.api.apps.v1.DaemonSetCondition",
  "One aspect of how a DaemonSet does.",
  {
    type: text({ field: 1, required: true, doc: "What is observed." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word for machines." }),
    message: text({ field: 5, doc: "Why, in a sentence for people." }),
  },
);

const daemonSetStatus: Schema<DaemonSetStatus> = object<DaemonSetStatus>("io.k8s.api.apps.v1.DaemonSetStatus", "What a DaemonSet runs.", {
  currentNumberScheduled: integer({ field: 1, required: true, default: 0, minimum: 0, doc: "How many nodes run the Pod and should." }),
  numberMisscheduled: integer({ field: 2, required: true, default: 0, minimum: 0, doc: "How many nodes run the Pod but shouldn't." }),
  desiredNumberScheduled: integer({ field: 3, required: true, default: 0, minimum: 0, doc: "How many nodes should run the Pod." }),
  numberReady: integer({ field: 4, required: true, default: 0, minimum: 0, doc: "On how many nodes the Pod is ready." }),
  observedGeneration: integer({ field: 5, minimum: 0, bits: 64, doc: "Up to which generation the controller has seen it." }),
  updatedNumberScheduled: integer({ field: 6, minimum: 0, doc: "How many nodes run the Pod of the present template." }),
  numberAvailable: integer({ field: 7, minimum: 0, doc: "On how many nodes the Pod has been ready for long enough." }),
  numberUnavailable: integer({ field: 8, minimum: 0, doc: "On how many nodes the Pod is still missing, or not available." }),
  collisionCount: integer({
    field: 9,
    presence: "pointer",
    minimum: 0,
    doc: "How often the name of a new revision was taken already; makes the next name another one.",
  }),
  conditions: list(daemonSetCondition, {
    field: 10,
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
    doc: "Observations about the DaemonSet.",
  }),
});

const daemonSet: Schema<DaemonSet> = kindObject<DaemonSet>(
  "io.k8s.api.apps.v1.DaemonSet",
  "Keeps one Pod running on every node that fits.",
  {
    spec: struct(daemonSetSpec, { field: 2, default: {}, doc: "What should run." }),
    status: struct(daemonSetStatus, { field: 3, default: {}, doc: "What runs." }),
  },
);

export const DaemonSetKind: Kind<DaemonSet> = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  resource: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  scope: "Namespaced",
  schema: daemonSet,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Desired", type: "integer", doc: "How many nodes should run the Pod.", cell: ({ status }) => status.desiredNumberScheduled },
    { name: "Current", type: "integer", doc: "How many nodes run it and should.", cell: ({ status }) => status.currentNumberScheduled },
    { name: "Ready", type: "integer", doc: "On how many nodes it is ready.", cell: ({ status }) => status.numberReady },
    {
      name: "Up-to-date",
      type: "integer",
      doc: "How many nodes run the present one.",
      cell: ({ status }) => status.updatedNumberScheduled ?? 0,
    },
    { name: "Available", type: "integer", doc: "On how many nodes it is available.", cell: ({ status }) => status.numberAvailable ?? 0 },
    {
      name: "Node Selector",
      type: "string",
      doc: "The labels of the nodes that should run it.",
      cell: ({ spec }) => formatLabels(spec.template.spec.nodeSelector),
    },
    ageColumn,
    ...podTemplateColumns<DaemonSet>(({ spec }) => spec.template),
    selectorColumn<DaemonSet>(({ spec }) => spec.selector),
  ],
  strategy: {
    generation: true,
    defaults: withDaemonSetDefaults,
    validate: ({ spec }) => [...validateSelectorAndTemplate(spec, "DaemonSet"), ...validateUpdateStrategy(spec.updateStrategy)],
    validateUpdate: ({ spec }, previous) => immutable("spec.selector", spec.selector, previous.spec.selector),
    validateStatusUpdate: ({ status: { collisionCount = 0 } }, previous) =>
      collisionCount < (previous.status.collisionCount ?? 0)
        ? [invalid("status.collisionCount", collisionCount, "cannot be decremented")]
        : [],
  },
});

function withDaemonSetDefaults(daemonSet: DaemonSet): DaemonSet {
  const { updateStrategy, template } = daemonSet.spec;
  const rollingUpdate =
    updateStrategy.type === "RollingUpdate" ? { maxUnavailable: 1, maxSurge: 0, ...updateStrategy.rollingUpdate } : undefined;
  return {
    ...daemonSet,
    spec: {
      ...daemonSet.spec,
      template: defaultPodTemplateSpec(template),
      updateStrategy: rollingUpdate === undefined ? updateStrategy : { ...updateStrategy, rollingUpdate },
    },
  };
}

/** On each node either the old Pod goes first or the new one comes first. */
function validateUpdateStrategy({ type, rollingUpdate }: DaemonSetUpdateStrategy): readonly FieldError[] {
  if (type !== "RollingUpdate" || rollingUpdate === undefined) return [];
  const path = "spec.updateStrategy.rollingUpdate";
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const [goes, comes] = [!isNothing(maxUnavailable), !isNothing(maxSurge)];
  return [
    ...validateAmountOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateAmountOrPercent(maxSurge, `${path}.maxSurge`),
    ...validateAtMostAll(maxUnavailable, `${path}.maxUnavailable`),
    ...validateAtMostAll(maxSurge, `${path}.maxSurge`),
    ...(goes && comes ? [invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero")] : []),
    ...(!goes && !comes ? [required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0")] : []),
  ];
}

import {
  type defaulted,
  defineKind,
  field,
  formatLabelRequirements,
  integer,
  intOrString,
  type IntOrString,
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
  time,
  type Time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { persistentVolumeClaim, type PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { type PodTemplateSpec, podTemplateSpec } from "../core/pod/pod-template-spec.ts";
import { podTemplateColumns } from "./pod-template-columns.ts";
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
  withStatefulSetDefaults,
} from "./stateful-set-rules.ts";

/** Keeps Pods with lasting names and volumes of their own. */
export interface StatefulSet extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: StatefulSetSpec;
  readonly status: StatefulSetStatus;
}

/** What a StatefulSet should run. */
export interface StatefulSetSpec {
  readonly [defaulted]?:
    | "replicas"
    | "serviceName"
    | "podManagementPolicy"
    | "updateStrategy"
    | "revisionHistoryLimit"
    | "persistentVolumeClaimRetentionPolicy";
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly volumeClaimTemplates?: readonly PersistentVolumeClaim[];
  readonly serviceName: string;
  readonly podManagementPolicy: "OrderedReady" | "Parallel";
  readonly updateStrategy: StatefulSetUpdateStrategy;
  readonly revisionHistoryLimit: number;
  readonly minReadySeconds?: number;
  readonly persistentVolumeClaimRetentionPolicy: StatefulSetPersistentVolumeClaimRetentionPolicy;
  readonly ordinals?: StatefulSetOrdinals;
}

/** How a StatefulSet's Pods are replaced when the template changes. */
export interface StatefulSetUpdateStrategy {
  readonly [defaulted]?: "type";
  readonly type: "OnDelete" | "RollingUpdate";
  readonly rollingUpdate?: RollingUpdateStatefulSetStrategy;
}

/** How far and how fast a rolling update of a StatefulSet goes. */
export interface RollingUpdateStatefulSetStrategy {
  readonly [defaulted]?: "partition";
  readonly partition: number;
  readonly maxUnavailable?: IntOrString;
}

/** What becomes of the claims made from a StatefulSet's templates. */
export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  readonly [defaulted]?: "whenDeleted" | "whenScaled";
  readonly whenDeleted: "Delete" | "Retain";
  readonly whenScaled: "Delete" | "Retain";
}

/** How a StatefulSet's Pods are numbered. */
export interface StatefulSetOrdinals {
  readonly [defaulted]?: "start";
  readonly start: number;
}

/** What a StatefulSet runs. */
export interface StatefulSetStatus {
  readonly [defaulted]?: "replicas" | "availableReplicas";
  readonly observedGeneration?: number;
  readonly replicas: number;
  readonly readyReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly collisionCount?: number;
  readonly conditions?: readonly StatefulSetCondition[];
  readonly availableReplicas: number;
}

/** One aspect of how a StatefulSet does. */
export interface StatefulSetCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const rollingUpdateStatefulSetStrategy: Schema<RollingUpdateStatefulSetStrategy> = object<RollingUpdateStatefulSetStrategy>(
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy",
  "How far and how fast a rolling update of a StatefulSet goes.",
  {
    partition: integer({ field: 1, presence: "pointer", default: 0, minimum: 0, doc: "Pods with a lower number keep the old template." }),
    maxUnavailable: field(intOrString, {
      field: 2,
      presence: "pointer",
      doc: "How many Pods, or what part of them rounded up, may be missing meanwhile; one where nothing is said.",
    }),
  },
);

const statefulSetUpdateStrategy: Schema<StatefulSetUpdateStrategy> = object<StatefulSetUpdateStrategy>(
  "io.k8s.api.apps.v1.StatefulSetUpdateStrategy",
  "How a StatefulSet's Pods are replaced when the template changes.",
  {
    type: text({
      field: 1,
      default: "RollingUpdate",
      enum: ["OnDelete", "RollingUpdate"],
      doc: "RollingUpdate replaces them from the last to the first; OnDelete waits until someone deletes them.",
    }),
    rollingUpdate: struct(rollingUpdateStatefulSetStrategy, {
      field: 2,
      presence: "pointer",
      doc: "How far and how fast a rolling update goes.",
    }),
  },
);

const statefulSetPersistentVolumeClaimRetentionPolicy: Schema<StatefulSetPersistentVolumeClaimRetentionPolicy> =
  object<StatefulSetPersistentVolumeClaimRetentionPolicy>(
    "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
    "What becomes of the claims made from a StatefulSet's templates.",
    {
      whenDeleted: text({ field: 1, default: "Retain", enum: ["Delete", "Retain"], doc: "When the StatefulSet is deleted." }),
      whenScaled: text({ field: 2, default: "Retain", enum: ["Delete", "Retain"], doc: "When there are fewer Pods." }),
    },
  );

const statefulSetOrdinals: Schema<StatefulSetOrdinals> = object<StatefulSetOrdinals>(
  "io.k8s.api.apps.v1.StatefulSetOrdinals",
  "How a StatefulSet's Pods are numbered.",
  {
    start: integer({ field: 1, default: 0, minimum: 0, doc: "The number of the first Pod." }),
  },
);

const statefulSetSpec: Schema<StatefulSetSpec> = object<StatefulSetSpec>(
  "io.k8s.api.apps.v1.StatefulSetSpec",
  "What a StatefulSet should run.",
  {
    replicas: integer({ field: 1, presence: "pointer", default: 1, minimum: 0, doc: "How many Pods should run." }),
    selector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      required: true,
      doc: "Which Pods belong to it; must match the template's labels and never changes.",
    }),
    template: struct(podTemplateSpec, {
      field: 3,
      required: true,
      doc: "The Pods to make; each is named after the StatefulSet and its number.",
    }),
    volumeClaimTemplates: list(persistentVolumeClaim, {
      field: 4,
      listType: "atomic",
      doc: "The claims that each Pod gets of its own; each needs a mount of its name in the template.",
    }),
    serviceName: text({ field: 5, default: "", doc: "The headless Service through which the Pods have DNS names." }),
    podManagementPolicy: text({
      field: 6,
      default: "OrderedReady",
      enum: ["OrderedReady", "Parallel"],
      doc: "Whether Pods come and go one after the other, each waiting for the one before, or all at once (Parallel).",
    }),
    updateStrategy: struct(statefulSetUpdateStrategy, { field: 7, default: {}, doc: "How Pods are replaced when the template changes." }),
    revisionHistoryLimit: integer({
      field: 8,
      presence: "pointer",
      default: 10,
      minimum: 0,
      doc: "How many old revisions are kept for a rollback.",
    }),
    minReadySeconds: integer({ field: 9, minimum: 0, doc: "How long a new Pod must be ready before it counts as available." }),
    persistentVolumeClaimRetentionPolicy: struct(statefulSetPersistentVolumeClaimRetentionPolicy, {
      field: 10,
      presence: "pointer",
      default: {},
      doc: "What becomes of the claims made from the templates.",
    }),
    ordinals: struct(statefulSetOrdinals, {
      field: 11,
      presence: "pointer",
      doc: "How the Pods are numbered; from 0 where nothing is said.",
    }),
  },
);

const statefulSetCondition: Schema<StatefulSetCondition> = object<StatefulSetCondition>(
  "io.k8s.api.apps.v1.StatefulSetCondition",
  "One aspect of how a StatefulSet does.",
  {
    type: text({ field: 1, required: true, doc: "What is observed." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word for machines." }),
    message: text({ field: 5, doc: "Why, in a sentence for people." }),
  },
);

const statefulSetStatus: Schema<StatefulSetStatus> = object<StatefulSetStatus>(
  "io.k8s.api.apps.v1.StatefulSetStatus",
  "What a StatefulSet runs.",
  {
    observedGeneration: integer({ field: 1, minimum: 0, bits: 64, doc: "Up to which generation the controller has seen it." }),
    replicas: integer({ field: 2, required: true, default: 0, minimum: 0, doc: "How many Pods it has." }),
    readyReplicas: integer({ field: 3, minimum: 0, doc: "How many of them are ready." }),
    currentReplicas: integer({ field: 4, minimum: 0, doc: "How many of them are of the current revision." }),
    updatedReplicas: integer({ field: 5, minimum: 0, doc: "How many of them are of the revision that is being rolled out." }),
    currentRevision: text({ field: 6, doc: "The revision of the Pods that are still to be replaced." }),
    updateRevision: text({ field: 7, doc: "The revision that is being rolled out." }),
    collisionCount: integer({
      field: 9,
      presence: "pointer",
      minimum: 0,
      doc: "How often the name of a new revision was taken already; makes the next name another one.",
    }),
    conditions: list(statefulSetCondition, {
      field: 10,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Observations about the StatefulSet.",
    }),
    availableReplicas: integer({ field: 11, default: 0, minimum: 0, doc: "How many Pods have been ready for long enough." }),
  },
);

const statefulSet: Schema<StatefulSet> = kindObject<StatefulSet>(
  "io.k8s.api.apps.v1.StatefulSet",
  "Keeps Pods with lasting names and volumes of their own.",
  {
    spec: struct(statefulSetSpec, { field: 2, default: {}, doc: "What should run." }),
    status: struct(statefulSetStatus, { field: 3, default: {}, doc: "What runs." }),
  },
);

export const StatefulSetKind: Kind<StatefulSet> = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  resource: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  scope: "Namespaced",
  schema: statefulSet,
  subresources: {
    status: true,
    scale: {
      replicas: ({ spec }) => spec.replicas,
      withReplicas: (statefulSet, replicas) => ({ ...statefulSet, spec: { ...statefulSet.spec, replicas } }),
      statusReplicas: ({ status }) => status.replicas,
      selector: ({ spec }) => formatLabelRequirements(labelRequirements(spec.selector)),
    },
  },
  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      doc: "How many Pods are ready, of how many that are wanted.",
      cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`,
    },
    ageColumn,
    ...podTemplateColumns<StatefulSet>(({ spec }) => spec.template),
  ],
  strategy: {
    // The Pods' host names are made from it.
    name: "dnsLabel",
    generation: true,
    defaults: withStatefulSetDefaults,
    validate: validateStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
    validateStatusUpdate: validateStatefulSetStatus,
  },
});

import {
  type defaulted,
  defineKind,
  field,
  flag,
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
import { type PodTemplateSpec, podTemplateSpec } from "../core/pod/pod-template-spec.ts";
import { immutable } from "../immutable.ts";
import { validateDeployment, validateDeploymentStatus, withDeploymentDefaults } from "./deployment-rules.ts";
import { podTemplateColumns, selectorColumn } from "./pod-template-columns.ts";

/** Keeps a number of equal Pods running, and replaces them step by step when the template changes. */
export interface Deployment extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: DeploymentSpec;
  readonly status: DeploymentStatus;
}

/** What a Deployment should run, and how changes roll out. */
export interface DeploymentSpec {
  readonly [defaulted]?: "replicas" | "strategy" | "revisionHistoryLimit" | "progressDeadlineSeconds";
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly strategy: DeploymentStrategy;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit: number;
  readonly paused?: boolean;
  readonly progressDeadlineSeconds: number;
}

/** How a Deployment's old Pods are replaced by new ones. */
export interface DeploymentStrategy {
  readonly [defaulted]?: "type";
  readonly type: "Recreate" | "RollingUpdate";
  readonly rollingUpdate?: RollingUpdateDeployment;
}

/** How large the steps of a rolling update are. */
export interface RollingUpdateDeployment {
  readonly [defaulted]?: "maxUnavailable" | "maxSurge";
  readonly maxUnavailable: IntOrString;
  readonly maxSurge: IntOrString;
}

/** How far a Deployment has come. */
export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly conditions?: readonly DeploymentCondition[];
  readonly collisionCount?: number;
}

/** One aspect of how a Deployment does. */
export interface DeploymentCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastUpdateTime?: Time;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const rollingUpdateDeployment: Schema<RollingUpdateDeployment> = object<RollingUpdateDeployment>(
  "io.k8s.api.apps.v1.RollingUpdateDeployment",
  "How large the steps of a rolling update are.",
  {
    maxUnavailable: field(intOrString, {
      field: 1,
      presence: "pointer",
      default: "25%",
      doc: "How many Pods, or what part of them rounded down, may be missing meanwhile.",
    }),
    maxSurge: field(intOrString, {
      field: 2,
      presence: "pointer",
      default: "25%",
      doc: "How many Pods, or what part of them rounded up, may be there beyond the wanted number.",
    }),
  },
);

const deploymentStrategy: Schema<DeploymentStrategy> = object<DeploymentStrategy>(
  "io.k8s.api.apps.v1.DeploymentStrategy",
  "How a Deployment's old Pods are replaced by new ones.",
  {
    type: text({
      field: 1,
      default: "RollingUpdate",
      enum: ["Recreate", "RollingUpdate"],
      doc: "RollingUpdate replaces them step by step; Recreate stops all old ones first.",
    }),
    rollingUpdate: struct(rollingUpdateDeployment, { field: 2, presence: "pointer", doc: "How large the steps are." }),
  },
);

const deploymentSpec: Schema<DeploymentSpec> = object<DeploymentSpec>(
  "io.k8s.api.apps.v1.DeploymentSpec",
  "What a Deployment should run, and how changes roll out.",
  {
    replicas: integer({ field: 1, presence: "pointer", default: 1, minimum: 0, doc: "How many Pods should run." }),
    selector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      required: true,
      doc: "Which Pods belong to it; must match the template's labels and never changes.",
    }),
    template: struct(podTemplateSpec, { field: 3, required: true, doc: "The Pods to make; their restart policy is always Always." }),
    strategy: struct(deploymentStrategy, {
      field: 4,
      default: {},
      patchStrategy: "retainKeys",
      doc: "How old Pods are replaced by new ones.",
    }),
    minReadySeconds: integer({ field: 5, minimum: 0, doc: "How long a new Pod must be ready before it counts as available." }),
    revisionHistoryLimit: integer({
      field: 6,
      presence: "pointer",
      default: 10,
      minimum: 0,
      doc: "How many old ReplicaSets are kept for a rollback.",
    }),
    paused: flag({ field: 7, doc: "If true, changes to the template wait." }),
    progressDeadlineSeconds: integer({
      field: 9,
      presence: "pointer",
      default: 600,
      minimum: 0,
      doc: "After how long without progress a rollout counts as failed.",
    }),
  },
);

const deploymentCondition: Schema<DeploymentCondition> = object<DeploymentCondition>(
  "io.k8s.api.apps.v1.DeploymentCondition",
  "One aspect of how a Deployment does.",
  {
    type: text({ field: 1, required: true, doc: "Available, Progressing or ReplicaFailure." }),
    status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
    lastUpdateTime: field(time, { field: 6, doc: "When the condition was last written." }),
    lastTransitionTime: field(time, { field: 7, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word for machines." }),
    message: text({ field: 5, doc: "Why, in a sentence for people." }),
  },
);

const deploymentStatus: Schema<DeploymentStatus> = object<DeploymentStatus>(
  "io.k8s.api.apps.v1.DeploymentStatus",
  "How far a Deployment has come.",
  {
    observedGeneration: integer({ field: 1, minimum: 0, bits: 64, doc: "Up to which generation the controller has seen it." }),
    replicas: integer({ field: 2, minimum: 0, doc: "How many Pods it has that aren't terminating." }),
    updatedReplicas: integer({ field: 3, minimum: 0, doc: "How many of them have the present template." }),
    readyReplicas: integer({ field: 7, minimum: 0, doc: "How many of them are ready." }),
    availableReplicas: integer({ field: 4, minimum: 0, doc: "How many of them have been ready for long enough." }),
    unavailableReplicas: integer({ field: 5, minimum: 0, doc: "How many are still missing to the wanted number of available ones." }),
    terminatingReplicas: integer({
      field: 9,
      minimum: 0,
      presence: "pointer",
      doc: "How many Pods are terminating: marked for deletion, and neither Failed nor Succeeded yet.",
    }),
    conditions: list(deploymentCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Whether it is Available, Progressing, or failing (ReplicaFailure).",
    }),
    collisionCount: integer({
      field: 8,
      minimum: 0,
      presence: "pointer",
      doc: "How often the name of a new ReplicaSet was taken already; makes the next name another one.",
    }),
  },
);

const deployment: Schema<Deployment> = kindObject<Deployment>(
  "io.k8s.api.apps.v1.Deployment",
  "Keeps a number of equal Pods running, and replaces them step by step when the template changes.",
  {
    spec: struct(deploymentSpec, { field: 2, default: {}, doc: "What should run, and how changes roll out." }),
    status: struct(deploymentStatus, { field: 3, default: {}, doc: "How far it has come." }),
  },
);

export const DeploymentKind: Kind<Deployment> = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  resource: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  scope: "Namespaced",
  schema: deployment,
  subresources: {
    status: true,
    scale: {
      replicas: ({ spec }) => spec.replicas,
      withReplicas: (deployment, replicas) => ({ ...deployment, spec: { ...deployment.spec, replicas } }),
      statusReplicas: ({ status }) => status.replicas ?? 0,
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
    {
      name: "Up-to-date",
      type: "string",
      doc: "How many Pods have the present template.",
      cell: ({ status }) => status.updatedReplicas ?? 0,
    },
    {
      name: "Available",
      type: "string",
      doc: "How many Pods have been ready for long enough.",
      cell: ({ status }) => status.availableReplicas ?? 0,
    },
    ageColumn,
    ...podTemplateColumns<Deployment>(({ spec }) => spec.template),
    selectorColumn<Deployment>(({ spec }) => spec.selector),
  ],
  strategy: {
    generation: "with annotations",
    defaults: withDeploymentDefaults,
    validate: validateDeployment,
    validateUpdate: ({ spec }, previous) => immutable("spec.selector", spec.selector, previous.spec.selector),
    validateStatusUpdate: validateDeploymentStatus,
  },
});

import {
  type defaulted,
  flag,
  int32,
  integer,
  labelSelector,
  type LabelSelector,
  list,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { podTemplateSpec, type PodTemplateSpec } from "../core/pod/pod-template-spec.ts";

/** What a Job should do. */
export interface JobSpec {
  readonly [defaulted]?: "completionMode" | "suspend";
  readonly parallelism?: number;
  readonly completions?: number;
  readonly activeDeadlineSeconds?: number;
  readonly podFailurePolicy?: PodFailurePolicy;
  readonly successPolicy?: SuccessPolicy;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly maxFailedIndexes?: number;
  readonly selector?: LabelSelector;
  readonly manualSelector?: boolean;
  readonly template: PodTemplateSpec;
  readonly ttlSecondsAfterFinished?: number;
  readonly completionMode: "Indexed" | "NonIndexed";
  readonly suspend: boolean;
  readonly podReplacementPolicy?: "Failed" | "TerminatingOrFailed";
  readonly managedBy?: string;
}

/** Which failures of a Job's Pods count, and how. */
export interface PodFailurePolicy {
  readonly rules: readonly PodFailurePolicyRule[];
}

/** Says how a failure counts, by exit codes or by conditions of the Pod. */
export interface PodFailurePolicyRule {
  readonly action: "Count" | "FailIndex" | "FailJob" | "Ignore";
  readonly onExitCodes?: PodFailurePolicyOnExitCodesRequirement;
  readonly onPodConditions?: readonly PodFailurePolicyOnPodConditionsPattern[];
}

/** A set of exit codes of containers. */
export interface PodFailurePolicyOnExitCodesRequirement {
  readonly containerName?: string;
  readonly operator: "In" | "NotIn";
  readonly values: readonly number[];
}

/** A condition of a Pod. */
export interface PodFailurePolicyOnPodConditionsPattern {
  readonly [defaulted]?: "status";
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
}

/** When an indexed Job has succeeded although not all its Pods have. */
export interface SuccessPolicy {
  readonly rules: readonly SuccessPolicyRule[];
}

/** Says which indexes must have succeeded, or how many. */
export interface SuccessPolicyRule {
  readonly succeededIndexes?: string;
  readonly succeededCount?: number;
}

const podFailurePolicyOnExitCodesRequirement: Schema<PodFailurePolicyOnExitCodesRequirement> =
  object<PodFailurePolicyOnExitCodesRequirement>(
    "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement",
    "A set of exit codes of containers.",
    {
      containerName: text({ field: 1, presence: "pointer", doc: "Only those of this container." }),
      operator: text({
        field: 2,
        required: true,
        enum: ["In", "NotIn"],
        doc: "Whether the exit code must be among the values, or must not.",
      }),
      values: list(int32, { field: 3, required: true, listType: "set", doc: "The exit codes, at most 255; not 0 with the operator In." }),
    },
  );

const podFailurePolicyOnPodConditionsPattern: Schema<PodFailurePolicyOnPodConditionsPattern> =
  object<PodFailurePolicyOnPodConditionsPattern>("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", "A condition of a Pod.", {
    type: text({ field: 1, required: true, doc: "The condition's type." }),
    status: text({ field: 2, default: "True", enum: ["False", "True", "Unknown"], doc: "The condition's status." }),
  });

const podFailurePolicyRule: Schema<PodFailurePolicyRule> = object<PodFailurePolicyRule>(
  "io.k8s.api.batch.v1.PodFailurePolicyRule",
  "Says how a failure counts, by exit codes or by conditions of the Pod.",
  {
    action: text({
      field: 1,
      required: true,
      enum: ["Count", "FailIndex", "FailJob", "Ignore"],
      doc: "FailJob, FailIndex, Ignore, or Count it as usual.",
    }),
    onExitCodes: struct(podFailurePolicyOnExitCodesRequirement, {
      field: 2,
      presence: "pointer",
      doc: "By which exit codes of containers the rule fits.",
    }),
    onPodConditions: list(podFailurePolicyOnPodConditionsPattern, {
      field: 3,
      listType: "atomic",
      doc: "By which conditions of the Pod the rule fits; one of them is enough.",
    }),
  },
);

const podFailurePolicy: Schema<PodFailurePolicy> = object<PodFailurePolicy>(
  "io.k8s.api.batch.v1.PodFailurePolicy",
  "Which failures of a Job's Pods count, and how.",
  {
    rules: list(podFailurePolicyRule, {
      field: 1,
      required: true,
      mayBeEmpty: true,
      listType: "atomic",
      doc: "The first rule that fits decides; at most 20.",
    }),
  },
);

const successPolicyRule: Schema<SuccessPolicyRule> = object<SuccessPolicyRule>(
  "io.k8s.api.batch.v1.SuccessPolicyRule",
  "Says which indexes must have succeeded, or how many.",
  {
    succeededIndexes: text({ field: 1, presence: "pointer", doc: "The indexes, as `1,3-5,7`." }),
    succeededCount: integer({ field: 2, presence: "pointer", minimum: 1, doc: "How many indexes, or how many of the named ones." }),
  },
);

const successPolicy: Schema<SuccessPolicy> = object<SuccessPolicy>(
  "io.k8s.api.batch.v1.SuccessPolicy",
  "When an indexed Job has succeeded although not all its Pods have.",
  {
    rules: list(successPolicyRule, {
      field: 1,
      required: true,
      listType: "atomic",
      doc: "The first rule that is met decides; at most 20.",
    }),
  },
);

export const jobSpec: Schema<JobSpec> = object<JobSpec>("io.k8s.api.batch.v1.JobSpec", "What a Job should do.", {
  parallelism: integer({ field: 1, presence: "pointer", minimum: 0, doc: "How many Pods may run at once; one where nothing is said." }),
  completions: integer({
    field: 2,
    presence: "pointer",
    minimum: 0,
    doc: "How many Pods must succeed; absent, one success is enough and all Pods work on the same.",
  }),
  activeDeadlineSeconds: integer({
    field: 3,
    presence: "pointer",
    minimum: 0,
    bits: 64,
    doc: "For how long the Job may be active before it fails.",
  }),
  podFailurePolicy: struct(podFailurePolicy, { field: 11, presence: "pointer", doc: "Which failures of Pods count, and how." }),
  successPolicy: struct(successPolicy, {
    field: 16,
    presence: "pointer",
    doc: "When the Job has succeeded although not all Pods have; for indexed Jobs.",
  }),
  backoffLimit: integer({
    field: 7,
    presence: "pointer",
    minimum: 0,
    doc: "After how many failed Pods the Job fails; six where nothing is said.",
  }),
  backoffLimitPerIndex: integer({ field: 12, presence: "pointer", minimum: 0, doc: "After how many failed Pods one index fails." }),
  maxFailedIndexes: integer({ field: 13, presence: "pointer", minimum: 0, doc: "After how many failed indexes the Job fails." }),
  selector: struct(labelSelector, {
    field: 4,
    presence: "pointer",
    doc: "Which Pods belong to it; made by the server unless manualSelector is set.",
  }),
  manualSelector: flag({
    field: 5,
    presence: "pointer",
    doc: "Whether the selector is the writer's own, who must make sure that it selects no other Pods.",
  }),
  template: struct(podTemplateSpec, { field: 6, required: true, doc: "The Pods to make; their restart policy is Never or OnFailure." }),
  ttlSecondsAfterFinished: integer({
    field: 8,
    presence: "pointer",
    minimum: 0,
    doc: "How long after its end the Job is deleted; never where nothing is said.",
  }),
  completionMode: text({
    field: 9,
    presence: "pointer",
    default: "NonIndexed",
    enum: ["Indexed", "NonIndexed"],
    doc: "Indexed gives each Pod a number, of which each must succeed once.",
  }),
  suspend: flag({ field: 10, presence: "pointer", default: false, doc: "Whether no Pods are to be run for now." }),
  podReplacementPolicy: text({
    field: 14,
    presence: "pointer",
    enum: ["Failed", "TerminatingOrFailed"],
    doc: "When the Pod that takes another's place is made: once that one is on its way out (TerminatingOrFailed), or only when it has ended (Failed).",
  }),
  managedBy: text({ field: 15, presence: "pointer", doc: "Who looks after the Job, where it isn't the Job controller; never changes." }),
});

import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  formatLabelSelector,
  humanDuration,
  type Instant,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  parseTime,
  required,
  type Schema,
  selectorMatches,
  string,
  struct,
  text,
  type Time,
  time,
  validateLabelSelector,
} from "@kubets/machinery";
import { podTemplateColumns } from "../apps/pod-template-columns.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import type { PodTemplateSpec } from "../core/pod/pod-template-spec.ts";
import { immutable } from "../immutable.ts";
import { defaultJobSpec, validateJobSpec } from "./job-rules.ts";
import { type JobSpec, jobSpec } from "./job-spec.ts";
import { validateJobStatusUpdate } from "./job-status-rules.ts";

/** Runs Pods until enough of them have succeeded. */
export interface Job extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

/** How far a Job has come. */
export interface JobStatus {
  readonly conditions?: readonly JobCondition[];
  readonly startTime?: Time;
  readonly completionTime?: Time;
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly terminating?: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: UncountedTerminatedPods;
  readonly ready?: number;
}

/** One aspect of how a Job does. */
export interface JobCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastProbeTime?: Time;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

/** Pods of a Job that have ended and aren't counted yet. */
export interface UncountedTerminatedPods {
  readonly succeeded?: readonly string[];
  readonly failed?: readonly string[];
}

const jobCondition: Schema<JobCondition> = object<JobCondition>("io.k8s.api.batch.v1.JobCondition", "One aspect of how a Job does.", {
  type: text({ field: 1, required: true, doc: "Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet." }),
  status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
  lastProbeTime: field(time, { field: 3, doc: "When the condition was last looked at." }),
  lastTransitionTime: field(time, { field: 4, doc: "When the status last changed." }),
  reason: text({ field: 5, doc: "Why, in one word for machines." }),
  message: text({ field: 6, doc: "Why, in a sentence for people." }),
});

const uncountedTerminatedPods: Schema<UncountedTerminatedPods> = object<UncountedTerminatedPods>(
  "io.k8s.api.batch.v1.UncountedTerminatedPods",
  "Pods of a Job that have ended and aren't counted yet.",
  {
    succeeded: list(string, { field: 1, listType: "set", doc: "The uids of those that succeeded." }),
    failed: list(string, { field: 2, listType: "set", doc: "The uids of those that failed." }),
  },
);

const jobStatus: Schema<JobStatus> = object<JobStatus>("io.k8s.api.batch.v1.JobStatus", "How far a Job has come.", {
  conditions: list(jobCondition, {
    field: 1,
    listType: "atomic",
    patchStrategy: "merge",
    mergeKey: "type",
    doc: "Whether it is Complete, Failed, Suspended, or about to be one of the first two.",
  }),
  startTime: field(time, { field: 2, presence: "pointer", doc: "When the controller began with it; anew after a suspension." }),
  completionTime: field(time, { field: 3, presence: "pointer", doc: "When it succeeded." }),
  active: integer({ field: 4, minimum: 0, doc: "How many Pods are running or waiting." }),
  succeeded: integer({ field: 5, minimum: 0, doc: "How many Pods succeeded." }),
  failed: integer({ field: 6, minimum: 0, doc: "How many Pods failed." }),
  terminating: integer({ field: 11, presence: "pointer", minimum: 0, doc: "How many Pods are on their way out." }),
  completedIndexes: text({ field: 7, doc: "The indexes that succeeded, as `1,3-5,7`." }),
  failedIndexes: text({ field: 10, presence: "pointer", doc: "The indexes that failed, as `1,3-5,7`." }),
  uncountedTerminatedPods: struct(uncountedTerminatedPods, {
    field: 8,
    presence: "pointer",
    doc: "The Pods that have ended and aren't counted yet.",
  }),
  ready: integer({ field: 9, presence: "pointer", minimum: 0, doc: "How many running Pods are ready." }),
});

const job: Schema<Job> = kindObject<Job>("io.k8s.api.batch.v1.Job", "Runs Pods until enough of them have succeeded.", {
  spec: struct(jobSpec, { field: 2, default: {}, doc: "What should be done." }),
  status: struct(jobStatus, { field: 3, default: {}, doc: "How far it has come." }),
});

export const JobKind: Kind<Job> = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  resource: "jobs",
  categories: ["all"],
  scope: "Namespaced",
  schema: job,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Status", type: "string", doc: "Whether it runs, or how it ended.", cell: statusOf },
    { name: "Completions", type: "string", doc: "How many Pods succeeded, of how many that must.", cell: completionsOf },
    { name: "Duration", type: "string", doc: "How long it took, or has taken until now.", cell: durationOf },
    ageColumn,
    ...podTemplateColumns<Job>(({ spec }) => spec.template),
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which Pods belong to it.",
      cell: ({ spec }) => formatLabelSelector(spec.selector),
    },
  ],
  selectableFields: { "status.successful": ({ status }) => String(status.succeeded ?? 0) },
  strategy: {
    generation: true,
    orphanByDefault: true,
    defaults: withJobDefaults,
    prepareForCreate: (job) => (job.spec.manualSelector === true ? job : withGeneratedSelector(job)),
    validate: validateJob,
    validateUpdate: validateJobUpdate,
    validateStatusUpdate: validateJobStatusUpdate,
  },
});

function statusOf({ metadata, status }: Job): string {
  const has = (type: string): boolean =>
    (status.conditions ?? []).some((condition) => condition.type === type && condition.status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}

function completionsOf({ spec, status }: Job): string {
  const { completions, parallelism = 0 } = spec;
  const succeeded = status.succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, now: Instant): string {
  const start = parseTime(status.startTime ?? "");
  if (start === undefined) return "";
  return humanDuration((parseTime(status.completionTime ?? "") ?? now) - start);
}

function withJobDefaults(job: Job): Job {
  const spec = defaultJobSpec(job.spec);
  const { labels } = spec.template.metadata;
  const inherits = labels !== undefined && Object.keys(job.metadata.labels ?? {}).length === 0;
  return { ...job, spec, metadata: inherits ? { ...job.metadata, labels } : job.metadata };
}

const uidLabel = "batch.kubernetes.io/controller-uid";

/** The labels by which the Pods of a Job are found. The older ones are for those who still read them. */
function labelsOfPods({ metadata: { uid, name } }: Job): Readonly<Record<string, string>> {
  return { "controller-uid": uid, [uidLabel]: uid, "job-name": name, "batch.kubernetes.io/job-name": name };
}

/** The Pods of a Job are found by its uid, which no other Job ever has. What the writer said is kept, to be refused if it is wrong. */
function withGeneratedSelector(job: Job): Job {
  const { selector, template } = job.spec;
  const labels = { ...labelsOfPods(job), ...template.metadata.labels };
  const matchLabels = { [uidLabel]: job.metadata.uid, ...selector?.matchLabels };
  return {
    ...job,
    spec: { ...job.spec, selector: { ...selector, matchLabels }, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
}

function validateJob(job: Job): readonly FieldError[] {
  const { spec } = job;
  return [
    ...validateSelector(spec),
    ...(spec.manualSelector === true ? [] : validateGeneratedLabels(job)),
    ...validateJobSpec(spec, "spec"),
  ];
}

function validateSelector({ selector, template }: JobSpec): readonly FieldError[] {
  const path = "spec.selector";
  if (selector === undefined) return [required(path)];
  const errors = validateLabelSelector(selector, path);
  if (errors.length > 0 || selectorMatches(selector, template.metadata.labels)) return errors;
  return [invalid("spec.template.metadata.labels", template.metadata.labels ?? {}, "`selector` does not match template `labels`")];
}

function validateGeneratedLabels(job: Job): readonly FieldError[] {
  const { selector, template } = job.spec;
  if (selector === undefined) return [];
  const expected = labelsOfPods(job);
  const labels = template.metadata.labels ?? {};
  const path = "spec.template.metadata.labels";
  const wrong = Object.entries(expected).flatMap(([key, value]) => {
    if (labels[key] === value) return [];
    const text = `must be '${value}'`;
    return [labels[key] === undefined ? required(`${path}[${key}]`, text) : invalid(`${path}[${key}]`, labels, text)];
  });
  const generated = selectorMatches(selector, expected) ? [] : [invalid("spec.selector", selector, "`selector` not auto-generated")];
  return [...wrong, ...generated];
}

/** What a Job does never changes; a suspended one that hasn't started may still be told where its Pods should go. */
function validateJobUpdate({ spec }: Job, previous: Job): readonly FieldError[] {
  const before = previous.spec;
  const isElastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  const mayMove = before.suspend && previous.status.startTime === undefined;
  const unchanging = ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] as const;
  return [
    ...(isElastic ? [] : immutable("spec.completions", spec.completions, before.completions)),
    ...(mayMove
      ? immutable("spec.template", withoutPlacement(spec.template), withoutPlacement(before.template))
      : immutable("spec.template", spec.template, before.template)),
    ...unchanging.flatMap((field) => immutable(`spec.${field}`, spec[field], before[field])),
  ];
}

function withoutPlacement({ metadata, spec }: PodTemplateSpec): object {
  const { nodeSelector: _, affinity, tolerations: __, schedulingGates: ___, ...rest } = spec;
  const { nodeAffinity: ____, ...otherAffinity } = affinity ?? {};
  return { spec: { ...rest, affinity: otherAffinity }, metadata: { ...metadata, labels: undefined, annotations: undefined } };
}

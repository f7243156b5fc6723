import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  flag,
  formatLabelSelector,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  type Schema,
  struct,
  templateMeta,
  type TemplateMeta,
  text,
  time,
  type Time,
} from "@kubets/machinery";
import { podTemplateColumns } from "../apps/pod-template-columns.ts";
import { ageColumn, nameColumn, timeSince } from "../columns.ts";
import { objectReference, type ObjectReference } from "../core/shared/object-reference.ts";
import { cronProblem } from "./cron-schedule.ts";
import { defaultJobSpec, validateJobSpec } from "./job-rules.ts";
import { jobSpec, type JobSpec } from "./job-spec.ts";

/** Makes Jobs at set times. */
export interface CronJob extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: CronJobSpec;
  readonly status: CronJobStatus;
}

/** Which Jobs a CronJob makes, and when. */
export interface CronJobSpec {
  readonly [defaulted]?: "concurrencyPolicy" | "suspend" | "successfulJobsHistoryLimit" | "failedJobsHistoryLimit";
  readonly schedule: string;
  readonly timeZone?: string;
  readonly startingDeadlineSeconds?: number;
  readonly concurrencyPolicy: "Allow" | "Forbid" | "Replace";
  readonly suspend: boolean;
  readonly jobTemplate: JobTemplateSpec;
  readonly successfulJobsHistoryLimit: number;
  readonly failedJobsHistoryLimit: number;
}

/** The Jobs that a CronJob makes. */
export interface JobTemplateSpec {
  readonly [defaulted]?: "metadata" | "spec";
  readonly metadata: TemplateMeta;
  readonly spec: JobSpec;
}

/** The Jobs that a CronJob made last. */
export interface CronJobStatus {
  readonly active?: readonly ObjectReference[];
  readonly lastScheduleTime?: Time;
  readonly lastSuccessfulTime?: Time;
}

const jobTemplateSpec: Schema<JobTemplateSpec> = object<JobTemplateSpec>(
  "io.k8s.api.batch.v1.JobTemplateSpec",
  "The Jobs that a CronJob makes.",
  {
    metadata: struct(templateMeta, { field: 1, default: {}, doc: "Labels, annotations and the like of each Job." }),
    spec: struct(jobSpec, { field: 2, default: {}, doc: "What each Job should do." }),
  },
);

const cronJobSpec: Schema<CronJobSpec> = object<CronJobSpec>("io.k8s.api.batch.v1.CronJobSpec", "Which Jobs a CronJob makes, and when.", {
  schedule: text({ field: 1, required: true, doc: "When, in the five fields of cron." }),
  timeZone: text({ field: 8, presence: "pointer", doc: "The time zone of the schedule; that of the controller where nothing is said." }),
  startingDeadlineSeconds: integer({
    field: 2,
    presence: "pointer",
    minimum: 0,
    bits: 64,
    doc: "How late a Job may be made; a missed one counts as failed.",
  }),
  concurrencyPolicy: text({
    field: 3,
    default: "Allow",
    enum: ["Allow", "Forbid", "Replace"],
    doc: "What to do when the Job before still runs: let both run, skip the new one (Forbid), or stop the old one (Replace).",
  }),
  suspend: flag({ field: 4, presence: "pointer", default: false, doc: "Whether no Jobs are to be made for now." }),
  jobTemplate: struct(jobTemplateSpec, { field: 5, required: true, doc: "The Jobs to make." }),
  successfulJobsHistoryLimit: integer({
    field: 6,
    presence: "pointer",
    default: 3,
    minimum: 0,
    doc: "How many Jobs that succeeded are kept.",
  }),
  failedJobsHistoryLimit: integer({ field: 7, presence: "pointer", default: 1, minimum: 0, doc: "How many Jobs that failed are kept." }),
});

const cronJobStatus: Schema<CronJobStatus> = object<CronJobStatus>(
  "io.k8s.api.batch.v1.CronJobStatus",
  "The Jobs that a CronJob made last.",
  {
    active: list(objectReference, { field: 1, listType: "atomic", doc: "Those that run." }),
    lastScheduleTime: field(time, { field: 4, presence: "pointer", doc: "When a Job was last due and made." }),
    lastSuccessfulTime: field(time, { field: 5, presence: "pointer", doc: "When a Job last succeeded." }),
  },
);

const cronJob: Schema<CronJob> = kindObject<CronJob>("io.k8s.api.batch.v1.CronJob", "Makes Jobs at set times.", {
  spec: struct(cronJobSpec, { field: 2, required: true, doc: "Which Jobs, and when." }),
  status: struct(cronJobStatus, { field: 3, default: {}, doc: "The Jobs that were made last." }),
});

export const CronJobKind: Kind<CronJob> = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  resource: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  scope: "Namespaced",
  schema: cronJob,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Schedule", type: "string", doc: "When Jobs are made.", cell: ({ spec }) => spec.schedule },
    { name: "Timezone", type: "string", doc: "The time zone of the schedule.", cell: ({ spec }) => spec.timeZone ?? "<none>" },
    { name: "Suspend", type: "boolean", doc: "Whether no Jobs are made for now.", cell: ({ spec }) => (spec.suspend ? "True" : "False") },
    { name: "Active", type: "integer", doc: "How many Jobs run.", cell: ({ status }) => (status.active ?? []).length },
    {
      name: "Last Schedule",
      type: "string",
      doc: "How long ago a Job was last made.",
      cell: ({ status }, now) => (status.lastScheduleTime === undefined ? "<none>" : timeSince(status.lastScheduleTime, now)),
    },
    ageColumn,
    ...podTemplateColumns<CronJob>(({ spec }) => spec.jobTemplate.spec.template),
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which Pods belong to its Jobs.",
      cell: ({ spec }) => formatLabelSelector(spec.jobTemplate.spec.selector),
    },
  ],
  strategy: {
    generation: true,
    defaults: (cronJob) => ({
      ...cronJob,
      spec: { ...cronJob.spec, jobTemplate: { ...cronJob.spec.jobTemplate, spec: defaultJobSpec(cronJob.spec.jobTemplate.spec) } },
    }),
    validate: validateCronJob,
  },
});

/** Jobs are named after it, with the time behind. */
const longestName = 52;

function validateCronJob({ metadata, spec }: CronJob): readonly FieldError[] {
  return [
    ...((metadata.name ?? "").length > longestName
      ? [invalid("metadata.name", metadata.name, `must be no more than ${longestName} characters`)]
      : []),
    ...validateSchedule(spec.schedule),
    ...validateTimeZone(spec.timeZone),
    ...validateJobTemplate(spec.jobTemplate),
  ];
}

function validateSchedule(schedule: string): readonly FieldError[] {
  const path = "spec.schedule";
  if (schedule === "") return [];
  if (schedule.includes("TZ")) return [invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")];
  const problem = cronProblem(schedule);
  return problem === undefined ? [] : [invalid(path, schedule, problem)];
}

function validateTimeZone(zone: string | undefined): readonly FieldError[] {
  const path = "spec.timeZone";
  if (zone === undefined) return [];
  if (zone === "") return [invalid(path, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local") {
    return [invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")];
  }
  return isTimeZone(zone) ? [] : [invalid(path, zone, `unknown time zone ${zone}`)];
}

function isTimeZone(zone: string): boolean {
  // An offset such as +02:00 is a time zone to JavaScript, but has no name.
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function validateJobTemplate({ spec }: JobTemplateSpec): readonly FieldError[] {
  const path = "spec.jobTemplate.spec";
  return [
    ...(spec.manualSelector === true ? [notSupported(`${path}.manualSelector`, true, ["nil", "false"])] : []),
    ...validateJobSpec(spec, path),
  ];
}

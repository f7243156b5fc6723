import {
  type CronJob,
  CronJobKind,
  type CronJobStatus,
  type CronSchedule,
  type Job,
  JobKind,
  type ObjectReference,
  parseCronSchedule,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, type DraftObject, event, updateStatus } from "@kubets/client";
import { formatTime, type Instant, type Kind, parseTime, sameJson, type StatusError } from "@kubets/machinery";
import { findCondition, isFinished } from "../job/conditions.ts";
import { controllerReference } from "../ownership/claim.ts";
import { localTimeIn } from "./local-time.ts";
import { nextRun, runsUntil } from "./schedule.ts";

export interface Observed {
  readonly cronJob: CronJob;
  /** The Jobs that it controls. */
  readonly jobs: readonly Job[];
}

/** When a Job was due, in the time zone of its CronJob. */
export const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** Makes the Job that is due, tidies away those that ended long ago, and looks again at the next time of the schedule. */
export function reconcile({ cronJob, jobs }: Observed, now: Instant): Decision {
  const seen = bookkeeping(cronJob, jobs);
  if (cronJob.metadata.deletionTimestamp !== undefined) return written(cronJob, seen.status, seen.events);
  const tidying = history(cronJob, jobs);
  const next = dueRun(cronJob, jobs, now);
  const events = [...seen.events, ...next.events];
  const lastScheduleTime = next.scheduled === undefined ? {} : { lastScheduleTime: formatTime(next.scheduled) };
  const status: CronJobStatus = { ...seen.status, ...lastScheduleTime };
  const { job } = next;
  const decision =
    job === undefined
      ? written(cronJob, status, events, [...next.actions, ...tidying])
      : { actions: [...next.actions, ...making(cronJob, job, status), ...tidying, ...events] };
  return { ...decision, ...(next.wait === undefined ? {} : { requeueAfter: next.wait }) };
}

/** The server refused to make or delete a Job: an event says so, and it is tried again later. One of the name that is there already will do. */
export function refused({ cronJob }: Observed, action: Action, error: StatusError): Decision | undefined {
  if (action.verb !== "create" && action.verb !== "delete") return undefined;
  const [reason, doing] = action.verb === "create" ? ["FailedCreate", "creating"] : ["FailedDelete", "deleting"];
  return { actions: [event(cronJob, "Warning", reason, `Error ${doing} job: ${error.message}`)] };
}

interface Bookkeeping {
  readonly status: CronJobStatus;
  readonly events: readonly Action[];
}

/** Which Jobs run, by what is there: those that ended are told, and so is one that is gone without having ended. */
function bookkeeping(cronJob: CronJob, jobs: readonly Job[]): Bookkeeping {
  const { active = [], lastSuccessfulTime = "" } = cronJob.status;
  const running = jobs.filter((job) => !isFinished(job));
  const events: Action[] = [];
  for (const { uid, name } of active) {
    const job = jobs.find(({ metadata }) => metadata.uid === uid);
    if (job === undefined) events.push(event(cronJob, "Normal", "MissingJob", `Active job went missing: ${name}`));
    else if (isFinished(job))
      events.push(event(cronJob, "Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${outcomeOf(job)}`));
  }
  const successes = jobs.flatMap(({ status }) => status.completionTime ?? []);
  const newest = [lastSuccessfulTime, ...successes].reduce((a, b) => (a > b ? a : b));
  const status: CronJobStatus = {
    ...cronJob.status,
    active: running.length > 0 ? running.map(referenceTo).toSorted(byName) : undefined,
    ...(newest === "" ? {} : { lastSuccessfulTime: newest }),
  };
  return { status, events };
}

function outcomeOf(job: Job): "Complete" | "Failed" {
  return findCondition(job, "Complete")?.status === "True" ? "Complete" : "Failed";
}

function byName(a: ObjectReference, b: ObjectReference): number {
  return (a.name ?? "") < (b.name ?? "") ? -1 : 1;
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { name, namespace, uid } = metadata;
  return { kind: "Job", ...(namespace === undefined ? {} : { namespace }), name, uid, apiVersion: "batch/v1" };
}

interface DueRun {
  /** What makes room for it. */
  readonly actions: readonly Action[];
  /** The Job to be made of it. */
  readonly job?: DraftObject<Job>;
  readonly events: readonly Action[];
  /** The run that is made, or was found made. */
  readonly scheduled?: Instant;
  /** Milliseconds until the next run. */
  readonly wait?: number;
}

const schedules = new WeakMap<CronJob["spec"], CronSchedule | undefined>();

/** Read once: a CronJob is looked at many times for each of its runs. */
function scheduleOf(spec: CronJob["spec"]): CronSchedule | undefined {
  if (!schedules.has(spec)) schedules.set(spec, parseCronSchedule(spec.schedule));
  return schedules.get(spec);
}

function dueRun(cronJob: CronJob, jobs: readonly Job[], now: Instant): DueRun {
  const { spec, status, metadata } = cronJob;
  if (spec.suspend) return { actions: [], events: [] };
  const schedule = scheduleOf(spec);
  if (schedule === undefined)
    return { actions: [], events: [event(cronJob, "Warning", "UnparseableSchedule", `unparseable schedule: "${spec.schedule}"`)] };
  const localTime = localTimeIn(spec.timeZone ?? "UTC");
  const deadline = spec.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000;
  const since = parseTime(status.lastScheduleTime ?? metadata.creationTimestamp) ?? now;
  const from = (deadline === undefined ? since : Math.max(since, now - deadline)) as Instant;
  const { latest, missed } = runsUntil(schedule, from, now, localTime);
  const following = nextRun(schedule, now, localTime);
  // A bit later, so that the clock has surely passed it.
  const wait = following === undefined ? {} : { wait: following - now + 100 };
  const events: Action[] = [];
  if (missed > 100) {
    const message = `too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
    events.push(event(cronJob, "Warning", "TooManyMissedTimes", message));
  }
  if (latest === undefined) return { actions: [], events, ...wait };
  const name = jobName(cronJob, latest);
  if (jobs.some((job) => job.metadata.name === name)) return { actions: [], events, scheduled: latest, ...wait };
  if (deadline !== undefined && latest + deadline < now) {
    events.push(event(cronJob, "Warning", "MissSchedule", `Missed scheduled time to start a job: ${formatTime(latest)}`));
    return { actions: [], events, ...wait };
  }
  const running = jobs.filter((job) => !isFinished(job));
  if (spec.concurrencyPolicy === "Forbid" && running.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    events.push(event(cronJob, "Normal", "JobAlreadyActive", message));
    return { actions: [], events, ...wait };
  }
  const replaced = spec.concurrencyPolicy === "Replace" ? running.flatMap((job) => removal(cronJob, job)) : [];
  return { actions: replaced, job: jobFrom(cronJob, latest, name), events, scheduled: latest, ...wait };
}

/** Makes the Job of a run, and writes into the status in one go that it is active and when it was due. */
function making(cronJob: CronJob, job: DraftObject<Job>, status: CronJobStatus): readonly Action[] {
  const { active = [] } = status;
  const refer = (created: Job): Action => {
    const others = active.filter(({ uid }) => uid !== created.metadata.uid);
    const all = [...others, referenceTo(created)].toSorted(byName);
    return updateStatus(CronJobKind, { ...cronJob, status: { ...status, active: all } });
  };
  return [create(JobKind, job, refer), event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`)];
}

/** The same for the same run, so that no run is made twice. */
function jobName({ metadata }: CronJob, scheduled: Instant): string {
  return `${metadata.name}-${Math.floor(scheduled / 60_000)}`;
}

function jobFrom(cronJob: CronJob, scheduled: Instant, name: string): DraftObject<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { namespace } = cronJob.metadata;
  return {
    metadata: {
      ...metadata,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { ...metadata.annotations, [scheduledAnnotation]: formatTime(scheduled) },
      ownerReferences: [controllerReference(cronJob, CronJobKind as unknown as Kind)],
    },
    spec,
  };
}

/** The oldest of the Jobs that ended, beyond what is kept of each outcome. */
function history(cronJob: CronJob, jobs: readonly Job[]): readonly Action[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const surplus = (outcome: "Complete" | "Failed", limit: number): readonly Job[] => {
    const ended = jobs.filter((job) => job.metadata.deletionTimestamp === undefined && isFinished(job) && outcomeOf(job) === outcome);
    const age = ({ status, metadata }: Job): string => `${status.startTime ?? ""} ${metadata.name}`;
    return ended.toSorted((a, b) => (age(a) < age(b) ? -1 : 1)).slice(0, Math.max(0, ended.length - limit));
  };
  return [...surplus("Complete", successfulJobsHistoryLimit), ...surplus("Failed", failedJobsHistoryLimit)].flatMap((job) =>
    removal(cronJob, job),
  );
}

function removal(cronJob: CronJob, job: Job): readonly Action[] {
  return [
    deletion(JobKind, job, { preconditions: { uid: job.metadata.uid }, propagationPolicy: "Background" }),
    event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${job.metadata.name}`),
  ];
}

function written(cronJob: CronJob, status: CronJobStatus, events: readonly Action[], actions: readonly Action[] = []): Decision {
  const change = sameJson(status, cronJob.status) ? [] : [updateStatus(CronJobKind, { ...cronJob, status })];
  return { actions: [...actions, ...change, ...events] };
}

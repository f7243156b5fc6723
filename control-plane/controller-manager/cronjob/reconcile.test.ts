import { type CronJob, CronJobKind, type Job, JobKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { cronJobsOf } from "./index.ts";
import { reconcile } from "./reconcile.ts";

const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "work:1" }] } };

/** Every hour, made an hour and a half ago; {@link noon} is a full hour. */
const aCronJob = (spec: object = {}, status: object = {}): CronJob =>
  anObject(CronJobKind, "tick", {
    metadata: { creationTimestamp: ago(5400) },
    spec: { schedule: "0 * * * *", jobTemplate: { spec: { template } }, ...spec },
    status,
  });

const minuteOf = (seconds: number): number => Math.floor((noon - seconds * 1000) / 60_000);
/** The Job of the run so many seconds ago. */
const aJob = (seconds: number, end?: "Complete" | "Failed"): Job =>
  anObject(JobKind, `tick-${minuteOf(seconds)}`, {
    spec: { template },
    status: {
      startTime: ago(seconds),
      ...(end === undefined ? {} : { conditions: [{ type: end, status: "True" }] }),
      ...(end === "Complete" ? { completionTime: ago(seconds - 1) } : {}),
    },
  });

test.each<readonly [string, CronJob, readonly Job[], readonly string[]]>([
  ["is due", aCronJob(), [], ["create Job", "event SuccessfulCreate"]],
  ["is suspended", aCronJob({ suspend: true }), [], []],
  ["isn't due yet", aCronJob({}, { lastScheduleTime: ago(0) }), [], []],
  ["has its Job already", aCronJob({}, { lastScheduleTime: ago(3600) }), [aJob(0)], ["updateStatus tick"]],
  [
    "may not overlap",
    aCronJob({ concurrencyPolicy: "Forbid" }, { lastScheduleTime: ago(3600) }),
    [aJob(3600)],
    ["updateStatus tick", "event JobAlreadyActive"],
  ],
  [
    "replaces what runs",
    aCronJob({ concurrencyPolicy: "Replace" }, { lastScheduleTime: ago(3600) }),
    [aJob(3600)],
    [`delete tick-${minuteOf(3600)}`, "event SuccessfulDelete", "create Job", "event SuccessfulCreate"],
  ],
  ["came too late to begin", aCronJob({ schedule: "30 * * * *", startingDeadlineSeconds: 60 }, { lastScheduleTime: ago(5400) }), [], []],
  ["is on its way out", anObject(CronJobKind, "tick", { ...aCronJob(), metadata: { deletionTimestamp: ago(1) } }), [], []],
])("a CronJob that %s", (_state, cronJob, jobs, expected) => {
  expect(verbsOf(reconcile({ cronJob, jobs }, noon).actions)).toEqual(expected);
});

test("one status tells of a Job that was made and when it was due", () => {
  const running = aJob(3600);
  const { actions } = reconcile({ cronJob: aCronJob({}, { lastScheduleTime: ago(3600) }), jobs: [running] }, noon);
  const [creation] = actions;
  const created = { ...aJob(0), metadata: { ...aJob(0).metadata, uid: "given by the server" } };
  const following = creation?.verb === "create" ? creation.followedBy?.(created) : undefined;
  const active = [running, created].map(({ metadata: { name, namespace, uid } }) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    name,
    namespace,
    uid,
  }));
  expect(following).toMatchObject({ verb: "updateStatus", object: { status: { lastScheduleTime: ago(0), active } } });
});

test("a CronJob is looked at again a moment after its next time", () => {
  const { requeueAfter } = reconcile({ cronJob: aCronJob({}, { lastScheduleTime: ago(0) }), jobs: [] }, noon);
  expect(requeueAfter).toBe(3_600_100);
});

test("of many missed runs the latest is made, and that they were missed is told", () => {
  const cronJob = aCronJob({ schedule: "* * * * *" }, { lastScheduleTime: ago(3 * 3600) });
  const { actions } = reconcile({ cronJob, jobs: [] }, (noon + 5_000) as Instant);
  expect(verbsOf(actions)).toEqual(["create Job", "event SuccessfulCreate", "event TooManyMissedTimes"]);
  expect(actions[0]).toMatchObject({ object: { metadata: { name: `tick-${minuteOf(0)}` } } });
});

test("of each outcome only so many Jobs are kept, the newest", () => {
  const cronJob = aCronJob({ suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
  const jobs = [aJob(7200, "Complete"), aJob(3600, "Complete"), aJob(10_800, "Failed")];
  const deleted = verbsOf(reconcile({ cronJob, jobs }, noon).actions).filter((verb) => verb.startsWith("delete"));
  expect(deleted).toEqual([`delete tick-${minuteOf(7200)}`, `delete tick-${minuteOf(10_800)}`]);
});

test("Jobs that ended or are gone are told, and no longer active", () => {
  const active = [aJob(3600, "Complete"), aJob(7200)].map(({ metadata }) => ({ kind: "Job", name: metadata.name, uid: metadata.uid }));
  const cronJob = aCronJob({ suspend: true }, { active });
  const { actions } = reconcile({ cronJob, jobs: [aJob(3600, "Complete")] }, noon);
  expect(verbsOf(actions)).toEqual(["updateStatus tick", "event SawCompletedJob", "event MissingJob"]);
  expect(actions[0]).toMatchObject({ object: { status: { lastSuccessfulTime: ago(3599) } } });
});

const owned = (job: Job, more: object = {}): Job => {
  const ownerReferences = [{ apiVersion: "batch/v1", kind: "CronJob", name: "tick", uid: "tick-uid", controller: true }];
  return { ...job, metadata: { ...job.metadata, namespace: "default", ownerReferences, ...more } };
};
const running = owned(aJob(60));

test.each<readonly [string, Job | undefined, Job | undefined, readonly string[]]>([
  ["comes", undefined, running, ["default/tick"]],
  ["goes", running, undefined, ["default/tick"]],
  ["runs another Pod", running, { ...running, status: { ...running.status, active: 1, ready: 1 } }, []],
  ["has succeeded", running, owned(aJob(60, "Complete")), ["default/tick"]],
  ["has failed", running, owned(aJob(60, "Failed")), ["default/tick"]],
  ["is being deleted", running, owned(aJob(60), { deletionTimestamp: ago(1) }), ["default/tick"]],
  ["is let go", running, owned(aJob(60), { ownerReferences: [] }), ["default/tick"]],
])("a Job that %s concerns its CronJob, or doesn't", (_what, previous, object, expected) => {
  expect(cronJobsOf({ ...(previous === undefined ? {} : { previous }), ...(object === undefined ? {} : { object }) })).toEqual(expected);
});

import { expect, test } from "vitest";
import { asRead, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { CronJobKind } from "./cron-job.ts";
import { cronProblem } from "./cron-schedule.ts";

const jobTemplate = { spec: { template: { spec: { containers: [{ name: "work", image: "work:1" }], restartPolicy: "Never" } } } };
const spec = { schedule: "*/5 * * * *", jobTemplate };

test("a CronJob lets Jobs overlap and keeps a few of them where nothing else is said", () => {
  const {
    concurrencyPolicy,
    suspend,
    successfulJobsHistoryLimit,
    failedJobsHistoryLimit,
    jobTemplate: made,
  } = asRead(CronJobKind, { spec }).spec;
  expect({ concurrencyPolicy, suspend, successfulJobsHistoryLimit, failedJobsHistoryLimit, backoffLimit: made.spec.backoffLimit }).toEqual({
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    backoffLimit: 6,
  });
});

test.each([
  ["* * * * *", undefined],
  ["0 3 1,15 jan-jun MON-FRI", undefined],
  ["0-30/10 */2 * * 0", undefined],
  ["@hourly", undefined],
  ["@every 1h30m", undefined],
  ["0 3 * *", "expected exactly 5 fields, found 4: [0 3 * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["a * * * *", "failed to parse int from a"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["* * * * 7", "end of range (7) above maximum (6): 7"],
  ["@sometimes", "unrecognized descriptor: @sometimes"],
])("the schedule %j: %s", (schedule, problem) => {
  expect(cronProblem(schedule)).toBe(problem);
});

test.each([
  [{ ...spec, timeZone: "Europe/Berlin" }, []],
  [{ jobTemplate }, ["spec.schedule: Required value"]],
  [
    { ...spec, schedule: "TZ=UTC * * * * *" },
    ['spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ],
  [{ ...spec, timeZone: "" }, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
  [{ ...spec, timeZone: "Mars/Base" }, ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']],
  [{ ...spec, timeZone: "+02:00" }, ['spec.timeZone: Invalid value: "+02:00": unknown time zone +02:00']],
  [
    { ...spec, jobTemplate: { spec: { ...jobTemplate.spec, manualSelector: true } } },
    ['spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"'],
  ],
])("a CronJob of %j", (body, problems) => {
  expect(problemsOf(CronJobKind, { spec: body })).toEqual(problems);
});

test("a CronJob's name leaves room for the times of its Jobs", () => {
  const name = "x".repeat(53);
  expect(problemsOf(CronJobKind, { metadata: { name }, spec })).toEqual([
    `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
  ]);
});

test("a table shows when Jobs are made", () => {
  expect(rowOf(CronJobKind, { spec, status: { lastScheduleTime: "2026-06-01T11:55:00Z", active: [{ name: "j" }] } })).toEqual({
    Name: "web",
    Schedule: "*/5 * * * *",
    Timezone: "<none>",
    Suspend: "False",
    Active: 1,
    "Last Schedule": "5m",
    Age: "60s",
    Containers: "work",
    Images: "work:1",
    Selector: "<none>",
  });
});

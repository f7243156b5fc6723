import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { JobKind } from "./job.ts";

const template = {
  metadata: { labels: { app: "work" } },
  spec: { containers: [{ name: "work", image: "work:1" }], restartPolicy: "Never" },
};
const spec = { template, manualSelector: true, selector: { matchLabels: { app: "work" } } };
const indexed = { ...spec, completionMode: "Indexed", completions: 3, parallelism: 3 };
const context = { now: noon, user: { name: "ada", groups: [] } };

describe("defaults", () => {
  test("a Job runs one Pod, once, and gives up after six failures", () => {
    expect(asRead(JobKind, { spec: { template } }).spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
    });
  });

  test.each([
    [{ parallelism: 3 }, { parallelism: 3 }],
    [{ completions: 3 }, { parallelism: 1, completions: 3 }],
    [{ backoffLimitPerIndex: 1 }, { backoffLimit: 2_147_483_647 }],
    [{ podFailurePolicy: { rules: [] } }, { podReplacementPolicy: "Failed" }],
  ])("%j gives %j", (said, filledIn) => {
    expect(asRead(JobKind, { spec: { template, ...said } }).spec).toMatchObject(filledIn);
  });

  test("Pods that work on the same are as many as wanted", () => {
    expect(asRead(JobKind, { spec: { template, parallelism: 3 } }).spec.completions).toBeUndefined();
  });

  test("a Job without labels has those of its template", () => {
    expect(asRead(JobKind, { spec: { template } }).metadata.labels).toEqual({ app: "work" });
  });
});

test("the Pods of a Job are found by its uid", () => {
  const { selector, template: made } = JobKind.strategy.prepareForCreate!(
    asRead(JobKind, { metadata: { uid: "u-1" }, spec: { template } }),
    context,
  ).spec;
  expect([selector, made.metadata.labels]).toEqual([
    { matchLabels: { "batch.kubernetes.io/controller-uid": "u-1" } },
    {
      app: "work",
      "controller-uid": "u-1",
      "job-name": "web",
      "batch.kubernetes.io/controller-uid": "u-1",
      "batch.kubernetes.io/job-name": "web",
    },
  ]);
});

test("a Job that doesn't bring its own selector can't have labels of another Job", () => {
  const taken = { ...template, metadata: { labels: { "job-name": "other" } } };
  const made = JobKind.strategy.prepareForCreate!(asRead(JobKind, { spec: { template: taken } }), context);
  expect(JobKind.strategy.validate!(made)).toMatchObject([{ field: "spec.template.metadata.labels[job-name]", detail: "must be 'web'" }]);
});

test("a Job that brings its own selector keeps it", () => {
  const read = asRead(JobKind, { spec });
  expect(JobKind.strategy.prepareForCreate!(read, context)).toBe(read);
});

const rule = { action: "FailJob", onExitCodes: { operator: "In", values: [42] } };

test.each([
  [spec, []],
  [indexed, []],
  [{ ...spec, selector: undefined }, ["spec.selector: Required value"]],
  [{ ...spec, parallelism: -1 }, ["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"]],
  [
    { ...spec, selector: { matchLabels: { app: "other" } } },
    ['spec.template.metadata.labels: Invalid value: {"app":"work"}: `selector` does not match template `labels`'],
  ],
  [
    { ...spec, template: { ...template, spec: { ...template.spec, restartPolicy: "Always" } } },
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  [
    { ...spec, completionMode: "Indexed", completions: undefined, parallelism: 1 },
    ["spec.completions: Required value: when completion mode is Indexed"],
  ],
  [{ ...spec, backoffLimitPerIndex: 1 }, ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"]],
  [
    { ...indexed, maxFailedIndexes: 4, backoffLimitPerIndex: 1 },
    ["spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions"],
  ],
  [{ ...spec, podFailurePolicy: { rules: [rule] } }, []],
  [
    { ...spec, podFailurePolicy: { rules: [{ ...rule, action: "FailIndex" }] } },
    ['spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'],
  ],
  [
    { ...spec, podFailurePolicy: { rules: [{ ...rule, onExitCodes: { operator: "In", values: [0] } }] } },
    ["spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"],
  ],
  [{ ...indexed, successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] } }, []],
  [
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: "2-1" }] } },
    ['spec.successPolicy.rules[0].succeededIndexes: Invalid value: "2-1": error parsing succeededIndexes'],
  ],
])("a Job of %j", (body, problems) => {
  expect(problemsOf(JobKind, { spec: body })).toEqual(problems);
});

describe("what a Job does never changes", () => {
  const elsewhere = { ...template, spec: { ...template.spec, nodeSelector: { zone: "b" } } };
  test.each([
    ["but how many Pods run at once may", { spec }, { ...spec, parallelism: 2, completions: 1 }, []],
    [
      "how many must succeed does not",
      { spec: { ...spec, completions: 2 } },
      { ...spec, completions: 3 },
      ["spec.completions: Invalid value: 3: field is immutable"],
    ],
    ["unless indexes and Pods grow together", { spec: indexed }, { ...indexed, completions: 4, parallelism: 4 }, []],
    ["a suspended Job may be sent elsewhere", { spec: { ...spec, suspend: true } }, { ...spec, template: elsewhere }, []],
    [
      "one that has started may not",
      { spec: { ...spec, suspend: true }, status: { startTime: "2026-06-01T11:00:00Z" } },
      { ...spec, template: elsewhere },
      1,
    ],
  ])("%s", (_, from, to, problems) => {
    const found = problemsOfUpdate(JobKind, from, { spec: to });
    expect(typeof problems === "number" ? found.length : found).toEqual(problems);
  });
});

const [begun, ended] = ["2026-06-01T11:50:00Z", "2026-06-01T11:59:00Z"];
const conditions = (...types: readonly string[]) => ({ conditions: types.map((type) => ({ type, status: "True" })) });
const complete = { startTime: begun, completionTime: ended, succeeded: 1, ...conditions("SuccessCriteriaMet", "Complete") };

describe("a status", () => {
  test.each<readonly [string, object, object, readonly string[]]>([
    ["of a Job that goes on", { startTime: begun }, { startTime: begun, active: 2, ready: 1, failed: 1 }, []],
    ["of a Job that is done", { startTime: begun, active: 1 }, complete, []],
    [
      "of two ends",
      {},
      { ...complete, ...conditions("SuccessCriteriaMet", "Complete", "FailureTarget", "Failed") },
      [
        "status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions",
        "status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions",
      ],
    ],
    [
      "of an end without a reason",
      { startTime: begun },
      { startTime: begun, ...conditions("Failed") },
      ["status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition"],
    ],
    [
      "of an end without its times",
      {},
      conditions("SuccessCriteriaMet", "Complete"),
      [
        "status.completionTime: Required value: completionTime is required for Complete jobs",
        "status.startTime: Required value: startTime is required for finished job",
      ],
    ],
    [
      "of work after the end",
      { startTime: begun },
      { ...complete, active: 1, terminating: 2, uncountedTerminatedPods: { succeeded: ["a"] } },
      [
        "status.active: Invalid value: 1: active>0 is invalid for finished job",
        "status.terminating: Invalid value: 2: terminating>0 is invalid for finished job",
        'status.uncountedTerminatedPods: Invalid value: {"succeeded":["a"]}: uncountedTerminatedPods needs to be empty for finished job',
      ],
    ],
    [
      "that takes an end back",
      complete,
      { startTime: begun, succeeded: 1, ...conditions("SuccessCriteriaMet") },
      ["status.conditions: Invalid value: cannot disable the terminal Complete=True condition"],
    ],
    [
      "that counts backwards",
      { failed: 2, succeeded: 3 },
      { failed: 1, succeeded: 2 },
      [
        "status.failed: Invalid value: 1: cannot decrease the failed counter",
        "status.succeeded: Invalid value: 2: cannot decrease the succeeded counter",
      ],
    ],
    ["that was wrong before", { ready: 3, active: 1 }, { ready: 3, active: 1, failed: 1 }, []],
    [
      "of more Pods ready than there are",
      { ready: 1, active: 1 },
      { ready: 3, active: 1 },
      ["status.ready: Invalid value: 3: cannot set more ready pods than active"],
    ],
    [
      "that begins anew",
      { startTime: begun },
      { startTime: ended },
      ["status.startTime: Required value: startTime cannot be updated for unsuspended job"],
    ],
  ])("%s", (_, from, to, problems) => {
    expect(problemsOfStatusUpdate(JobKind, { spec, status: from }, { spec, status: to })).toEqual(problems);
  });

  test("of a suspended Job may begin anew", () => {
    const suspended = { ...spec, suspend: true };
    expect(problemsOfStatusUpdate(JobKind, { spec: suspended, status: { startTime: begun } }, { spec: suspended, status: {} })).toEqual([]);
  });
});

test.each([
  [{}, { Status: "Running", Completions: "0/1", Duration: "" }],
  [{ startTime: "2026-06-01T11:50:00Z" }, { Status: "Running", Duration: "10m" }],
  [
    {
      startTime: "2026-06-01T11:50:00Z",
      completionTime: "2026-06-01T11:50:30Z",
      succeeded: 1,
      conditions: [{ type: "Complete", status: "True" }],
    },
    { Status: "Complete", Completions: "1/1", Duration: "30s" },
  ],
  [{ conditions: [{ type: "Suspended", status: "True" }] }, { Status: "Suspended" }],
  [
    {
      conditions: [
        { type: "Suspended", status: "False" },
        { type: "FailureTarget", status: "True" },
      ],
    },
    { Status: "FailureTarget" },
  ],
])("a table shows a Job with %j as %j", (status, row) => {
  expect(rowOf(JobKind, { spec, status })).toMatchObject({ ...row, Selector: "app=work" });
});

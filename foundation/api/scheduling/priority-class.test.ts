import { expect, test } from "vitest";
import { problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { PriorityClassKind } from "./priority-class.ts";

const named = (name: string, body: object): object => ({ metadata: { name }, ...body });

test.each([
  [named("high", { value: 1_000_000_000 }), []],
  [named("higher", { value: 1_000_000_001 }), ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"]],
  [named("system-node-critical", { value: 2_000_001_000 }), []],
  [
    named("system-node-critical", { value: 1 }),
    [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
    ],
  ],
  [
    named("system-mine", { value: 1 }),
    [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
  ],
  [
    named("odd", { preemptionPolicy: "Maybe" }),
    ['preemptionPolicy: Unsupported value: "Maybe": supported values: "Never", "PreemptLowerPriority"'],
  ],
])("a class %j", (body, problems) => {
  expect(problemsOf(PriorityClassKind, body as Readonly<Record<string, unknown>>)).toEqual(problems);
});

test("a class keeps what its Pods were given", () => {
  expect(problemsOfUpdate(PriorityClassKind, { value: 1 }, { value: 2, preemptionPolicy: "Never", description: "new" })).toEqual([
    "value: Forbidden: may not be changed in an update.",
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ]);
});

test("a table shows a class's value", () => {
  expect(rowOf(PriorityClassKind, { value: 7 })).toEqual({
    Name: "web",
    Value: 7,
    "Global-Default": false,
    Age: "60s",
    PreemptionPolicy: "PreemptLowerPriority",
  });
});

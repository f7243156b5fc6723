import { expect, test } from "vitest";
import { problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { RuntimeClassKind } from "./runtime-class.ts";

const toleration = { key: "sandboxed", operator: "Exists" };

test.each([
  [
    {
      handler: "runsc",
      overhead: { podFixed: { cpu: "250m" } },
      scheduling: { nodeSelector: { sandbox: "yes" }, tolerations: [toleration] },
    },
    [],
  ],
  [{ handler: "a.b" }, ['handler: Invalid value: "a.b": must not contain dots']],
  [
    { handler: "runsc", overhead: { podFixed: { memory: "-1" } } },
    ['overhead.limits[memory]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    { handler: "runsc", scheduling: { tolerations: [toleration, toleration] } },
    ['scheduling.tolerations[1]: Duplicate value: {"key":"sandboxed","operator":"Exists"}'],
  ],
])("a class %j", (body, problems) => {
  expect(problemsOf(RuntimeClassKind, body)).toEqual(problems);
});

test("a class keeps its handler, which a table shows", () => {
  expect(problemsOfUpdate(RuntimeClassKind, { handler: "runsc" }, { handler: "kata" })).toEqual([
    'handler: Invalid value: "kata": field is immutable',
  ]);
  expect(rowOf(RuntimeClassKind, { handler: "runsc" })).toEqual({ Name: "web", Handler: "runsc", Age: "60s" });
});

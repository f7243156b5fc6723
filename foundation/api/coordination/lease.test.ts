import { expect, test } from "vitest";
import { problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { LeaseKind } from "./lease.ts";

test.each([
  [{ leaseDurationSeconds: 15, leaseTransitions: 0 }, []],
  [{ leaseDurationSeconds: 0 }, ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"]],
  [{ leaseTransitions: -1 }, ["spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"]],
  [{ preferredHolder: "b" }, ["spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"]],
  [{ strategy: "OldestEmulationVersion", preferredHolder: "b" }, []],
  [{ strategy: "Newest" }, ['spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"']],
])("a Lease of %j", (spec, problems) => {
  expect(problemsOf(LeaseKind, { spec })).toEqual(problems);
});

test("a table shows who holds a Lease", () => {
  expect(rowOf(LeaseKind, { spec: { holderIdentity: "node-1" } })).toEqual({ Name: "web", Holder: "node-1", Age: "60s" });
});

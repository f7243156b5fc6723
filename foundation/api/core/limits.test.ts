import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { LimitRangeKind } from "./limit-range.ts";
import { ResourceQuotaKind } from "./resource-quota.ts";

test("containers that name nothing get the most as their limit, and that or the least as their request", () => {
  const limits = [{ type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" }, default: { "ephemeral-storage": "1Gi" } }];
  expect(asRead(LimitRangeKind, { spec: { limits } }).spec.limits).toEqual([
    {
      type: "Container",
      max: { cpu: "2" },
      min: { memory: "1Mi" },
      default: { cpu: "2", "ephemeral-storage": "1Gi" },
      defaultRequest: { cpu: "2", "ephemeral-storage": "1Gi", memory: "1Mi" },
    },
  ]);
});

test.each([
  [{ type: "Container", max: { cpu: "2" }, min: { cpu: "1" }, default: { cpu: "1500m" }, defaultRequest: { cpu: "1" } }, []],
  [{ type: "Cat", max: { cpu: "1" } }, ['spec.limits[0].type: Invalid value: "Cat": must be a standard limit type or fully qualified']],
  [
    { type: "Pod", max: { cpu: "1" }, default: { cpu: "1" } },
    ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  ],
  [
    { type: "Pod", max: { storage: "1" } },
    ['spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers'],
  ],
  [
    { type: "Pod", max: { cpu: "1" }, min: { cpu: "2" } },
    ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  ],
  [
    { type: "PersistentVolumeClaim", max: { "example.com/x": "1" } },
    ["spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided"],
  ],
  [
    { type: "Container", default: { cpu: "3" }, max: { cpu: "2" }, defaultRequest: { cpu: "1" } },
    ['spec.limits[0].default[cpu]: Invalid value: "2": default value 3 is greater than max value 2'],
  ],
  [
    { type: "Pod", maxLimitRequestRatio: { cpu: "500m" } },
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
  ],
])("a LimitRange of %j", (limit, problems) => {
  expect(problemsOf(LimitRangeKind, { spec: { limits: [limit] } })).toEqual(problems);
});

test("a LimitRange has one item for each type", () => {
  expect(problemsOf(LimitRangeKind, { spec: { limits: [{ type: "Pod" }, { type: "Pod" }] } })).toEqual([
    'spec.limits[1].type: Duplicate value: "Pod"',
  ]);
});

test.each([
  [{ hard: { pods: "10", "requests.cpu": "4", "count/deployments.apps": "3", "limits.example.com/gpu": "1" } }, []],
  [{ hard: { storage: "1" } }, ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota']],
  [{ hard: { cats: "1" } }, ['spec.hard[cats]: Invalid value: "cats": must be a standard resource type or fully qualified']],
  [{ hard: { pods: "-1" } }, ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0']],
  [{ scopes: ["Terminating", "NotTerminating"] }, ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes']],
  [
    { scopes: ["Sometimes"] },
    [
      'spec.scopes[0]: Unsupported value: "Sometimes": supported values: "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass"',
    ],
  ],
  [
    { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In" }] } },
    [
      "spec.scopeSelector.matchExpressions[0].values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
  ],
])("a ResourceQuota of %j", (spec, problems) => {
  expect(problemsOf(ResourceQuotaKind, { spec })).toEqual(problems);
});

test("a quota keeps its scopes, in whatever order", () => {
  const of = (...scopes: readonly string[]): { readonly spec: object } => ({ spec: { scopes } });
  expect(problemsOfUpdate(ResourceQuotaKind, of("BestEffort", "Terminating"), of("Terminating", "BestEffort"))).toEqual([]);
  expect(problemsOfUpdate(ResourceQuotaKind, of("BestEffort"), of())).toEqual(["spec.scopes: Invalid value: []: field is immutable"]);
});

test("a table shows what is used of a quota", () => {
  const hard = { pods: "10", "limits.cpu": "4", "requests.cpu": "2" };
  expect(rowOf(ResourceQuotaKind, { status: { hard, used: { pods: "3", "limits.cpu": "1" } } })).toEqual({
    Name: "web",
    Request: "pods: 3/10, requests.cpu: 0/2",
    Limit: "limits.cpu: 1/4",
    Age: "60s",
  });
});

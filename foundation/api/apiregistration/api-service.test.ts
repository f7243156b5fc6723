import { expect, test } from "vitest";
import { type Body, problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { APIServiceKind } from "./api-service.ts";

const metadata = { name: "v1.metrics.example.com" };
const priorities = { groupPriorityMinimum: 100, versionPriority: 15 };
const spec = { group: "metrics.example.com", version: "v1", ...priorities };
const service = { namespace: "kube-system", name: "metrics" };

test.each([
  [{ metadata, spec }, []],
  [{ metadata, spec: { ...spec, service, insecureSkipTLSVerify: true } }, []],
  [{ metadata: { name: "v1." }, spec: { version: "v1", ...priorities } }, []],
  [
    { metadata: { name: "v2.metrics.example.com" }, spec },
    ['metadata.name: Invalid value: "v2.metrics.example.com": must be `spec.version+"."+spec.group`: "v1.metrics.example.com"'],
  ],
  [
    { metadata: { name: "v2." }, spec: { version: "v2", ...priorities } },
    ["spec.group: Required value: only v1 may have an empty group and it better be legacy kube"],
  ],
  [
    { metadata, spec: { ...spec, groupPriorityMinimum: 0, versionPriority: 1001 } },
    [
      "spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000",
      "spec.versionPriority: Invalid value: 1001: must be positive and less than 1000",
    ],
  ],
  [
    { metadata, spec: { ...spec, insecureSkipTLSVerify: true } },
    ["spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify"],
  ],
  [
    { metadata, spec: { ...spec, service: {}, caBundle: "YQ==", insecureSkipTLSVerify: true } },
    [
      "spec.service.namespace: Required value",
      "spec.service.name: Required value",
      "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
    ],
  ],
] as readonly (readonly [Body, readonly string[]])[])("a service %j", (body, problems) => {
  expect(problemsOf(APIServiceKind, body)).toEqual(problems);
});

test("a condition holds, doesn't, or nobody knows", () => {
  const status = { conditions: [{ type: "Available", status: "Perhaps" }] };
  expect(problemsOfStatusUpdate(APIServiceKind, { metadata, spec }, { metadata, spec, status })).toEqual([
    'status.conditions[0].status: Unsupported value: "Perhaps": supported values: "True", "False", "Unknown"',
  ]);
});

test("a table shows who serves, and why not", () => {
  const status = { conditions: [{ type: "Available", status: "False", reason: "MissingEndpoints" }] };
  expect(rowOf(APIServiceKind, { metadata, spec: { ...spec, service }, status })).toEqual({
    Name: "v1.metrics.example.com",
    Service: "kube-system/metrics",
    Available: "False (MissingEndpoints)",
    Age: "60s",
  });
  expect(rowOf(APIServiceKind, { metadata, spec })).toMatchObject({ Service: "Local", Available: "Unknown" });
});

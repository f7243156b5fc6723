import { describe, expect, test } from "vitest";
import { asRead, type Body, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { DeviceClassKind } from "./device-class.ts";
import { ResourceClaimTemplateKind } from "./resource-claim-template.ts";
import { ResourceV1ResourceClaimKind } from "./resource-claim.ts";
import { ResourceSliceKind } from "./resource-slice.ts";

const opaque = { driver: "gpu.example.com", parameters: { apiVersion: "gpu.example.com/v1", kind: "Settings" } };

test.each([
  [{ selectors: [{ cel: { expression: "true" } }], config: [{ opaque }], extendedResourceName: "example.com/gpu" }, []],
  [{ selectors: [{}] }, ["spec.selectors[0].cel: Required value"]],
  [{ config: [{}] }, ["spec.config[0].opaque: Required value"]],
  [{ extendedResourceName: "cpu" }, ['spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name']],
] as readonly (readonly [Body, readonly string[]])[])("a DeviceClass with the spec %j", (spec, problems) => {
  expect(problemsOf(DeviceClassKind, { spec })).toEqual(problems);
});

describe("a ResourceClaim", () => {
  const request = { name: "gpu", exactly: { deviceClassName: "gpu.example.com" } };
  const spec = { devices: { requests: [request] } };

  test("asks for one device unless it says otherwise", () => {
    const firstAvailable = [{ name: "large", deviceClassName: "large", allocationMode: "All" }];
    const { devices } = asRead(ResourceV1ResourceClaimKind, {
      spec: { devices: { requests: [request, { name: "any", firstAvailable }] } },
    }).spec;
    expect(devices.requests).toEqual([
      { name: "gpu", exactly: { deviceClassName: "gpu.example.com", allocationMode: "ExactCount", count: 1 } },
      { name: "any", firstAvailable },
    ]);
  });

  const unknownRequest = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  test.each([
    [{ requests: [request], constraints: [{ requests: ["gpu"], matchAttribute: "gpu.example.com/model" }], config: [{ opaque }] }, []],
    [
      { requests: [{ name: "gpu" }] },
      ["spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
    ],
    [{ requests: [request, request] }, ['spec.devices.requests[1]: Duplicate value: "gpu"']],
    [
      { requests: [{ name: "gpu", exactly: { ...request.exactly, allocationMode: "All", count: 2 } }] },
      ["spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'"],
    ],
    [
      { requests: [request], config: [{ requests: ["cpu"], opaque }] },
      [`spec.devices.config[0].requests[0]: Invalid value: "cpu": ${unknownRequest}`],
    ],
    [
      { requests: [request], constraints: [{ matchAttribute: "model" }] },
      [
        'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      ],
    ],
  ] as readonly (readonly [Body, readonly string[]])[])("for the devices %j", (devices, problems) => {
    expect(problemsOf(ResourceV1ResourceClaimKind, { spec: { devices } })).toEqual(problems);
  });

  const result = { request: "gpu", driver: "gpu.example.com", pool: "node-1", device: "gpu-0" };
  const pod = { resource: "pods", name: "web-1", uid: "1" };
  const allocated = { allocation: { devices: { results: [result] } } };
  test("is given devices once, and is used by nobody before", () => {
    expect(problemsOfStatusUpdate(ResourceV1ResourceClaimKind, { spec }, { spec, status: { ...allocated, reservedFor: [pod] } })).toEqual(
      [],
    );
    expect(problemsOfStatusUpdate(ResourceV1ResourceClaimKind, { spec }, { spec, status: { reservedFor: [pod] } })).toEqual([
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
    ]);
    const other = { allocation: { devices: { results: [{ ...result, device: "gpu-1" }] } } };
    expect(problemsOfStatusUpdate(ResourceV1ResourceClaimKind, { spec, status: allocated }, { spec, status: other })).toEqual([
      expect.stringMatching(/^status\.allocation: Invalid value: .*: field is immutable$/),
    ]);
    expect(problemsOfUpdate(ResourceV1ResourceClaimKind, { spec }, { spec: {} })).toEqual([
      expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/),
    ]);
  });

  test("has drivers speak only of devices that it was given", () => {
    const devices = [{ driver: "gpu.example.com", pool: "node-1", device: "gpu-1" }];
    expect(problemsOfStatusUpdate(ResourceV1ResourceClaimKind, { spec }, { spec, status: { ...allocated, devices } })).toEqual([
      'status.devices[0]: Invalid value: "gpu.example.com/node-1/gpu-1": must be an allocated device in the claim',
    ]);
  });

  test("shows in a table how far it is", () => {
    expect(rowOf(ResourceV1ResourceClaimKind, { spec }).State).toBe("pending");
    expect(rowOf(ResourceV1ResourceClaimKind, { spec, status: { ...allocated, reservedFor: [pod] } }).State).toBe("allocated,reserved");
  });
});

test("a ResourceClaimTemplate asks as its claims do", () => {
  expect(problemsOf(ResourceClaimTemplateKind, { spec: { spec: { devices: { requests: [{ name: "Gpu" }] } } } })).toEqual([
    expect.stringMatching(/^spec\.spec\.devices\.requests\[0\]\.name: Invalid value: "Gpu": a lowercase RFC 1123 label/),
    "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
  ]);
});

describe("a ResourceSlice", () => {
  const spec = { driver: "gpu.example.com", pool: { name: "node-1", generation: 1, resourceSliceCount: 1 }, nodeName: "node-1" };
  const device = { name: "gpu-0", attributes: { model: { string: "A" } }, capacity: { "gpu.example.com/memory": { value: "8Gi" } } };
  const place = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  const shared = (requestPolicy: object): object => ({
    ...spec,
    devices: [{ name: "gpu-0", allowMultipleAllocations: true, capacity: { memory: { value: "8Gi", requestPolicy } } }],
  });
  const policy = "spec.devices[0].capacity[memory].requestPolicy";

  test.each([
    [{ ...spec, devices: [device] }, []],
    [{ ...spec, nodeName: undefined }, [`spec: Required value: ${place}`]],
    [{ ...spec, allNodes: true }, [`spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${place}, but multiple fields are set`]],
    [
      { ...spec, pool: { name: "node-1", generation: -1, resourceSliceCount: 0 } },
      [
        "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
        "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
      ],
    ],
    [{ ...spec, devices: [device, device] }, ['spec.devices[1]: Duplicate value: "gpu-0"']],
    [
      { ...spec, devices: [{ ...device, attributes: { model: { string: "A", int: 1 }, driver: { version: "1" } } }] },
      [
        'spec.devices[0].attributes[driver].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
        'spec.devices[0].attributes[model]: Invalid value: {"int":1,"string":"A"}: exactly one value must be specified',
      ],
    ],
    [
      { ...spec, devices: [{ ...device, allNodes: true }] },
      [
        "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
      ],
    ],
    [
      { ...spec, sharedCounters: [{ name: "memory", counters: { Total: { value: "8Gi" } } }] },
      [expect.stringMatching(/^spec\.sharedCounters\[0\]\.counters\[Total\]: Invalid value: "Total": a lowercase RFC 1123 label/)],
    ],
    [shared({ default: "1Gi", validRange: { min: "1Gi", step: "1Gi" } }), []],
    [
      shared({ default: "1Gi", validValues: ["4Gi", "2Gi", "16Gi"] }),
      [
        `${policy}.validValues[1]: Invalid value: "2Gi": values must be sorted in ascending order`,
        `${policy}.validValues[2]: Invalid value: "16Gi": option is larger than capacity value: 8Gi`,
        `${policy}.validValues: Invalid value: "1Gi": default value is not valid according to the requestPolicy`,
      ],
    ],
    [
      shared({ default: "3Gi", validRange: { min: "2Gi", max: "16Gi", step: "2Gi" } }),
      [
        `${policy}.validRange.max: Invalid value: "16Gi": max is larger than capacity value: 8Gi`,
        `${policy}.validRange.step: Invalid value: "3Gi": value is not a multiple of a given step (2Gi) from (2Gi)`,
      ],
    ],
  ] as readonly (readonly [Body, readonly string[]])[])("with the spec %j", (given, problems) => {
    expect(problemsOf(ResourceSliceKind, { spec: given })).toEqual(problems);
  });

  test("goes on telling of the same pool", () => {
    expect(problemsOfUpdate(ResourceSliceKind, { spec }, { spec: { ...spec, nodeName: "node-2" } })).toEqual([
      'spec.nodeName: Invalid value: "node-2": field is immutable',
    ]);
  });
});

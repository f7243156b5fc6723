import { describe, expect, test } from "vitest";
import { asRead, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { CSIDriverKind } from "./csi-driver.ts";
import { CSINodeKind } from "./csi-node.ts";
import { CSIStorageCapacityKind } from "./csi-storage-capacity.ts";
import { VolumeAttachmentKind } from "./volume-attachment.ts";
import { VolumeAttributesClassKind } from "./volume-attributes-class.ts";

describe("a CSIDriver", () => {
  test("attaches persistent volumes unless it says otherwise", () => {
    expect(asRead(CSIDriverKind, {}).spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      volumeLifecycleModes: ["Persistent"],
      storageCapacity: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      requiresRepublish: false,
      seLinuxMount: false,
    });
  });

  test.each([
    [{ fsGroupPolicy: "None", volumeLifecycleModes: ["Ephemeral"], tokenRequests: [{}, { audience: "vault" }] }, []],
    [
      { fsGroupPolicy: "Always" },
      ['spec.fsGroupPolicy: Unsupported value: "Always": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
    ],
    [
      { volumeLifecycleModes: ["Weekly"] },
      ['spec.volumeLifecycleModes: Unsupported value: "Weekly": supported values: "Persistent", "Ephemeral"'],
    ],
    [
      { tokenRequests: [{ audience: "a", expirationSeconds: 60 }, { audience: "a" }] },
      [
        "spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes",
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
      ],
    ],
  ])("with the spec %j", (spec, problems) => {
    expect(problemsOf(CSIDriverKind, { spec })).toEqual(problems);
  });

  test("keeps whether volumes are attached", () => {
    expect(problemsOfUpdate(CSIDriverKind, {}, { spec: { attachRequired: false } })).toEqual([
      "spec.attachedRequired: Invalid value: false: field is immutable",
    ]);
  });
});

describe("a CSINode", () => {
  const driver = { name: "disks.example.com", nodeID: "node-1", topologyKeys: ["example.com/rack"], allocatable: { count: 8 } };
  test.each([
    [[driver], []],
    [[], []],
    [[{}], ["spec.drivers[0].name: Required value", "spec.drivers[0].nodeID: Required value"]],
    [[driver, driver], ['spec.drivers[1].name: Duplicate value: "disks.example.com"']],
    [
      [{ ...driver, allocatable: { count: -1 } }],
      ["spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0"],
    ],
  ])("with the drivers %j", (drivers, problems) => {
    expect(problemsOf(CSINodeKind, { spec: { drivers } })).toEqual(problems);
  });

  test("may take another number of volumes, but its driver stays what it is", () => {
    const from = { spec: { drivers: [driver] } };
    expect(problemsOfUpdate(CSINodeKind, from, { spec: { drivers: [{ ...driver, allocatable: { count: 9 } }] } })).toEqual([]);
    expect(problemsOfUpdate(CSINodeKind, from, { spec: { drivers: [] } })).toEqual([]);
    expect(problemsOfUpdate(CSINodeKind, from, { spec: { drivers: [{ ...driver, nodeID: "node-2" }] } })).toEqual([
      expect.stringMatching(/^spec\.drivers: Invalid value: .*: field is immutable$/),
    ]);
  });
});

test("a CSIStorageCapacity is of one class and place", () => {
  expect(problemsOf(CSIStorageCapacityKind, { storageClassName: "fast", capacity: "-1Gi" })).toEqual([
    'capacity: Invalid value: "-1Gi": must be greater than or equal to 0',
  ]);
  expect(problemsOfUpdate(CSIStorageCapacityKind, { storageClassName: "fast" }, { storageClassName: "slow", capacity: "1Gi" })).toEqual([
    'storageClassName: Invalid value: "slow": field is immutable',
  ]);
  expect(rowOf(CSIStorageCapacityKind, { storageClassName: "fast" })).toEqual({
    Name: "web",
    StorageClassName: "fast",
    Capacity: "<unset>",
  });
});

describe("a VolumeAttachment", () => {
  const spec = { attacher: "disks.example.com", nodeName: "node-1", source: { persistentVolumeName: "pv-1" } };
  const exactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  const inlineVolumeSpec = { accessModes: ["ReadWriteOnce"], csi: { driver: "disks.example.com", volumeHandle: "1" } };
  test.each([
    [spec, []],
    [{ ...spec, source: { inlineVolumeSpec } }, []],
    [{ ...spec, attacher: "" }, ["spec.attacher: Required value"]],
    [{ ...spec, source: {} }, [`spec.source: Required value: ${exactlyOne}`]],
    [{ ...spec, source: { ...spec.source, inlineVolumeSpec } }, [`spec.source: Forbidden: ${exactlyOne}`]],
    [
      { ...spec, source: { inlineVolumeSpec: { ...inlineVolumeSpec, capacity: { storage: "1Gi" } } } },
      ["spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes"],
    ],
  ])("with the spec %j", (given, problems) => {
    expect(problemsOf(VolumeAttachmentKind, { spec: given })).toEqual(problems);
  });

  test("never asks for something else", () => {
    expect(problemsOfUpdate(VolumeAttachmentKind, { spec }, { spec: { ...spec, nodeName: "node-2" } })).toEqual([
      expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/),
    ]);
  });

  test("tells whether it is attached, and no long stories", () => {
    expect(
      problemsOfStatusUpdate(VolumeAttachmentKind, { spec }, { spec, status: { attachError: { message: "x".repeat(1025) } } }),
    ).toEqual(["status.attachError.message: Too long: may not be more than 262144 bytes"]);
    expect(rowOf(VolumeAttachmentKind, { spec, status: { attached: true } })).toEqual({
      Name: "web",
      Attacher: "disks.example.com",
      PV: "pv-1",
      Node: "node-1",
      Attached: true,
      Age: "60s",
    });
  });
});

test("a VolumeAttributesClass has parameters, and keeps them", () => {
  const body = { driverName: "disks.example.com", parameters: { iops: "1000" } };
  expect(problemsOf(VolumeAttributesClassKind, body)).toEqual([]);
  expect(problemsOf(VolumeAttributesClassKind, { driverName: "" })).toEqual([
    "driverName: Required value",
    "parameters: Required value: must contain at least one key/value pair",
  ]);
  expect(problemsOfUpdate(VolumeAttributesClassKind, body, { ...body, parameters: { iops: "2000" } })).toEqual([
    "parameters: Forbidden: updates to parameters are forbidden.",
  ]);
});

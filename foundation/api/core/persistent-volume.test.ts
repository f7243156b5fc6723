import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { PersistentVolumeClaimKind } from "./persistent-volume-claim.ts";
import { PersistentVolumeKind } from "./persistent-volume.ts";

const context = { now: noon, user: { name: "ada", groups: [] } };
const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

describe("a PersistentVolume", () => {
  test("is kept, carries a file system and waits where nothing else is said", () => {
    const { spec, status } = asRead(PersistentVolumeKind, { spec: volume });
    expect([spec, status]).toEqual([
      { ...volume, hostPath: { path: "/data", type: "" }, persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" },
      { phase: "Pending" },
    ]);
  });

  test("notes when its phase changes", () => {
    const previous = asRead(PersistentVolumeKind, {
      spec: volume,
      status: { phase: "Available", lastPhaseTransitionTime: "2026-06-01T11:00:00Z" },
    });
    const bound = { ...previous, status: { ...previous.status, phase: "Bound" as const } };
    const prepare = PersistentVolumeKind.strategy.prepareForStatusUpdate!;
    expect(prepare(bound, previous, context).status).toEqual({ phase: "Bound", lastPhaseTransitionTime: "2026-06-01T12:00:00Z" });
    expect(prepare(previous, previous, context)).toBe(previous);
  });

  test.each([
    [volume, []],
    [{ ...volume, accessModes: [] }, ["spec.accessModes: Required value"]],
    [
      { ...volume, accessModes: ["ReadWriteOncePod", "ReadOnlyMany"] },
      ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
    ],
    [{ ...volume, capacity: {} }, ["spec.capacity: Required value"]],
    [{ ...volume, capacity: { storage: "0" } }, ['spec.capacity[storage]: Invalid value: "0": must be greater than zero']],
    [{ ...volume, hostPath: undefined }, ["spec: Required value: must specify a volume type"]],
    [{ ...volume, nfs: { server: "a", path: "/b" } }, ["spec.nfs: Forbidden: may not specify more than 1 volume type"]],
    [{ ...volume, hostPath: { path: "/a/../b" } }, ["spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"]],
    [
      { ...volume, hostPath: undefined, local: { path: "/mnt" } },
      ["spec.nodeAffinity: Required value: Local volume requires node affinity"],
    ],
    [
      { ...volume, hostPath: { path: "/./" }, persistentVolumeReclaimPolicy: "Recycle" },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
    [
      { ...volume, volumeAttributesClassName: "fast" },
      ["spec.csi: Required value: has to be specified when using volumeAttributesClassName"],
    ],
  ])("%j", (spec, problems) => {
    expect(problemsOf(PersistentVolumeKind, { spec })).toEqual(problems);
  });

  test("stays the storage that it is", () => {
    expect(
      problemsOfUpdate(PersistentVolumeKind, { spec: volume }, { spec: { ...volume, hostPath: { path: "/other" }, volumeMode: "Block" } }),
    ).toEqual([
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
      'volumeMode: Invalid value: "Block": field is immutable',
    ]);
  });

  test("may be given stable labels in place of beta ones, and nothing else, as to its nodes", () => {
    const on = (key: string): object => ({
      ...volume,
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["a"] }] }] } },
    });
    expect(
      problemsOfUpdate(
        PersistentVolumeKind,
        { spec: on("failure-domain.beta.kubernetes.io/zone") },
        { spec: on("topology.kubernetes.io/zone") },
      ),
    ).toEqual([]);
    expect(problemsOfUpdate(PersistentVolumeKind, { spec: on("a") }, { spec: on("b") })).toHaveLength(1);
  });

  test("is shown with its claim", () => {
    const claimRef = { namespace: "default", name: "data" };
    const spec = { ...volume, accessModes: ["ReadOnlyMany", "ReadWriteOnce"], claimRef, storageClassName: "fast" };
    expect(rowOf(PersistentVolumeKind, { spec, status: { phase: "Bound" } })).toEqual({
      Name: "web",
      Capacity: "1Gi",
      "Access Modes": "RWO,ROX",
      "Reclaim Policy": "Retain",
      Status: "Bound",
      Claim: "default/data",
      StorageClass: "fast",
      VolumeAttributesClass: "<unset>",
      Reason: "",
      Age: "60s",
      VolumeMode: "Filesystem",
    });
  });
});

describe("a PersistentVolumeClaim", () => {
  test("names what it is filled from in both fields", () => {
    const dataSource = { kind: "PersistentVolumeClaim", name: "old" };
    const both = { dataSource, dataSourceRef: dataSource };
    expect(asRead(PersistentVolumeClaimKind, { spec: { ...claim, dataSource } }).spec).toMatchObject(both);
    expect(asRead(PersistentVolumeClaimKind, { spec: { ...claim, dataSourceRef: dataSource } }).spec).toMatchObject(both);
  });

  test("says how much it wants, and how", () => {
    expect(problemsOf(PersistentVolumeClaimKind, { spec: claim })).toEqual([]);
    expect(problemsOf(PersistentVolumeClaimKind, { spec: {} })).toEqual([
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ]);
  });

  const bound = { spec: { ...claim, volumeName: "v" }, status: { phase: "Bound", capacity: { storage: "1Gi" } } };
  const wanting = (storage: string): typeof bound => ({ ...bound, spec: { ...bound.spec, resources: { requests: { storage } } } });
  const immutable = [
    "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
  ];

  test.each([
    ["is bound once", { spec: claim }, { spec: { ...claim, volumeName: "v" } }, []],
    ["is not bound to another volume", bound, { ...bound, spec: { ...bound.spec, volumeName: "w" } }, immutable],
    ["gets the default class later", { spec: claim }, { spec: { ...claim, storageClassName: "fast" } }, []],
    ["keeps its class", { spec: { ...claim, storageClassName: "slow" } }, { spec: { ...claim, storageClassName: "fast" } }, immutable],
    ["may want more when it is bound", bound, wanting("2Gi"), []],
    ["may not want more before", { spec: claim }, { spec: wanting("2Gi").spec }, immutable],
    ["may take back a wish that was not met yet", wanting("3Gi"), wanting("2Gi"), []],
    [
      "does not shrink",
      wanting("2Gi"),
      wanting("1Gi"),
      ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
    ],
  ])("%s", (_, from, to, problems) => {
    expect(problemsOfUpdate(PersistentVolumeClaimKind, from, to)).toEqual(problems);
  });

  test("is shown with what it was given once it is bound", () => {
    const status = { phase: "Bound", capacity: { storage: "1Gi" }, accessModes: ["ReadWriteMany"] };
    expect(rowOf(PersistentVolumeClaimKind, { spec: claim })).toMatchObject({
      Status: "Pending",
      Volume: "",
      Capacity: "",
      "Access Modes": "",
    });
    expect(rowOf(PersistentVolumeClaimKind, { spec: { ...claim, volumeName: "v" }, status })).toMatchObject({
      Status: "Bound",
      Volume: "v",
      Capacity: "1Gi",
      "Access Modes": "RWX",
    });
    expect(rowOf(PersistentVolumeClaimKind, { metadata: { deletionTimestamp: "2026-06-01T12:00:00Z" }, spec: claim })["Status"]).toBe(
      "Terminating",
    );
  });
});

import { PersistentVolumeClaimKind } from "@kubets/api";
import { expect, test } from "vitest";
import { anObject, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const told = ["event ExternalExpanding"];

test.each<readonly [string, string, object, readonly string[]]>([
  ["wants more than it has", "2Gi", { phase: "Bound", capacity: { storage: "1Gi" } }, told],
  ["has what it wants", "1Gi", { phase: "Bound", capacity: { storage: "1024Mi" } }, []],
  ["has more than it wants", "1Gi", { phase: "Bound", capacity: { storage: "2Gi" } }, []],
  ["has no volume yet", "2Gi", { phase: "Pending" }, []],
  ["grows already", "2Gi", { phase: "Bound", capacity: { storage: "1Gi" }, conditions: [{ type: "Resizing", status: "True" }] }, []],
  [
    "waits for its node",
    "2Gi",
    { phase: "Bound", capacity: { storage: "1Gi" }, conditions: [{ type: "FileSystemResizePending", status: "True" }] },
    [],
  ],
])("a claim that %s", (_state, storage, status, expected) => {
  const claim = anObject(PersistentVolumeClaimKind, "data", { spec: { resources: { requests: { storage } } }, status });
  expect(verbsOf(reconcile(claim).actions)).toEqual(expected);
});

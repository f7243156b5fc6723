import { expect, test } from "vitest";
import { problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { StorageClassKind } from "./storage-class.ts";

const provisioner = "example.com/disks";

test.each([
  [{ provisioner }, []],
  [{}, ["provisioner: Required value"]],
  [{ provisioner, parameters: { "": "x" } }, ['parameters: Invalid value: "": field cannot be empty.']],
  [
    { provisioner, volumeBindingMode: "Later" },
    ['volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"'],
  ],
  [
    { provisioner, allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["a", "a"] }] }] },
    ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"'],
  ],
])("a class %j", (body, problems) => {
  expect(problemsOf(StorageClassKind, body)).toEqual(problems);
});

test("a class keeps what volumes were made by, but may allow their expansion later", () => {
  expect(problemsOfUpdate(StorageClassKind, { provisioner }, { provisioner, allowVolumeExpansion: true })).toEqual([]);
  expect(
    problemsOfUpdate(
      StorageClassKind,
      { provisioner },
      { provisioner, parameters: { a: "b" }, reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" },
    ),
  ).toEqual([
    "parameters: Forbidden: updates to parameters are forbidden.",
    "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ]);
});

test("a table marks the default class", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  expect(rowOf(StorageClassKind, { metadata: { annotations }, provisioner })).toEqual({
    Name: "web (default)",
    Provisioner: provisioner,
    ReclaimPolicy: "Delete",
    VolumeBindingMode: "Immediate",
    AllowVolumeExpansion: false,
    Age: "60s",
  });
});

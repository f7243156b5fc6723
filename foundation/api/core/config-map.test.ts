import { expect, test } from "vitest";
import { problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { ConfigMapKind } from "./config-map.ts";

test("the keys of a ConfigMap are fit to be file names, and stand once", () => {
  const problems = problemsOf(ConfigMapKind, { data: { "a.txt": "x", "..": "x", both: "x" }, binaryData: { both: "AA==", "a b": "AA==" } });
  expect(problems).toEqual([
    "data[..]: Invalid value: \"..\": must not be '..'",
    'data[both]: Invalid value: "both": duplicate of key present in binaryData',
    "binaryData[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
      "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  ]);
});

test("a ConfigMap holds a mebibyte, counted in bytes of text and data", () => {
  const half = 512 * 1024;
  const data = { text: "ü".repeat(half / 2) };
  const full = { data, binaryData: { bytes: btoa("x".repeat(half)) } };
  const over = { data: { ...data, more: "x" }, binaryData: full.binaryData };
  expect([problemsOf(ConfigMapKind, full), problemsOf(ConfigMapKind, over)]).toEqual([
    [],
    [": Too long: may not be more than 1048576 bytes"],
  ]);
});

test("an immutable ConfigMap keeps its data and stays immutable", () => {
  const from = { immutable: true, data: { a: "1" }, binaryData: { b: "AA==" } };
  const text = "Forbidden: field is immutable when `immutable` is set";
  expect(problemsOfUpdate(ConfigMapKind, from, from)).toEqual([]);
  expect(problemsOfUpdate(ConfigMapKind, from, { data: { a: "2" } })).toEqual([
    `immutable: ${text}`,
    `data: ${text}`,
    `binaryData: ${text}`,
  ]);
});

test("a table counts the keys of a ConfigMap", () => {
  expect(rowOf(ConfigMapKind, { data: { a: "1", b: "2" }, binaryData: { c: "" } })).toEqual({ Name: "web", Data: 3, Age: "60s" });
});

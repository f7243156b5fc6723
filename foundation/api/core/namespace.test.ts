import type { StrategyContext } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { NamespaceKind } from "./namespace.ts";

const context: StrategyContext = { now: noon, user: { name: "ada", groups: [] } };

test("a namespace is labelled with its name, active, and held by the finalizer for its content", () => {
  const { metadata, spec, status } = NamespaceKind.strategy.prepareForCreate!(asRead(NamespaceKind, {}), context);
  expect({ labels: metadata.labels, spec, status }).toEqual({
    labels: { "kubernetes.io/metadata.name": "web" },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
});

test("a namespace that is still to be named gets its label once it has a name", () => {
  const unnamed = asRead(NamespaceKind, { metadata: { name: "", generateName: "run-" } });
  const named = NamespaceKind.strategy.prepareForCreate!({ ...unnamed, metadata: { ...unnamed.metadata, name: "run-x7" } }, context);
  expect([unnamed.metadata.labels, named.metadata.labels]).toEqual([undefined, { "kubernetes.io/metadata.name": "run-x7" }]);
});

test("an update leaves the finalizers of the spec alone", () => {
  const previous = asRead(NamespaceKind, { spec: { finalizers: ["kubernetes"] } });
  expect(NamespaceKind.strategy.prepareForUpdate!(asRead(NamespaceKind, {}), previous, context).spec).toEqual(previous.spec);
});

test("a finalizer of the spec is a standard or a fully qualified name", () => {
  expect(problemsOf(NamespaceKind, { spec: { finalizers: ["kubernetes", "example.com/mine", "mine"] } })).toEqual([
    'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});

describe("the phase follows deletion", () => {
  const deleted = { metadata: { deletionTimestamp: "2026-06-01T11:59:59Z" } };
  test.each([
    [{ status: { phase: "Active" } }, []],
    [{ ...deleted, status: { phase: "Terminating" } }, []],
    [
      { status: { phase: "Terminating" } },
      ["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"],
    ],
    [
      { ...deleted, status: { phase: "Active" } },
      ["status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty"],
    ],
  ])("%j", (to, problems) => {
    expect(problemsOfStatusUpdate(NamespaceKind, {}, to)).toEqual(problems);
  });
});

test("a table shows a namespace's phase and age", () => {
  expect(rowOf(NamespaceKind, {})).toEqual({ Name: "web", Status: "Active", Age: "60s" });
});

import { describe, expect, test } from "vitest";
import { forbidden, invalid, messageOf, required, tooLong } from "./field-errors.ts";
import type { ObjectMeta } from "./meta.ts";
import {
  mostAnnotationBytes,
  type MetadataRules,
  validateFieldManager,
  validateLabelSelector,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "./validate-metadata.ts";

const namespaced: MetadataRules = { scope: "Namespaced", strategy: {} };
const cluster: MetadataRules = { scope: "Cluster", strategy: { name: "pathSegment" } };
const metadata: ObjectMeta = {
  name: "web",
  namespace: "default",
  uid: "0d8f2f8e-5f5a-4f6e-9d8a-1f2e3d4c5b6a",
  resourceVersion: "7",
  creationTimestamp: "2026-01-01T00:00:00Z",
};
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "1", controller: true };

/** Field and text of each error; only the beginning where the text is long. */
function problemsOf(changes: Partial<Record<keyof ObjectMeta, unknown>>, rules: MetadataRules = namespaced): readonly string[] {
  return validateObjectMeta(rules, { ...metadata, ...changes } as ObjectMeta).map((error) =>
    `${error.field}: ${messageOf(error)}`.slice(0, 110),
  );
}

describe("the metadata of an object", () => {
  test("of a namespace has a name and the namespace", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ name: "", namespace: undefined })).toEqual([
      "metadata.name: Required value: name or generateName is required",
      "metadata.namespace: Required value",
    ]);
  });

  test("of the cluster has no namespace, and the kind's rule holds for its name", () => {
    expect(problemsOf({ name: "system:node", namespace: undefined }, cluster)).toEqual([]);
    expect(problemsOf({}, cluster)).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
    expect(problemsOf({ name: "a/b", namespace: "" }, cluster)).toEqual(["metadata.name: Invalid value: \"a/b\": may not contain '/'"]);
  });

  test("has names, labels, annotations and finalizers of the right form", () => {
    expect(problemsOf({ name: "Web", generateName: "Web-", namespace: "a.b" })).toEqual([
      'metadata.generateName: Invalid value: "Web-": a lowercase RFC 1123 subdomain must consist of lower case alphan',
      'metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric ch',
      'metadata.namespace: Invalid value: "a.b": must not contain dots',
    ]);
    expect(
      problemsOf({ labels: { "-a": "b", c: "-d", "example.com/e": "f" }, annotations: { "A.com/X": "any\nthing", "b c": "" } }),
    ).toEqual([
      "metadata.labels: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and ",
      'metadata.labels: Invalid value: "-d": a valid label must be an empty string or consist of alphanumeric charact',
      "metadata.annotations: Invalid value: \"b c\": name part must consist of alphanumeric characters, '-', '_' or '.'",
    ]);
    expect(problemsOf({ labels: { "a-b.c/d": "e", "a..b/c": "d", "a-.b/c": "d" }, annotations: { "a..b/c": "d" } })).toEqual(
      ["labels", "labels", "annotations"].map((where) => expect.stringContaining(`metadata.${where}: Invalid value: "a`)),
    );
    expect(problemsOf({ finalizers: ["example.com/a", "b c"] })).toEqual([
      "metadata.finalizers: Invalid value: \"b c\": name part must consist of alphanumeric characters, '-', '_' or '.',",
    ]);
    expect(problemsOf({ finalizers: ["orphan", "foregroundDeletion"] })).toEqual([
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion c',
    ]);
  });

  test("has at most 256 KiB of annotations", () => {
    const value = "x".repeat(mostAnnotationBytes - 1);
    expect(validateObjectMeta(namespaced, { ...metadata, annotations: { a: value } })).toEqual([]);
    expect(validateObjectMeta(namespaced, { ...metadata, annotations: { ab: value } })).toEqual([
      tooLong("metadata.annotations", mostAnnotationBytes),
    ]);
    expect(validateObjectMeta(namespaced, { ...metadata, annotations: { a: "ü".repeat(mostAnnotationBytes / 2) } })).toHaveLength(1);
  });

  test("has owners that can be found, and at most one controller", () => {
    expect(problemsOf({ ownerReferences: [owner] })).toEqual([]);
    expect(problemsOf({ ownerReferences: [{ apiVersion: "", kind: "", name: "", uid: "" }] })).toEqual([
      "metadata.ownerReferences[0].apiVersion: Required value: must not be empty",
      "metadata.ownerReferences[0].kind: Required value: must not be empty",
      "metadata.ownerReferences[0].name: Required value: must not be empty",
      "metadata.ownerReferences[0].uid: Required value: must not be empty",
    ]);
    expect(validateObjectMeta(namespaced, { ...metadata, ownerReferences: [owner, { ...owner, name: "api" }] })[0]!.detail).toBe(
      'Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/web and ReplicaSet/api',
    );
    expect(problemsOf({ ownerReferences: [{ ...owner, apiVersion: "a/b/c" }] })).toEqual([
      'metadata.ownerReferences[0].apiVersion: Invalid value: "a/b/c": must be <group>/<version> or <version>',
    ]);
    expect(problemsOf({ ownerReferences: [{ ...owner, apiVersion: "v1", kind: "Event" }] })[0]).toContain(
      "metadata.ownerReferences[0]: Invalid value",
    );
  });

  test("says who manages its fields", () => {
    expect(problemsOf({ managedFields: [{ manager: "kubectl", operation: "Update", fieldsType: "FieldsV1" }] })).toEqual([]);
    expect(problemsOf({ managedFields: [{}, { operation: "Patch", fieldsType: "V2", manager: "a\nb" }] })).toEqual([
      "metadata.managedFields[0].operation: Required value: must not be empty",
      'metadata.managedFields[1].operation: Unsupported value: "Patch": supported values: "Apply", "Update"',
      'metadata.managedFields[1].fieldsType: Invalid value: "V2": must be `FieldsV1`',
      'metadata.managedFields[1].manager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ]);
  });
});

describe("an update of the metadata", () => {
  test("may change what clients may change", () => {
    expect(validateObjectMetaUpdate({ ...metadata, labels: { a: "b" }, generation: 2 }, { ...metadata, generation: 1 })).toEqual([]);
  });

  test("may not change who the object is", () => {
    const changed = {
      ...metadata,
      name: "api",
      namespace: "other",
      uid: "2",
      creationTimestamp: "2027-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 3,
    };
    expect(validateObjectMetaUpdate(changed, metadata)).toEqual([
      invalid("metadata.name", "api", "field is immutable"),
      invalid("metadata.namespace", "other", "field is immutable"),
      invalid("metadata.uid", "2", "field is immutable"),
      invalid("metadata.creationTimestamp", "2027-01-01T00:00:00Z", "field is immutable"),
      invalid("metadata.deletionGracePeriodSeconds", 3, "field is immutable"),
    ]);
  });

  test("needs the revision that it was made against, and never counts the generation down", () => {
    expect(validateObjectMetaUpdate({ ...metadata, resourceVersion: "", generation: 1 }, { ...metadata, generation: 2 })).toEqual([
      invalid("metadata.resourceVersion", "", "must be specified for an update"),
      invalid("metadata.generation", 1, "must not be decremented"),
    ]);
  });

  test("may take finalizers from an object that is being deleted, but give it none", () => {
    const deleted = { ...metadata, deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["example.com/a", "example.com/b"] };
    expect(validateObjectMetaUpdate({ ...deleted, finalizers: ["example.com/b"] }, deleted)).toEqual([]);
    expect(validateObjectMetaUpdate({ ...deleted, finalizers: ["example.com/c", "example.com/a"] }, deleted)).toEqual([
      forbidden(
        "metadata.finalizers",
        'no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/c"}',
      ),
    ]);
  });
});

test("a field manager's name is printable and of 128 bytes at most", () => {
  expect(validateFieldManager("kubectl-client-side-apply ü", "fieldManager")).toEqual([]);
  expect(validateFieldManager("x".repeat(129), "fieldManager")).toEqual([tooLong("fieldManager", 128)]);
  expect(validateFieldManager("ü\u00a0", "fieldManager")).toEqual([
    invalid("fieldManager", "ü\u00a0", "invalid character U+00A0 (at position 2)"),
  ]);
});

test("a selector's conditions fit their operators", () => {
  expect(
    validateLabelSelector(
      {
        matchLabels: { app: "web" },
        matchExpressions: [
          { key: "a", operator: "In" },
          { key: "b", operator: "Exists", values: ["x"] },
          { key: "c", operator: "Near" as "In" },
          { key: "", operator: "In", values: ["-x"] },
        ],
      },
      "spec.selector",
    ).map(({ field, type }) => `${field} ${type}`),
  ).toEqual([
    "spec.selector.matchExpressions[0].values FieldValueRequired",
    "spec.selector.matchExpressions[1].values FieldValueForbidden",
    "spec.selector.matchExpressions[2].operator FieldValueInvalid",
    "spec.selector.matchExpressions[3].key FieldValueInvalid",
    "spec.selector.matchExpressions[3].key FieldValueInvalid",
    "spec.selector.matchExpressions[3].values[0] FieldValueInvalid",
  ]);
  expect(required("x")).toEqual({ type: "FieldValueRequired", field: "x", detail: "" });
  expect(
    validateLabelSelector({ matchExpressions: [{ key: "a", operator: "In", values: ["-x"] }] }, "s", { allowInvalidValues: true }),
  ).toEqual([]);
});

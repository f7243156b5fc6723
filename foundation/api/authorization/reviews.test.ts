import { describe, expect, test } from "vitest";
import { asRead, problemsOf } from "../testing/kind-under-test.ts";
import { LocalSubjectAccessReviewKind } from "./local-subject-access-review.ts";
import { SelfSubjectAccessReviewKind } from "./self-subject-access-review.ts";
import { SelfSubjectRulesReviewKind } from "./self-subject-rules-review.ts";
import { SubjectAccessReviewKind } from "./subject-access-review.ts";

const resourceAttributes = { verb: "get", resource: "pods", namespace: "default" };
const nonResourceAttributes = { verb: "get", path: "/metrics" };

test("nothing is allowed before a review is answered", () => {
  expect(asRead(SelfSubjectAccessReviewKind, { spec: { resourceAttributes } }).status).toEqual({ allowed: false });
  expect(asRead(SelfSubjectRulesReviewKind, {}).status).toEqual({ resourceRules: [], nonResourceRules: [], incomplete: false });
});

describe("a review asks about one thing", () => {
  test.each([
    [{ resourceAttributes }, []],
    [{ nonResourceAttributes }, []],
    [{}, ["spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"]],
    [
      { resourceAttributes, nonResourceAttributes },
      [
        'spec.nonResourceAttributes: Invalid value: {"path":"/metrics","verb":"get"}: cannot be specified in combination with resourceAttributes',
      ],
    ],
    [
      {
        resourceAttributes: {
          ...resourceAttributes,
          labelSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "Exists" }] },
        },
      },
      ['spec.resourceAttributes.labelSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements'],
    ],
    [
      { resourceAttributes: { ...resourceAttributes, fieldSelector: {} } },
      [
        "spec.resourceAttributes.fieldSelector.requirements: Required value: " +
          "when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required",
      ],
    ],
  ])("%j", (spec, problems) => {
    expect(problemsOf(SelfSubjectAccessReviewKind, { spec })).toEqual(problems);
  });
});

test("a review of someone else's access names who it is", () => {
  expect(problemsOf(SubjectAccessReviewKind, { spec: { resourceAttributes, groups: ["dev"] } })).toEqual([]);
  expect(problemsOf(SubjectAccessReviewKind, { spec: { resourceAttributes } })).toEqual([
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ]);
});

test("a review within a namespace stays there", () => {
  const attributes = { ...resourceAttributes, namespace: "other" };
  expect(problemsOf(LocalSubjectAccessReviewKind, { spec: { user: "ada", resourceAttributes } })).toEqual([]);
  expect(problemsOf(LocalSubjectAccessReviewKind, { spec: { user: "ada", resourceAttributes: attributes } })).toEqual([
    'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
  ]);
  expect(problemsOf(LocalSubjectAccessReviewKind, { spec: { user: "ada", nonResourceAttributes } })).toEqual([
    'spec.nonResourceAttributes: Invalid value: {"path":"/metrics","verb":"get"}: disallowed on this kind of request',
  ]);
});

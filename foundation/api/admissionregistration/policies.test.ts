import { describe, expect, test } from "vitest";
import { asRead, type Body, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { MutatingAdmissionPolicyBindingKind } from "./mutating-admission-policy-binding.ts";
import { MutatingAdmissionPolicyKind } from "./mutating-admission-policy.ts";
import { ValidatingAdmissionPolicyBindingKind } from "./validating-admission-policy-binding.ts";
import { ValidatingAdmissionPolicyKind } from "./validating-admission-policy.ts";

const rule = { operations: ["CREATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] };
const matchConstraints = { resourceRules: [rule] };

describe("a ValidatingAdmissionPolicy", () => {
  const spec = { matchConstraints, validations: [{ expression: "object.spec.replicas < 5" }] };

  test("looks at all objects, and refuses when it fails, unless it says otherwise", () => {
    expect(asRead(ValidatingAdmissionPolicyKind, { spec }).spec).toEqual({
      ...spec,
      matchConstraints: {
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [{ ...rule, scope: "*" }],
        matchPolicy: "Equivalent",
      },
      failurePolicy: "Fail",
    });
  });

  const atLeastOne = "validations or auditAnnotations must contain at least one item";
  test.each([
    [spec, []],
    [
      {},
      [
        "spec.matchConstraints: Required value",
        `spec.validations: Required value: ${atLeastOne}`,
        `spec.auditAnnotations: Required value: ${atLeastOne}`,
      ],
    ],
    [{ ...spec, matchConstraints: {} }, ["spec.matchConstraints.resourceRules: Required value"]],
    [
      { ...spec, paramKind: { apiVersion: "a/b/c", kind: "No Kind" } },
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        expect.stringMatching(
          /^spec.paramKind.kind: Invalid value: "No Kind": may have mixed case, but should otherwise match: a DNS-1035/,
        ),
      ],
    ],
    [
      {
        ...spec,
        variables: [
          { name: "in", expression: "1" },
          { name: "a", expression: "" },
        ],
      },
      [
        'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
        "spec.variables[1].expression: Required value: expression is not specified",
      ],
    ],
    [
      { ...spec, validations: [{ expression: "", message: "a\nb", reason: "Because" }] },
      [
        "spec.validations[0].expression: Required value: expression is not specified",
        'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
        'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
      ],
    ],
    [
      { ...spec, auditAnnotations: [{ key: "a", valueExpression: "'x'" }, { key: "a" }] },
      [
        "spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified",
        'spec.auditAnnotations[1].key: Duplicate value: "a"',
      ],
    ],
  ] as readonly (readonly [Body, readonly string[]])[])("with the spec %j", (given, problems) => {
    expect(problemsOf(ValidatingAdmissionPolicyKind, { spec: given })).toEqual(problems);
  });

  test("shows the kind of its parameters in a table", () => {
    const paramKind = { apiVersion: "rules.example.com/v1", kind: "Limit" };
    expect(rowOf(ValidatingAdmissionPolicyKind, { spec: { ...spec, paramKind } })).toEqual({
      Name: "web",
      Validations: 1,
      ParamKind: "rules.example.com/v1/Limit",
      Age: "60s",
    });
  });
});

describe("a binding", () => {
  const spec = { policyName: "limits", validationActions: ["Deny"] };
  test.each([
    [spec, []],
    [{}, ["spec.policyName: Required value", "spec.validationActions: Required value: at least one validation action is required"]],
    [
      { ...spec, validationActions: ["Deny", "Warn", "Deny", "Shout"] },
      [
        'spec.validationActions[3]: Unsupported value: "Shout": supported values: "Audit", "Deny", "Warn"',
        'spec.validationActions[2]: Duplicate value: "Deny"',
        'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Shout"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [
      { ...spec, paramRef: {} },
      ["spec.paramRef: Required value: one of name or selector must be specified", "spec.paramRef.parameterNotFoundAction: Required value"],
    ],
    [
      { ...spec, paramRef: { name: "a", selector: {}, parameterNotFoundAction: "Allow" } },
      [
        "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
      ],
    ],
  ] as readonly (readonly [Body, readonly string[]])[])("with the spec %j", (given, problems) => {
    expect(problemsOf(ValidatingAdmissionPolicyBindingKind, { spec: given })).toEqual(problems);
  });

  test("shows its parameters in a table", () => {
    const paramRef = { name: "a", parameterNotFoundAction: "Allow" };
    expect(rowOf(MutatingAdmissionPolicyBindingKind, { spec: { policyName: "limits", paramRef } })).toEqual({
      Name: "web",
      PolicyName: "limits",
      ParamRef: "*/a",
      Age: "60s",
    });
    expect(rowOf(ValidatingAdmissionPolicyBindingKind, { spec })).toMatchObject({ ParamRef: "<unset>" });
  });
});

test.each([
  [{ patchType: "JSONPatch", jsonPatch: { expression: "[]" } }, []],
  [{ patchType: "JSONPatch" }, ["spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch"]],
  [{ patchType: "ApplyConfiguration", applyConfiguration: {} }, ["spec.mutations[0].applyConfiguration.expression: Required value"]],
  [
    { patchType: "Magic" },
    ['spec.mutations[0].patchType: Unsupported value: "Magic": supported values: "ApplyConfiguration", "JSONPatch"'],
  ],
] as readonly (readonly [Body, readonly string[]])[])("a MutatingAdmissionPolicy with the mutation %j", (mutation, problems) => {
  const spec = { matchConstraints, mutations: [mutation], reinvocationPolicy: "Never" };
  expect(problemsOf(MutatingAdmissionPolicyKind, { spec })).toEqual(problems);
});

test("a MutatingAdmissionPolicy says whether it is applied again", () => {
  expect(problemsOf(MutatingAdmissionPolicyKind, { spec: { matchConstraints } })).toEqual([
    "spec.mutations: Required value: mutations must contain at least one item",
    "spec.reinvocationPolicy: Required value",
  ]);
});

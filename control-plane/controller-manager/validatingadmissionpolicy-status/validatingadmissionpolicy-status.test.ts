import {
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  DeploymentKind,
  ConfigMapKind,
  type ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import type { Draft, Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { anObject } from "../testing/objects.ts";
import { reconcile } from "./index.ts";
import { typedKinds } from "./typed-kinds.ts";

const crontabs: CustomResourceDefinition = anObject(CustomResourceDefinitionKind, "crontabs.example.com", {
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "CronTab", plural: "crontabs", singular: "crontab" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { schedule: { type: "string" } } } } },
        },
      },
    ],
  },
});
const typed = typedKinds([DeploymentKind as unknown as Kind, ConfigMapKind as unknown as Kind], [crontabs]);

/** A policy about Deployments, unless it says otherwise. */
function aPolicy(spec: Partial<Draft<ValidatingAdmissionPolicy["spec"]>>, rule: object = {}): ValidatingAdmissionPolicy {
  const resourceRules = [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"], ...rule }];
  return anObject(ValidatingAdmissionPolicyKind, "replicas", {
    metadata: { generation: 2 },
    spec: { matchConstraints: { resourceRules }, ...spec },
  });
}

/** What is changed of the status. */
function statusOf(policy: ValidatingAdmissionPolicy): unknown {
  const [action] = reconcile({ policy, typed }).actions;
  return action?.verb === "patch" ? (action.patch as ValidatingAdmissionPolicy).status : undefined;
}
const warningsOf = (policy: ValidatingAdmissionPolicy): unknown => (statusOf(policy) as ValidatingAdmissionPolicy["status"]).typeChecking;

test("a policy without a mistake is looked at, and that is said", () => {
  expect(statusOf(aPolicy({ validations: [{ expression: "object.spec.replicas > 1" }] }))).toEqual({
    observedGeneration: 2,
    typeChecking: { expressionWarnings: null },
  });
});

test("a generation is looked at once", () => {
  const policy = { ...aPolicy({ validations: [{ expression: "object.nothing" }] }), status: { observedGeneration: 2 } };
  expect(reconcile({ policy, typed }).actions).toEqual([]);
});

test("a field that the kind doesn't have is said of the expression that uses it, where and for which kind", () => {
  expect(
    warningsOf(
      aPolicy({
        validations: [
          { expression: "object.spec.replicas > 1" },
          { expression: "object.foo > 1", messageExpression: "'no ' + object.bar" },
        ],
      }),
    ),
  ).toEqual({
    expressionWarnings: [
      {
        fieldRef: "spec.validations[1].expression",
        warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'foo'\n | object.foo > 1\n | ......^\n",
      },
      {
        fieldRef: "spec.validations[1].messageExpression",
        warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:15: undefined field 'bar'\n | 'no ' + object.bar\n | ..............^\n",
      },
    ],
  });
});

test.each<readonly [string, ValidatingAdmissionPolicy, string | undefined]>([
  ["types that don't fit", aPolicy({ validations: [{ expression: "object.spec.replicas == 'two'" }] }), "found no matching overload"],
  [
    "a custom resource, by its definition",
    aPolicy({ validations: [{ expression: "object.spec.suspend" }] }, { apiGroups: ["example.com"], resources: ["crontabs"] }),
    "example.com/v1, Kind=CronTab: ERROR: <input>:1:12: undefined field 'suspend'",
  ],
  [
    "the parameters",
    aPolicy({ paramKind: { apiVersion: "v1", kind: "ConfigMap" }, validations: [{ expression: "params.entries == {}" }] }),
    "undefined field 'entries'",
  ],
  [
    "the policy's own variables",
    aPolicy({
      variables: [{ name: "replicas", expression: "object.spec.replicas" }],
      validations: [{ expression: "variables.replicas.foo" }],
    }),
    "type 'int' does not support field selection",
  ],
  ["every group: nothing", aPolicy({ validations: [{ expression: "object.foo" }] }, { apiGroups: ["*"] }), undefined],
  ["subresources: nothing", aPolicy({ validations: [{ expression: "object.foo" }] }, { resources: ["deployments/scale"] }), undefined],
  ["what isn't served: nothing", aPolicy({ validations: [{ expression: "object.foo" }] }, { apiVersions: ["v9"] }), undefined],
])("expressions are checked against %s", (_what, policy, part) => {
  expect(JSON.stringify(warningsOf(policy))).toEqual(part === undefined ? '{"expressionWarnings":null}' : expect.stringContaining(part));
});

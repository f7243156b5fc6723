import { describe, expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { ClusterRoleBindingKind } from "./cluster-role-binding.ts";
import { ClusterRoleKind } from "./cluster-role.ts";
import { RoleBindingKind } from "./role-binding.ts";
import { RoleKind } from "./role.ts";

const aboutPods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const aboutMetrics = { verbs: ["get"], nonResourceURLs: ["/metrics"] };

test("a role without rules allows nothing", () => {
  expect(asRead(RoleKind, {}).rules).toEqual([]);
});

describe("a rule", () => {
  test.each([
    [aboutPods, []],
    [{ apiGroups: [""], resources: ["pods"] }, ["rules[0].verbs: Required value"]],
    [{ verbs: ["get"], resources: ["pods"] }, ["rules[0].apiGroups: Required value: resource rules must supply at least one api group"]],
    [{ verbs: ["get"], apiGroups: [""] }, ["rules[0].resources: Required value: resource rules must supply at least one resource"]],
    [aboutMetrics, ['rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs']],
  ])("of a Role: %j", (rule, problems) => {
    expect(
      problemsOf(RoleKind, { rules: [rule] }).map((problem) => problem.replace(": verbs must contain at least one value", "")),
    ).toEqual(problems);
  });

  test("of a ClusterRole is about resources or about other paths", () => {
    expect(problemsOf(ClusterRoleKind, { rules: [aboutPods, aboutMetrics] })).toEqual([]);
    expect(problemsOf(ClusterRoleKind, { rules: [{ ...aboutPods, ...aboutMetrics }] })).toEqual([
      'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
    ]);
  });
});

test("an aggregated ClusterRole says which others it gathers", () => {
  expect(problemsOf(ClusterRoleKind, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] } })).toEqual([]);
  expect(problemsOf(ClusterRoleKind, { aggregationRule: {} })).toEqual([
    "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
  ]);
});

const rbac = "rbac.authorization.k8s.io";
const roleRef = { kind: "ClusterRole", name: "view" };

test("a binding names groups of the API where nothing is said", () => {
  const subjects = [
    { kind: "User", name: "ada" },
    { kind: "Group", name: "dev" },
    { kind: "ServiceAccount", name: "bot", namespace: "default" },
  ];
  const read = asRead(RoleBindingKind, { roleRef, subjects });
  expect([read.roleRef, read.subjects?.map(({ apiGroup }) => apiGroup)]).toEqual([{ apiGroup: rbac, ...roleRef }, [rbac, rbac, undefined]]);
});

describe("a binding", () => {
  test.each([
    [{ roleRef }, []],
    [
      { roleRef: { ...roleRef, apiGroup: "example.com" } },
      [`roleRef.apiGroup: Unsupported value: "example.com": supported values: "${rbac}"`],
    ],
    [{ roleRef: { kind: "Role", name: "a/b" } }, ["roleRef.name: Invalid value: \"a/b\": may not contain '/'"]],
    [
      { roleRef, subjects: [{ kind: "Robot", name: "r2" }] },
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ],
    [
      { roleRef, subjects: [{ kind: "ServiceAccount", name: "bot", apiGroup: rbac }] },
      [`subjects[0].apiGroup: Unsupported value: "${rbac}": supported values: ""`],
    ],
  ])("%j", (body, problems) => {
    expect(problemsOf(RoleBindingKind, body)).toEqual(problems);
  });

  test("of the whole cluster gives ClusterRoles only, and names the namespaces of ServiceAccounts", () => {
    expect(
      problemsOf(ClusterRoleBindingKind, { roleRef: { kind: "Role", name: "a" }, subjects: [{ kind: "ServiceAccount", name: "bot" }] }),
    ).toEqual(['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"', "subjects[0].namespace: Required value"]);
  });

  test("keeps its role", () => {
    expect(problemsOfUpdate(RoleBindingKind, { roleRef }, { roleRef: { kind: "ClusterRole", name: "admin" } })).toEqual([
      `roleRef: Invalid value: {"apiGroup":"${rbac}","kind":"ClusterRole","name":"admin"}: cannot change roleRef`,
    ]);
  });
});

test("a table shows who gets which role", () => {
  const subjects = [
    { kind: "User", name: "ada" },
    { kind: "User", name: "bob" },
    { kind: "ServiceAccount", name: "bot", namespace: "ci" },
  ];
  expect(rowOf(RoleBindingKind, { roleRef, subjects })).toEqual({
    Name: "web",
    Role: "ClusterRole/view",
    Age: "60s",
    Users: "ada, bob",
    Groups: "",
    ServiceAccounts: "ci/bot",
  });
});

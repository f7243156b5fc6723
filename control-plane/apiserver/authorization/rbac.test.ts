import { ClusterRoleBindingKind, ClusterRoleKind, RoleBindingKind, RoleKind } from "@kubets/api";
import type { UserInfo } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { AuthorizationAttributes } from "../contracts.ts";
import { rbac } from "./rbac.ts";
import { type FixedReader, fixedReader } from "./testing/fixed-reader.ts";

const jane: UserInfo = { name: "jane", groups: ["developers", "system:authenticated"] };
const builder: UserInfo = { name: "system:serviceaccount:ci:builder", groups: ["system:serviceaccounts", "system:serviceaccounts:ci"] };

function ask(
  user: UserInfo,
  verb: string,
  resource: string,
  namespace = "",
  more: { readonly name?: string; readonly group?: string } = {},
): AuthorizationAttributes {
  const [plural = "", subresource = ""] = resource.split("/");
  return { user, verb, path: "", resource: { group: "", version: "v1", namespace, resource: plural, subresource, name: "", ...more } };
}

function cluster(): FixedReader {
  const reader = fixedReader();
  const rbacGroup = "rbac.authorization.k8s.io";
  reader.put(ClusterRoleKind, {
    metadata: { name: "pod-reader" },
    rules: [{ verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"] }],
  });
  reader.put(ClusterRoleKind, {
    metadata: { name: "scaler" },
    rules: [
      { verbs: ["get", "update"], apiGroups: ["*"], resources: ["*/scale"] },
      { verbs: ["get"], nonResourceURLs: ["/metrics", "/debug/*"] },
    ],
  });
  reader.put(RoleKind, {
    metadata: { name: "one-secret", namespace: "ci" },
    rules: [{ verbs: ["get", "create"], apiGroups: [""], resources: ["secrets"], resourceNames: ["token"] }],
  });
  reader.put(RoleBindingKind, {
    metadata: { name: "read", namespace: "shop" },
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: "pod-reader" },
    subjects: [{ kind: "Group", apiGroup: rbacGroup, name: "developers" }],
  });
  reader.put(RoleBindingKind, {
    metadata: { name: "secret", namespace: "ci" },
    roleRef: { apiGroup: rbacGroup, kind: "Role", name: "one-secret" },
    subjects: [{ kind: "ServiceAccount", name: "builder" }],
  });
  reader.put(ClusterRoleBindingKind, {
    metadata: { name: "scalers" },
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: "scaler" },
    subjects: [{ kind: "User", apiGroup: rbacGroup, name: "jane" }],
  });
  return reader;
}

test("a role binding grants a cluster role in its own namespace only", async () => {
  const authorizer = rbac({ reader: cluster() });
  expect(await authorizer.authorize(ask(jane, "list", "pods", "shop"))).toEqual({
    decision: "allow",
    reason: 'RBAC: allowed by RoleBinding "read/shop" of ClusterRole "pod-reader" to Group "developers"',
  });
  expect(await authorizer.authorize(ask(jane, "list", "pods", "ci"))).toEqual({ decision: "no opinion", reason: "" });
  expect(await authorizer.authorize(ask(jane, "list", "pods"))).toEqual({ decision: "no opinion", reason: "" });
});

test.each([
  ["get", "pods/log", "shop", {}, "allow"],
  ["get", "pods/exec", "shop", {}, "no opinion"],
  ["delete", "pods", "shop", {}, "no opinion"],
  ["update", "deployments/scale", "anywhere", { group: "apps" }, "allow"],
  ["update", "deployments", "anywhere", { group: "apps" }, "no opinion"],
  ["update", "deployments/status", "anywhere", { group: "apps" }, "no opinion"],
] as const)("%s %s in %s %o: %s", async (verb, resource, namespace, more, decision) => {
  expect((await rbac({ reader: cluster() }).authorize(ask(jane, verb, resource, namespace, more))).decision).toBe(decision);
});

test("a rule with names is about those objects, never about collections", async () => {
  const authorizer = rbac({ reader: cluster() });
  const decide = async (verb: string, name: string): Promise<string> =>
    (await authorizer.authorize(ask(builder, verb, "secrets", "ci", { name }))).decision;
  expect([await decide("get", "token"), await decide("get", "other"), await decide("create", "")]).toEqual([
    "allow",
    "no opinion",
    "no opinion",
  ]);
});

test.each([
  ["/metrics", "allow"],
  ["/metrics/slis", "no opinion"],
  ["/debug/pprof/heap", "allow"],
  ["/debug", "no opinion"],
])("the path %s: %s", async (path, decision) => {
  expect((await rbac({ reader: cluster() }).authorize({ user: jane, verb: "get", path })).decision).toBe(decision);
});

test("what is granted and taken away holds from the next decision on", async () => {
  const reader = cluster();
  const authorizer = rbac({ reader });
  const mayRead = async (): Promise<string> => (await authorizer.authorize(ask(jane, "get", "pods", "shop"))).decision;
  const before = await mayRead();
  reader.remove(RoleBindingKind, "shop", "read");
  const without = await mayRead();
  reader.put(RoleBindingKind, {
    metadata: { name: "read", namespace: "shop" },
    roleRef: { kind: "ClusterRole", name: "pod-reader" },
    subjects: [{ kind: "User", name: "jane" }],
  });
  expect([before, without, await mayRead()]).toEqual(["allow", "no opinion", "allow"]);
});

test("a binding to a role that isn't there allows nothing and says so", async () => {
  const reader = cluster();
  reader.remove(ClusterRoleKind, "", "pod-reader");
  expect(await rbac({ reader }).authorize(ask(jane, "get", "pods", "shop"))).toEqual({
    decision: "no opinion",
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "pod-reader" not found',
  });
});

test("the rules of a user in a namespace are those of all bindings that reach there", async () => {
  const { rules, errors } = await rbac({ reader: cluster() }).rulesFor(jane, "shop");
  expect({ verbs: rules.map(({ verbs }) => verbs), errors }).toEqual({ verbs: [["get", "update"], ["get"], ["get", "list"]], errors: [] });
});

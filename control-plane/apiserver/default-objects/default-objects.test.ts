import {
  ClusterRoleBindingKind,
  ClusterRoleKind,
  EndpointSliceKind,
  NamespaceKind,
  PriorityClassKind,
  RoleKind,
  ServiceKind,
} from "@kubets/api";
import type { KubernetesObject, UserInfo } from "@kubets/machinery";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rbac } from "../authorization/rbac.ts";
import type { ServerCore } from "../index.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { reaggregated, reconcileDefaultObjects } from "./index.ts";

let server: TestServer;
let core: ServerCore;
beforeEach(async () => {
  server = await startTestServer({
    parts: (given) => {
      core = given;
      return {};
    },
  });
});
afterEach(() => server[Symbol.asyncDispose]());

const apiServer = { serviceAddress: "10.96.0.1", address: "192.0.2.10", port: 6443 };
const start = (): Promise<void> => reconcileDefaultObjects({ ...core, apiServer });
const names = (objects: readonly KubernetesObject[]): readonly string[] => objects.map(({ metadata }) => metadata.name);
const component = (name: string): UserInfo => ({ name, groups: ["system:authenticated"] });
const controller = (name: string): UserInfo => component(`system:serviceaccount:kube-system:${name}`);

test("a new cluster has its namespaces, its priority classes and the way to the API server", async () => {
  await start();
  expect(names(core.reader.list(NamespaceKind, "")).toSorted()).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
  expect(core.reader.list(PriorityClassKind, "").map(({ metadata, value }) => [metadata.name, value])).toEqual([
    ["system-cluster-critical", 2_000_000_000],
    ["system-node-critical", 2_000_001_000],
  ]);
  expect(core.reader.get(ServiceKind, "default", "kubernetes")?.spec).toMatchObject({
    clusterIP: "10.96.0.1",
    ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443 }],
  });
  expect(core.reader.get(EndpointSliceKind, "default", "kubernetes")?.endpoints).toEqual([
    { addresses: ["192.0.2.10"], conditions: { ready: true } },
  ]);
});

test("a second start changes nothing", async () => {
  await start();
  const before = await server.store.currentRevision();
  await start();
  expect(await server.store.currentRevision()).toBe(before);
});

test("the next start repairs what is missing and keeps what operators added", async () => {
  await start();
  const role = core.reader.get(ClusterRoleKind, "", "system:kube-scheduler")!;
  const own = { verbs: ["get"], apiGroups: ["example.com"], resources: ["widgets"] };
  await core.writer.update(ClusterRoleKind, { ...role, rules: [...role.rules.slice(1), own] });
  const binding = core.reader.get(ClusterRoleBindingKind, "", "system:kube-scheduler")!;
  await core.writer.update(ClusterRoleBindingKind, {
    ...binding,
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "my-scheduler" }],
  });
  await start();
  const repaired = core.reader.get(ClusterRoleKind, "", "system:kube-scheduler")!.rules;
  expect([repaired, core.reader.get(ClusterRoleBindingKind, "", "system:kube-scheduler")?.subjects?.map(({ name }) => name)]).toEqual([
    [...role.rules.slice(1), own, role.rules[0]],
    ["my-scheduler", "system:kube-scheduler"],
  ]);
});

test("who forbids updates of a role keeps it as it is", async () => {
  await start();
  const role = core.reader.get(ClusterRoleKind, "", "view")!;
  const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
  await core.writer.update(ClusterRoleKind, { ...role, metadata: { ...role.metadata, annotations, labels: {} } });
  await start();
  expect(core.reader.get(ClusterRoleKind, "", "view")?.metadata.labels ?? {}).toEqual({});
});

test("admin, edit and view gather the rules of the roles that are labelled for them", async () => {
  await start();
  const rulesOf = (name: string): number => core.reader.get(ClusterRoleKind, "", name)!.rules.length;
  expect([rulesOf("view"), rulesOf("edit"), rulesOf("admin")]).toEqual([
    rulesOf("system:aggregate-to-view"),
    rulesOf("system:aggregate-to-view") + rulesOf("system:aggregate-to-edit"),
    rulesOf("system:aggregate-to-view") + rulesOf("system:aggregate-to-edit") + rulesOf("system:aggregate-to-admin"),
  ]);
  const own = { apiGroups: ["example.com"], resources: ["widgets"], verbs: ["get"] };
  await core.writer.create(ClusterRoleKind, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "widget-viewer", labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
    rules: [own],
  });
  const gathering = reaggregated(core.reader.list(ClusterRoleKind, ""));
  expect(names(gathering).toSorted()).toEqual(["admin", "edit", "view"]);
  expect(gathering.every(({ rules }) => rules.some(({ apiGroups }) => apiGroups?.[0] === "example.com"))).toBe(true);
});

test("roles in the system's namespaces are there", async () => {
  await start();
  expect(names(core.reader.list(RoleKind, "kube-system"))).toContain("extension-apiserver-authentication-reader");
});

describe("everybody may do what is theirs, and nothing else", () => {
  test.each<[string, UserInfo, string, string, boolean]>([
    ["the scheduler binds Pods", component("system:kube-scheduler"), "create", "pods/binding", true],
    ["the scheduler creates no Pods", component("system:kube-scheduler"), "create", "pods", false],
    ["the controller manager fills its caches", component("system:kube-controller-manager"), "watch", "configmaps", true],
    ["the controller manager deletes no Pods", component("system:kube-controller-manager"), "delete", "pods", false],
    ["the replica set controller creates Pods", controller("replicaset-controller"), "create", "pods", true],
    ["the deployment controller creates no Pods", controller("deployment-controller"), "create", "pods", false],
    ["the deployment controller creates replica sets", controller("deployment-controller"), "create", "replicasets.apps", true],
    [
      "the endpoint slice controller writes slices",
      controller("endpointslice-controller"),
      "update",
      "endpointslices.discovery.k8s.io",
      true,
    ],
    ["the garbage collector deletes anything", controller("generic-garbage-collector"), "delete", "deployments.apps", true],
    ["the proxy watches slices", component("system:kube-proxy"), "watch", "endpointslices.discovery.k8s.io", true],
    ["the proxy reads no Secrets", component("system:kube-proxy"), "get", "secrets", false],
    ["the DNS server watches Services", component("system:kube-dns"), "watch", "services", true],
    ["whoever is known may ask what they may", component("jane"), "create", "selfsubjectaccessreviews.authorization.k8s.io", true],
    ["whoever is known reads nothing", component("jane"), "list", "pods", false],
    [
      "a kubelet gets nothing from its role",
      { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
      "get",
      "secrets",
      false,
    ],
  ])("%s", async (_, user, verb, target, allowed) => {
    await start();
    const [name = "", ...group] = target.split(".");
    const [resource = "", subresource = ""] = name.split("/");
    const attributes = {
      user,
      verb,
      path: "",
      resource: { group: group.join("."), version: "v1", namespace: "shop", resource, subresource, name: "" },
    };
    expect((await rbac(core).authorize(attributes)).decision).toBe(allowed ? "allow" : "no opinion");
  });

  test.each([
    ["/healthz", "system:unauthenticated", true],
    ["/version", "system:unauthenticated", true],
    ["/apis/apps/v1", "system:unauthenticated", false],
    ["/apis/apps/v1", "system:authenticated", true],
    ["/openapi/v3", "system:authenticated", true],
    ["/metrics", "system:authenticated", false],
    ["/metrics", "system:monitoring", true],
    ["/openid/v1/jwks", "system:serviceaccounts", true],
  ])("%s by %s: %s", async (path, group, allowed) => {
    await start();
    const verdict = await rbac(core).authorize({ user: { name: "someone", groups: [group] }, verb: "get", path });
    expect(verdict.decision === "allow").toBe(allowed);
  });
});

import { PersistentVolumeClaimKind, PersistentVolumeKind, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { nodeUser } from "../authentication/users.ts";
import { nodeRules } from "../default-objects/component-roles.ts";
import { nodeAuthorizer } from "./node.ts";
import { fixedReader } from "./testing/fixed-reader.ts";

function authorizer(): ReturnType<typeof nodeAuthorizer> {
  const reader = fixedReader();
  const container = { name: "main", image: "main:1", terminationMessagePath: "/dev/termination-log" } as const;
  reader.put(PodKind, {
    metadata: { name: "web", namespace: "shop" },
    spec: {
      nodeName: "n1",
      serviceAccountName: "web",
      containers: [{ ...container, env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "key", key: "key" } } }] }],
      volumes: [{ name: "settings", configMap: { name: "settings" } }],
      imagePullSecrets: [{ name: "registry" }],
    },
  });
  reader.put(PodKind, {
    metadata: { name: "other", namespace: "shop" },
    spec: { nodeName: "n2", containers: [container], volumes: [{ name: "theirs", secret: { secretName: "theirs" } }] },
  });
  return nodeAuthorizer({ reader, rules: nodeRules });
}

const related = "no relationship found between node 'n1' and this object";

test.each([
  ["get", "secrets", "key", {}, "allow", ""],
  ["get", "secrets", "registry", {}, "allow", ""],
  ["watch", "configmaps", "settings", {}, "allow", ""],
  ["get", "secrets", "theirs", {}, "no opinion", related],
  ["get", "secrets", "nobodys", {}, "no opinion", related],
  ["list", "secrets", "", {}, "no opinion", "No Object name found"],
  ["update", "secrets", "key", {}, "no opinion", "can only read resources of this type"],
  ["create", "serviceaccounts/token", "web", {}, "allow", ""],
  ["create", "serviceaccounts/token", "default", {}, "no opinion", related],
  ["get", "serviceaccounts", "web", {}, "no opinion", "can only create tokens for individual service accounts"],
  ["get", "pods", "web", {}, "allow", ""],
  ["get", "pods", "other", {}, "no opinion", related],
  ["list", "pods", "", { fieldSelector: "spec.nodeName=n1" }, "allow", ""],
  ["list", "pods", "", { fieldSelector: "spec.nodeName!=n1" }, "no opinion", "can only list/watch pods with spec.nodeName field selector"],
  ["list", "pods", "", { fieldSelector: "spec.nodeName=n2" }, "no opinion", "can only list/watch pods with spec.nodeName field selector"],
  ["patch", "pods/status", "web", {}, "allow", ""],
  ["delete", "services", "web", {}, "no opinion", ""],
  ["list", "services", "", {}, "allow", ""],
] as const)("a kubelet that would %s %s %j %o: %s %s", async (verb, resource, name, more, decision, reason) => {
  const [plural = "", subresource = ""] = resource.split("/");
  const attributes = {
    user: nodeUser("n1"),
    verb,
    path: "",
    resource: { group: "", version: "v1", namespace: "shop", resource: plural, subresource, name },
    ...more,
  };
  expect(await authorizer().authorize(attributes)).toEqual({ decision, reason });
});

test.each([
  ["get", "nodes", "n1", "", "allow"],
  ["get", "nodes", "n2", "", "no opinion"],
  ["list", "nodes", "", "", "no opinion"],
  ["delete", "nodes", "n1", "", "no opinion"],
  ["patch", "nodes/status", "n1", "", "allow"],
  ["update", "leases", "n1", "kube-node-lease", "allow"],
  ["update", "leases", "n2", "kube-node-lease", "no opinion"],
  ["update", "leases", "n1", "default", "no opinion"],
])("a kubelet that would %s %s %j in %j: %s", async (verb, resource, name, namespace, decision) => {
  const [plural = "", subresource = ""] = resource.split("/");
  const group = plural === "leases" ? "coordination.k8s.io" : "";
  const attributes = {
    user: nodeUser("n1"),
    verb,
    path: "",
    resource: { group, version: "v1", namespace, resource: plural, subresource, name },
  };
  expect((await authorizer().authorize(attributes)).decision).toBe(decision);
});

test("nobody else is judged by the node authorizer", async () => {
  const user = { name: "system:node:n1", groups: ["system:authenticated"] };
  const attributes = {
    user,
    verb: "get",
    path: "",
    resource: { group: "", version: "v1", namespace: "shop", resource: "secrets", subresource: "", name: "key" },
  };
  expect(await authorizer().authorize(attributes)).toEqual({ decision: "no opinion", reason: "" });
});

test("a kubelet reads the volume behind a claim of its Pods, and the Secret that mounts it", async () => {
  const reader = fixedReader();
  const pod = (name: string, nodeName: string): void =>
    void reader.put(PodKind, {
      metadata: { name, namespace: "shop" },
      spec: {
        nodeName,
        containers: [{ name: "main", image: "main:1" }],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: `${name}-data` } }],
      },
    });
  for (const [name, node] of [
    ["mine", "n1"],
    ["theirs", "n2"],
  ] as const) {
    pod(name, node);
    reader.put(PersistentVolumeClaimKind, {
      metadata: { name: `${name}-data`, namespace: "shop" },
      spec: { volumeName: `${name}-volume` },
    });
    reader.put(PersistentVolumeKind, {
      metadata: { name: `${name}-volume` },
      spec: {
        capacity: { storage: "1Gi" },
        csi: { driver: "disk", volumeHandle: name, nodeStageSecretRef: { name, namespace: "storage" } },
      },
    });
  }
  const authorize = nodeAuthorizer({ reader, rules: nodeRules });
  const get = async (resource: string, namespace: string, name: string): Promise<string> =>
    (
      await authorize.authorize({
        user: nodeUser("n1"),
        verb: "get",
        path: "",
        resource: { group: "", version: "v1", namespace, resource, subresource: "", name },
      })
    ).decision;
  expect([
    await get("persistentvolumeclaims", "shop", "mine-data"),
    await get("persistentvolumes", "", "mine-volume"),
    await get("secrets", "storage", "mine"),
    await get("persistentvolumeclaims", "shop", "theirs-data"),
    await get("persistentvolumes", "", "theirs-volume"),
    await get("secrets", "storage", "theirs"),
  ]).toEqual(["allow", "allow", "allow", "no opinion", "no opinion", "no opinion"]);
});

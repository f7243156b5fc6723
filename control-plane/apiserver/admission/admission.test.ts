import { NamespaceKind, NodeKind, PersistentVolumeClaimKind, PodKind, RoleKind, StorageClassKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { asRead } from "../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster } from "./testing/admit.ts";

describe("NamespaceLifecycle", () => {
  test("nothing is created in a namespace that isn't there", async () => {
    await expect(admit(cluster(), PodKind, { object: aPod({}, { namespace: "nowhere" }) })).rejects.toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
  });

  test("nothing is created in a namespace that is being deleted, and the reason says so", async () => {
    await expect(admit(cluster(), PodKind, { object: aPod({}, { namespace: "closing" }) })).rejects.toMatchObject({
      code: 403,
      message: 'pods "web" is forbidden: unable to create new content in namespace closing because it is being terminated',
      details: {
        causes: [{ reason: "NamespaceTerminating", message: "namespace closing is being terminated", field: "metadata.namespace" }],
      },
    });
  });

  test.each(["default", "kube-system", "kube-public"])("the namespace %s stays", async (name) => {
    await expect(admit(cluster(), NamespaceKind, { operation: "DELETE", name })).rejects.toMatchObject({
      code: 403,
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });

  test("other namespaces, and what is in a closing one, may be deleted", async () => {
    await admit(cluster(), NamespaceKind, { operation: "DELETE", name: "shop" });
    await admit(cluster(), PodKind, { operation: "DELETE", namespace: "closing", name: "web" });
  });
});

describe("DefaultTolerationSeconds", () => {
  test("a Pod stays five minutes on a node that is gone, unless it says how long", async () => {
    const own = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 } as const;
    const { spec } = await admit(cluster(), PodKind, { object: aPod({ tolerations: [own] }) });
    expect(spec.tolerations).toEqual([
      own,
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ]);
  });

  test("a Pod that tolerates everything gets nothing more", async () => {
    const { spec } = await admit(cluster(), PodKind, { object: aPod({ tolerations: [{ operator: "Exists" }] }) });
    expect(spec.tolerations).toEqual([{ operator: "Exists" }]);
  });
});

test("a new Node is not ready for Pods", async () => {
  const node = asRead(NodeKind, { metadata: { name: "n1" } });
  expect((await admit(cluster(), NodeKind, { object: node })).spec.taints).toEqual([
    { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
  ]);
});

test("a claim that says nothing of its class gets the newest default; one that says none, none", async () => {
  const reader = cluster();
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const provisioner = "kubets.dev/host-path";
  reader.put(StorageClassKind, { metadata: { name: "old", annotations, creationTimestamp: "2026-01-01T00:00:00Z" }, provisioner });
  reader.put(StorageClassKind, { metadata: { name: "new", annotations, creationTimestamp: "2026-02-01T00:00:00Z" }, provisioner });
  reader.put(StorageClassKind, { metadata: { name: "newest", creationTimestamp: "2026-03-01T00:00:00Z" }, provisioner });
  const claim = (storageClassName?: string): Promise<unknown> =>
    admit(reader, PersistentVolumeClaimKind, {
      object: asRead(PersistentVolumeClaimKind, {
        metadata: { name: "data", namespace: "shop" },
        spec: storageClassName === undefined ? {} : { storageClassName },
      }),
    }).then(({ spec }) => spec.storageClassName);
  expect([await claim(), await claim(""), await claim("old")]).toEqual(["new", "", "old"]);
});

describe("rights that aren't held", () => {
  test("can't be written into a role", async () => {
    const role = asRead(RoleKind, {
      metadata: { name: "reader", namespace: "shop" },
      rules: [{ verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"] }],
    });
    await expect(admit(cluster(), RoleKind, { object: role })).rejects.toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "reader" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    });
    await admit(cluster(), RoleKind, { object: role, user: { name: "root", groups: ["system:masters"] } });
  });
});

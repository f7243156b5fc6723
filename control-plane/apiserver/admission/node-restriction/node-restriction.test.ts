import { NodeKind, type Pod, PodKind, ServiceAccountKind, TokenRequestKind } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { nodeUser } from "../../authentication/users.ts";
import { asRead, type FixedReader } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster, container } from "../testing/admit.ts";
import { nodeRestriction } from "./node-restriction.ts";

describe("NodeRestriction", () => {
  const kubelet = nodeUser("n1");
  const withNode = (): FixedReader => {
    const reader = cluster();
    reader.put(NodeKind, { metadata: { name: "n1", uid: "node-1" } });
    reader.put(PodKind, { metadata: { name: "mine", namespace: "shop", uid: "pod-1" }, spec: { nodeName: "n1", containers: [container] } });
    reader.put(PodKind, {
      metadata: { name: "theirs", namespace: "shop", uid: "pod-2" },
      spec: { nodeName: "n2", containers: [container] },
    });
    return reader;
  };
  const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: "node-1", controller: true };
  const mirror = (spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod =>
    aPod({ nodeName: "n1", ...spec }, { annotations: { "kubernetes.io/config.mirror": "hash" }, ownerReferences: [owner], ...metadata });

  test("a kubelet mirrors its static Pods", async () => {
    expect((await admit(withNode(), PodKind, { user: kubelet, object: mirror() })).spec.volumes).toBeUndefined();
  });

  test.each<[string, Pod]>([
    ['pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods', mirror({}, { annotations: {} })],
    ['node "n1" can only create pods with spec.nodeName set to itself', mirror({ nodeName: "n2" })],
    ['node "n1" can only create pods with an owner reference set to itself', mirror({}, { ownerReferences: [] })],
    ["node n1 UID mismatch: expected other got node-1", mirror({}, { ownerReferences: [{ ...owner, uid: "other" }] })],
    [
      'node "n1" can not create pods that reference secrets',
      mirror({ volumes: [{ name: "s", secret: { secretName: "s", defaultMode: 420 } }] }),
    ],
  ])("it can't create another: %s", async (reason, object) => {
    // The plugin ServiceAccount speaks first of Secrets in mirrors and of Pods that are none.
    await expect(admit(withNode(), PodKind, { user: kubelet, object })).rejects.toMatchObject({
      code: 403,
      message: expect.stringMatching(/^pods "web" is forbidden: /),
    });
    const attributes = {
      operation: "CREATE",
      kind: PodKind as unknown as Kind,
      namespace: "shop",
      name: "web",
      subresource: "",
      object,
      options: {},
      dryRun: false,
      user: kubelet,
      signal: new AbortController().signal,
      warn() {},
    } as const;
    await expect(nodeRestriction({ reader: withNode() }).validate?.(attributes)).rejects.toMatchObject({
      message: `pods "web" is forbidden: ${reason}`,
    });
  });

  test("it deletes its own Pods only", async () => {
    const remove = (name: string): Promise<unknown> =>
      admit(withNode(), PodKind, { user: kubelet, operation: "DELETE", namespace: "shop", name });
    await remove("mine");
    await expect(remove("theirs")).rejects.toMatchObject({
      message: 'pods "theirs" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    });
  });

  test("it writes its own Node only, without steering Pods by labels or taints", async () => {
    const node = (name: string, labels: Readonly<Record<string, string>>): Promise<unknown> =>
      admit(withNode(), NodeKind, { user: kubelet, object: asRead(NodeKind, { metadata: { name, labels } }) });
    await node("n1", {
      "kubernetes.io/hostname": "n1",
      "topology.kubernetes.io/zone": "a",
      "kubelet.kubernetes.io/x": "y",
      "example.com/any": "x",
    });
    await expect(node("n2", {})).rejects.toMatchObject({
      message: 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    });
    await expect(
      node("n1", { "node-restriction.kubernetes.io/secure": "true", "node-role.kubernetes.io/control-plane": "" }),
    ).rejects.toMatchObject({
      message:
        'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/secure, node-role.kubernetes.io/control-plane',
    });
    const before = asRead(NodeKind, { metadata: { name: "n1" }, spec: { taints: [{ key: "dedicated", effect: "NoSchedule" }] } });
    const after = asRead(NodeKind, { metadata: { name: "n1" } });
    await expect(
      admit(withNode(), NodeKind, { user: kubelet, operation: "UPDATE", object: after, previous: before }),
    ).rejects.toMatchObject({
      message: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    });
  });

  test("it gets tokens only for Pods on its node, and only such that end with the Pod", async () => {
    const token = (name: string, uid: string): Promise<unknown> =>
      admit(withNode(), ServiceAccountKind as unknown as Kind, {
        user: kubelet,
        namespace: "shop",
        name: "default",
        subresource: "token",
        object: asRead(TokenRequestKind, {
          metadata: {},
          spec: name === "" ? {} : { boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid } },
        }),
      });
    await token("mine", "pod-1");
    await expect(token("theirs", "pod-2")).rejects.toMatchObject({ message: expect.stringMatching(/scheduled on a different node$/) });
    await expect(token("", "")).rejects.toMatchObject({ message: expect.stringMatching(/node requested token not bound to a pod$/) });
    await expect(token("mine", "")).rejects.toMatchObject({ message: expect.stringMatching(/without a uid$/) });
  });
});

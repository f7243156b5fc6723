import type { Pod } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aNode, aPod, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const decide = (pod: Pod, node: ReturnType<typeof aNode> | undefined, missingFor = 0) =>
  reconcile({ what: "pod", pod, node, missingSince: (now: Instant) => now - missingFor }, noon);

test("a Pod whose node is gone for a while is marked as failed and deleted, if the server agrees that the node is gone", () => {
  const pod = aPod("p", { node: "lost" });
  expect(decide(pod, undefined, 39_000)).toEqual({ actions: [], requeueAfter: 1000 });
  const { actions } = decide(pod, undefined, 40_000);
  expect(verbsOf(actions)).toEqual(["confirmGone lost", "patch p", "delete p"]);
  expect(actions[1]).toMatchObject({
    subresource: "status",
    patch: { status: { phase: "Failed", conditions: [{ type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC" }] } },
  });
});

test("a Pod that is deleted before it had a node goes at once; any other is left to its kubelet", () => {
  expect(verbsOf(decide(aPod("p", { deleting: true }), undefined).actions)).toEqual(["delete p"]);
  expect(decide(aPod("p"), undefined).actions).toEqual([]);
  expect(decide(aPod("p", { node: "a", deleting: true }), aNode("a")).actions).toEqual([]);
});

test("Pods on their way out of a node that is out of service go without it", () => {
  const off = aNode("a", { spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] } });
  expect(verbsOf(decide(aPod("p", { node: "a", deleting: true }), off).actions)).toEqual(["patch p", "delete p"]);
  expect(decide(aPod("p", { node: "a" }), off).actions).toEqual([]);
});

test("of the Pods that have ended, the oldest go beyond a number", () => {
  const pods = [30, 10, 20].map((age) => aPod(`p${age}`, { phase: "Succeeded", metadata: { creationTimestamp: ago(age) } }));
  expect(verbsOf(reconcile({ what: "ended", pods, kept: 1 }, noon).actions)).toEqual(["delete p30", "delete p20"]);
  expect(reconcile({ what: "ended", pods, kept: 3 }, noon).actions).toEqual([]);
});

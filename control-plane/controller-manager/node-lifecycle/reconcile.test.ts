import type { Node, Pod } from "@kubets/api";
import { expect, test } from "vitest";
import type { Instant } from "@kubets/machinery";
import { ago, aNode, aPod, noon, verbsOf } from "../testing/objects.ts";
import { defaultGracePeriods, reconcile, removed } from "./reconcile.ts";

type Conditions = Readonly<Record<string, "True" | "False" | "Unknown">>;
const healthy: Conditions = { Ready: "True", MemoryPressure: "False", DiskPressure: "False", PIDPressure: "False" };

interface NodeFacts {
  readonly conditions?: Conditions;
  /** Seconds since its last status. */
  readonly heard?: number;
  readonly created?: number;
  readonly taints?: readonly object[];
  readonly unschedulable?: boolean;
}
function node({ conditions = healthy, heard = 5, created = 3600, taints, unschedulable }: NodeFacts = {}): Node {
  const listed = Object.entries(conditions).map(([type, status]) => ({
    type,
    status,
    lastHeartbeatTime: ago(heard),
    lastTransitionTime: ago(900),
    reason: "Kubelet",
    message: "",
  }));
  return aNode("n1", {
    metadata: { creationTimestamp: ago(created) },
    spec: { ...(taints === undefined ? {} : { taints }), ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: { conditions: listed },
  });
}
interface Sight {
  /** When the node was last heard, in seconds before noon. */
  readonly heard?: number;
  readonly isNew?: boolean;
  readonly pods?: readonly Pod[];
}
const decide = (observed: Node, { heard = 5, isNew = false, pods = [] }: Sight = {}) =>
  reconcile({ node: observed, heardAt: (noon - heard * 1000) as Instant, isNew, pods, gracePeriods: defaultGracePeriods }, noon);
/** `key:effect` of the taints that a node gets. */
function taintsOf(observed: Node): readonly string[] | undefined {
  const action = decide(observed).actions.find(({ verb }) => verb === "patch") as unknown as
    | { patch: { spec: { taints: readonly { key: string; effect: string }[] } } }
    | undefined;
  return action?.patch.spec.taints.map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`);
}

test("a node that is heard is left alone, and looked at again when it would have fallen silent", () => {
  expect(decide(node(), { heard: 20 })).toEqual({ actions: [], requeueAfter: 30_000 });
});

test("what a node's clock says doesn't count", () => {
  expect(decide(node({ heard: 86_400 }), { heard: 20 })).toEqual({ actions: [], requeueAfter: 30_000 });
  expect(verbsOf(decide(node({ heard: -86_400 }), { heard: 50 }).actions)).toContain("event NodeNotReady");
});

test("nodes that come and go are told of", () => {
  expect(decide(node(), { isNew: true }).actions).toMatchObject([
    { reason: "RegisteredNode", message: "Node n1 event: Registered Node n1 in Controller" },
  ]);
  expect(removed(node()).actions).toMatchObject([{ reason: "RemovingNode", message: "Node n1 event: Removing Node n1 from Controller" }]);
});

test("after fifty seconds of silence nothing is known of a node any more, and that is told", () => {
  const { actions, requeueAfter } = decide(node({ heard: 50 }), { heard: 50 });
  expect(verbsOf(actions)).toEqual(["updateStatus n1", "event NodeNotReady"]);
  const { status } = (actions[0] as unknown as { readonly object: Node }).object;
  expect(status.conditions?.map((condition) => condition.status)).toEqual(["Unknown", "Unknown", "Unknown", "Unknown"]);
  expect(status.conditions?.[0]).toMatchObject({
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
    lastHeartbeatTime: ago(50),
    lastTransitionTime: ago(0),
  });
  expect(requeueAfter).toBeUndefined();
});

test("a new node has a minute for its first sign of life", () => {
  expect(decide(node({ conditions: {}, created: 59 }), { heard: 59 })).toEqual({ actions: [], requeueAfter: 1_000 });
  const { actions } = decide(node({ conditions: {}, created: 60 }), { heard: 60 });
  const { status } = (actions[0] as unknown as { readonly object: Node }).object;
  expect(status.conditions?.map(({ type, reason }) => [type, reason])).toEqual(
    ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => [type, "NodeStatusNeverUpdated"]),
  );
});

test.each<readonly [string, NodeFacts, readonly string[]]>([
  ["is not ready", { conditions: { ...healthy, Ready: "False" } }, ["not-ready:NoSchedule"]],
  ["is silent", { conditions: { Ready: "Unknown" } }, ["unreachable:NoSchedule"]],
  ["is short of memory", { conditions: { ...healthy, MemoryPressure: "True" } }, ["memory-pressure:NoSchedule"]],
  ["is short of disk", { conditions: { ...healthy, DiskPressure: "True" } }, ["disk-pressure:NoSchedule"]],
  ["is short of processes", { conditions: { ...healthy, PIDPressure: "True" } }, ["pid-pressure:NoSchedule"]],
  ["has no network yet", { conditions: { ...healthy, NetworkUnavailable: "True" } }, ["network-unavailable:NoSchedule"]],
  ["is cordoned", { unschedulable: true }, ["unschedulable:NoSchedule"]],
])("a node that %s is marked so", (_what, facts, taints) => {
  expect(taintsOf(node(facts))).toEqual(taints);
});

test("a mark that drives Pods away becomes the other as the node does, and goes as soon as it is ready", () => {
  const taints = [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: ago(60) }];
  expect(taintsOf(node({ conditions: { Ready: "False" }, taints }))).toEqual(["not-ready:NoSchedule", "not-ready:NoExecute"]);
  expect(taintsOf(node({ taints }))).toEqual([]);
});

test("marks that no longer hold go, and others' stay", () => {
  const taints = [
    { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: ago(60) },
    { key: "example.com/mine", effect: "NoSchedule" },
  ];
  expect(taintsOf(node({ taints }))).toEqual(["example.com/mine:NoSchedule"]);
});

test("a mark keeps the time since when it holds, and one that drives Pods away gets one if it has none", () => {
  const taints = [
    { key: "node.kubernetes.io/not-ready", effect: "NoSchedule", timeAdded: ago(60) },
    { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: ago(60) },
  ];
  expect(taintsOf(node({ conditions: { Ready: "False" }, taints }))).toBeUndefined();
  const byHand = [{ key: "example.com/evict", effect: "NoExecute" }];
  expect(decide(node({ taints: byHand })).actions).toMatchObject([
    { verb: "patch", patch: { spec: { taints: [{ key: "example.com/evict", effect: "NoExecute", timeAdded: ago(0) }] } } },
  ]);
});

test("Pods of a node that isn't ready aren't ready either; those of one that hasn't spoken yet are left alone", () => {
  const pods = [aPod("ready", { readyFor: 60 }), aPod("other"), aPod("done", { readyFor: 60, phase: "Succeeded" })];
  const verbs = (observed: Node): readonly string[] =>
    verbsOf(decide(observed, { pods }).actions).filter((verb) => !verb.startsWith("patch"));
  expect(verbs(node({ conditions: { Ready: "False" } }))).toEqual(["updateStatus ready", "event NodeNotReady"]);
  expect(verbs(node())).toEqual([]);
  expect(verbs(node({ conditions: {}, created: 5 }))).toEqual([]);
});

import { expect, test } from "vitest";
import { decide, explain } from "./cycle.ts";
import { unschedulableMessage } from "./diagnosis.ts";
import { defaultProfile } from "./plugins.ts";
import { podInfo } from "./pod-info.ts";
import { postFilter } from "./post-filter.ts";
import type { Snapshot } from "./snapshot.ts";
import { aNode, aPod, aSnapshot, type PodFacts } from "./testing/objects.ts";

function placed(snapshot: Snapshot, pod: PodFacts): string | undefined {
  const decision = decide(snapshot, podInfo(aPod(pod)), defaultProfile);
  return decision.kind === "place" ? decision.node : undefined;
}

function message(snapshot: Snapshot, facts: PodFacts): string {
  const pod = podInfo(aPod(facts));
  const decision = decide(snapshot, pod, defaultProfile);
  if (decision.kind === "place") throw new Error(`Pod "${pod.key}" was placed on "${decision.node}"`);
  const outcome = postFilter(
    defaultProfile.plugins.map(({ plugin }) => plugin),
    pod,
    snapshot,
    decision,
  );
  return unschedulableMessage(decision.diagnosis, outcome.kind === "nothing" ? outcome.message : "");
}

test("a Pod goes to the node with the most room", () => {
  const snapshot = aSnapshot({
    nodes: [aNode({ name: "full" }), aNode({ name: "free" })],
    pods: [aPod({ nodeName: "full", requests: { cpu: "2", memory: "4Gi" } })],
  });
  expect(placed(snapshot, { requests: { cpu: "1", memory: "2Gi" } })).toBe("free");
});

test("a Pod that fits nowhere gets upstream's sentence: reasons with counts in the order of their text, then what preemption says", () => {
  const cordoned = [1, 2, 3].map((index) => aNode({ name: `cordoned-${index}`, unschedulable: true }));
  const small = [1, 2].map((index) => aNode({ name: `small-${index}`, allocatable: { cpu: "1" } }));
  expect(message(aSnapshot({ nodes: [...cordoned, ...small] }), { requests: { cpu: "2" } })).toBe(
    "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable. no new claims to deallocate, " +
      "preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
  );
});

test("a node that would have room without its Pods is told apart from one that is too small", () => {
  const snapshot = aSnapshot({
    nodes: [aNode({ name: "taken" }), aNode({ name: "small", allocatable: { cpu: "1" } })],
    pods: [aPod({ nodeName: "taken", requests: { cpu: "3" } })],
  });
  expect(message(snapshot, { requests: { cpu: "2" } })).toBe(
    "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: " +
      "1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  );
});

test("without nodes there is a sentence of its own", () => {
  expect(message(aSnapshot({ nodes: [] }), {})).toBe("no nodes available to schedule pods");
});

test("one node can give several reasons, and counts of ten and more sort as text", () => {
  const nodes = Array.from({ length: 10 }, (_, index) => aNode({ name: `tiny-${index}`, allocatable: { cpu: "1", memory: "1Gi" } }));
  const tainted = [1, 2].map((index) =>
    aNode({ name: `tainted-${index}`, taints: [{ key: "dedicated", value: "team", effect: "NoSchedule" }] }),
  );
  expect(message(aSnapshot({ nodes: [...nodes, ...tainted] }), { requests: { cpu: "2", memory: "2Gi" } })).toMatch(
    "0/12 nodes are available: 10 Insufficient cpu, 10 Insufficient memory, 2 node(s) had untolerated taint(s). no new claims",
  );
});

test("a Pod whose terms name its node (as a DaemonSet's do) hears of the other nodes which plugin left them out", () => {
  const term = { matchFields: [{ key: "metadata.name", operator: "In" as const, values: ["small"] }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
  const snapshot = aSnapshot({ nodes: [aNode({ name: "small", allocatable: { cpu: "1" } }), aNode(), aNode()] });
  expect(message(snapshot, { affinity, requests: { cpu: "2" } })).toMatch(
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims",
  );
  expect(placed(snapshot, { affinity })).toBe("small");
});

test("terms that no node name can meet are told as such", () => {
  const field = (name: string) => ({ key: "metadata.name", operator: "In" as const, values: [name] });
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [field("a"), field("b")] }] } },
  };
  expect(message(aSnapshot({ nodes: [aNode({ name: "a" }), aNode({ name: "b" })] }), { affinity })).toBe(
    "0/2 nodes are available: pod affinity terms conflict. no new claims to deallocate, " +
      "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
});

test("explaining names every filter that says no to a node, with the facts", () => {
  const snapshot = aSnapshot({
    nodes: [aNode({ name: "a", unschedulable: true, taints: [{ key: "k", value: "v", effect: "NoExecute" }] })],
  });
  expect(explain(snapshot, podInfo(aPod({ requests: { cpu: "5" } })), defaultProfile, "a")).toEqual([
    { plugin: "NodeUnschedulable", resolvable: false, reasons: [{ text: "node(s) were unschedulable" }] },
    {
      plugin: "TaintToleration",
      resolvable: false,
      reasons: [{ text: "node(s) had untolerated taint(s)", facts: { key: "k", value: "v", effect: "NoExecute" } }],
    },
    {
      plugin: "NodeResourcesFit",
      resolvable: false,
      reasons: [{ text: "Insufficient cpu", facts: { resource: "cpu", requested: 5000, used: 0, allocatable: 4000 } }],
    },
  ]);
});

test("room that is kept for a Pod is not given to one of lower or equal priority", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "only" })] });
  snapshot.nominations.put(podInfo(aPod({ name: "important", priority: 10, requests: { cpu: "3" } })), "only");
  expect(placed(snapshot, { priority: 5, requests: { cpu: "2" } })).toBe(undefined);
  expect(placed(snapshot, { priority: 20, requests: { cpu: "2" } })).toBe("only");
  expect(placed(snapshot, { priority: 5, requests: { cpu: "1" } })).toBe("only");
});

test("a Pod with a nominated node goes there while it fits, even where another node would score higher", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "big", allocatable: { cpu: "64" } }), aNode({ name: "nominated" })] });
  expect(placed(snapshot, { name: "web", requests: { cpu: "1" } })).toBe("big");
  snapshot.nominations.put(podInfo(aPod({ name: "web" })), "nominated");
  expect(placed(snapshot, { name: "web", requests: { cpu: "1" } })).toBe("nominated");
  expect(placed(snapshot, { name: "web", requests: { cpu: "5" } })).toBe("big");
});

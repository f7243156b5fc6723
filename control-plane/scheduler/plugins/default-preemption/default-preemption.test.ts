import type { Pod, PodDisruptionBudget } from "@kubets/api";
import { expect, test } from "vitest";
import { decide } from "../../cycle.ts";
import { defaultProfile } from "../../plugins.ts";
import { podInfo } from "../../pod-info.ts";
import { postFilter, type PostFilterOutcome } from "../../post-filter.ts";
import type { Snapshot } from "../../snapshot.ts";
import { aNode, aPod, aSnapshot, type PodFacts } from "../../testing/objects.ts";

function outcome(snapshot: Snapshot, facts: PodFacts): PostFilterOutcome {
  const pod = podInfo(aPod(facts));
  const decision = decide(snapshot, pod, defaultProfile);
  if (decision.kind === "place") throw new Error(`Pod "${pod.key}" fits on "${decision.node}"`);
  return postFilter(
    defaultProfile.plugins.map(({ plugin }) => plugin),
    pod,
    snapshot,
    decision,
  );
}

function preempted(snapshot: Snapshot, facts: PodFacts): unknown {
  const found = outcome(snapshot, facts);
  return found.kind === "nominated" ? { node: found.node, victims: found.victims.map(({ pod }) => pod.metadata.name) } : found.message;
}

const on = (nodeName: string, name: string, priority: number, cpu: string, startTime?: string) =>
  aPod({ name, nodeName, priority, requests: { cpu }, ...(startTime === undefined ? {} : { status: { startTime } }) });
const important: PodFacts = { priority: 100, requests: { cpu: "3" } };

test("only those leave without whose room the Pod doesn't fit, the least important", () => {
  const snapshot = aSnapshot({
    nodes: [aNode({ name: "a" })],
    pods: [on("a", "low", 1, "2"), on("a", "lower", 0, "2"), on("a", "tiny", 0, "0")],
  });
  expect(preempted(snapshot, { priority: 100, requests: { cpu: "2" } })).toEqual({ node: "a", victims: ["lower"] });
});

test("Pods of equal or higher priority stay", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" })], pods: [on("a", "equal", 100, "3"), on("a", "lower", 0, "1")] });
  expect(preempted(snapshot, important)).toBe("no new claims to deallocate, preemption: 0/1 nodes are available: 1 Insufficient cpu.");
});

test("the node is chosen whose most important victim is the least important", () => {
  const snapshot = aSnapshot({
    nodes: [aNode({ name: "a" }), aNode({ name: "b" })],
    pods: [on("a", "low", 10, "3"), on("b", "lower", 5, "3")],
  });
  expect(preempted(snapshot, important)).toEqual({ node: "b", victims: ["lower"] });
});

test("among equals the node with fewer victims is chosen, then the one where less work is lost", () => {
  const nodes = [aNode({ name: "a" }), aNode({ name: "b" })];
  const many = aSnapshot({ nodes, pods: [on("a", "a1", 0, "2"), on("a", "a2", 0, "2"), on("b", "b1", 0, "4")] });
  expect(preempted(many, important)).toEqual({ node: "b", victims: ["b1"] });
  const older = aSnapshot({
    nodes,
    pods: [on("a", "old", 0, "4", "2026-01-01T00:00:00Z"), on("b", "young", 0, "4", "2026-01-02T00:00:00Z")],
  });
  expect(preempted(older, important)).toEqual({ node: "b", victims: ["young"] });
});

test("nodes that the Pod may not go to anyway lose nobody", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a", unschedulable: true })], pods: [on("a", "low", 0, "4")] });
  expect(preempted(snapshot, important)).toMatch("preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
});

test("a port that a lesser Pod holds can be had", () => {
  const holder = aPod({ name: "holder", nodeName: "a", hostPorts: [{ hostPort: 80 }] });
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" })], pods: [holder, on("a", "bystander", 0, "1")] });
  expect(preempted(snapshot, { priority: 1, hostPorts: [{ hostPort: 80 }] })).toEqual({ node: "a", victims: ["holder"] });
});

test("a Pod that must not preempt, and one for which room is being made, preempt nobody", () => {
  const pods = [on("a", "low", 0, "4")];
  expect(preempted(aSnapshot({ nodes: [aNode({ name: "a" })], pods }), { ...important, preemptionPolicy: "Never" })).toBe(
    "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
  );
  const leaving = aPod({
    name: "leaving",
    nodeName: "a",
    requests: { cpu: "4" },
    status: { conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }] },
  });
  const terminating = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" })], pods: [terminating] });
  snapshot.nominations.put(podInfo(aPod({ name: "web", ...important })), "a");
  expect(preempted(snapshot, { name: "web", ...important })).toBe(
    "no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.",
  );
});

test("trying it out changes nothing", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" })], pods: [on("a", "low", 0, "4")] });
  const before = [snapshot.journal.end, [...snapshot.podsOn(0).keys()], snapshot.requested.cpu.values[0]];
  preempted(snapshot, important);
  expect([snapshot.journal.end, [...snapshot.podsOn(0).keys()], snapshot.requested.cpu.values[0]]).toEqual(before);
});

/** A budget of the Pods with a label, which lets so many of them go. */
function budget(app: string, disruptionsAllowed: number, disruptedPods: readonly string[] = []): PodDisruptionBudget {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: app, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, disruptedPods: Object.fromEntries(disruptedPods.map((name) => [name, "2026-01-01T00:00:00Z"])) },
  } as unknown as PodDisruptionBudget;
}
const labelled = (pod: Pod, app: string): Pod => ({ ...pod, metadata: { ...pod.metadata, labels: { app } } });
function withBudgets(pods: readonly Pod[], ...budgets: readonly PodDisruptionBudget[]): Snapshot {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" }), aNode({ name: "b" })], pods });
  snapshot.budgets.follow({ list: () => budgets });
  return snapshot;
}

test("a node where no budget is broken is chosen before one where the Pods are less important", () => {
  const pods = [labelled(on("a", "kept", 1, "4"), "kept"), on("b", "free", 50, "4")];
  expect(preempted(withBudgets(pods), important)).toEqual({ node: "a", victims: ["kept"] });
  expect(preempted(withBudgets(pods, budget("kept", 0)), important)).toEqual({ node: "b", victims: ["free"] });
  expect(preempted(withBudgets(pods, budget("kept", 1)), important)).toEqual({ node: "a", victims: ["kept"] });
});

test("on a node those stay that no budget lets go, if others make room", () => {
  const pods = [labelled(on("a", "kept", 1, "2"), "kept"), on("a", "free", 50, "2"), on("b", "equal", 100, "4")];
  expect(preempted(withBudgets(pods, budget("kept", 0)), { priority: 100, requests: { cpu: "2" } })).toEqual({
    node: "a",
    victims: ["free"],
  });
});

test("a budget that must be broken is broken, and what is on its way out already counts no more", () => {
  const pods = [labelled(on("a", "kept", 1, "4"), "kept"), on("b", "equal", 100, "4")];
  expect(preempted(withBudgets(pods, budget("kept", 0)), important)).toEqual({ node: "a", victims: ["kept"] });
  const going = [labelled(on("a", "going", 1, "4"), "kept"), on("b", "free", 50, "4")];
  expect(preempted(withBudgets(going, budget("kept", 0, ["going"])), important)).toEqual({ node: "a", victims: ["going"] });
});

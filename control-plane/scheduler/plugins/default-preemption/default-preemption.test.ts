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

import { findPodCondition, NodeKind, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import type { Plugin } from "./framework.ts";
import { rejection } from "./framework.ts";
import { defaultProfile } from "./plugins.ts";
import { aCluster } from "./testing/cluster.ts";

const busy = { requests: { cpu: "3" } };

test("a Pod gets a node, and an event tells which", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a" }] });
  await fixture.create("web");
  await fixture.cluster.settle();
  expect([
    await fixture.placements(),
    findPodCondition(await fixture.pod("web"), "PodScheduled")?.status,
    await fixture.events("web"),
  ]).toEqual([{ web: "a" }, "True", ["Scheduled: Successfully assigned default/web to a"]]);
});

test("a Pod that fits nowhere says why, and goes where room is made", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a" }] });
  const { cluster } = fixture;
  await fixture.create("first", busy);
  await cluster.settle();
  await fixture.create("second", busy);
  await cluster.settle();
  const message =
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, " +
    "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
  expect([await fixture.whyNot("second"), await fixture.events("second")]).toEqual([
    `Unschedulable: ${message}`,
    [`FailedScheduling: ${message}`],
  ]);
  await cluster.clock.advance("30s");
  await cluster.client.resource(PodKind).in("default").delete("first", { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ second: "a" });
});

test("a Pod waits for a node to join, and for one to be uncordoned", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a", unschedulable: true }] });
  const { cluster } = fixture;
  await fixture.create("big", { requests: { cpu: "8" } });
  await fixture.create("small");
  await cluster.settle();
  await cluster.clock.advance("1m");
  await fixture.addNode({ name: "b", allocatable: { cpu: "16" }, taints: [{ key: "only", value: "big", effect: "NoSchedule" }] });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ big: undefined, small: undefined });
  await cluster.client
    .resource(PodKind)
    .in("default")
    .patch("big", { spec: { tolerations: [{ key: "only", operator: "Exists" }] } }, { type: "merge" });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ big: "b", small: undefined });
  await cluster.clock.advance("1m");
  await cluster.client.resource(NodeKind).patch("a", { spec: { unschedulable: null } }, { type: "merge" });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ big: "b", small: "a" });
});

test("without any node a Pod says so, and goes to the first that joins", async () => {
  await using fixture = await aCluster();
  const { cluster } = fixture;
  await fixture.create("web");
  await cluster.settle();
  expect(await fixture.whyNot("web")).toBe("Unschedulable: no nodes available to schedule pods");
  await cluster.clock.advance("1m");
  await fixture.addNode({ name: "a" });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ web: "a" });
});

test("Pods of other schedulers, gated Pods and Pods with a node are left alone", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a" }] });
  const { cluster } = fixture;
  await fixture.create("other", { schedulerName: "other" });
  await fixture.create("gated", { schedulingGates: [{ name: "example.com/wait" }] });
  await fixture.create("placed", { nodeName: "elsewhere" });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ other: undefined, gated: undefined, placed: "elsewhere" });
  await cluster.client
    .resource(PodKind)
    .in("default")
    .patch("gated", { spec: { schedulingGates: null } }, { type: "merge" });
  await cluster.settle();
  expect((await fixture.placements())["gated"]).toBe("a");
});

test("nodes are never given more than they have, however many Pods come at once", async () => {
  await using fixture = await aCluster({ nodes: ["a", "b", "c"].map((name) => ({ name, allocatable: { cpu: "4", pods: "10" } })) });
  const { cluster } = fixture;
  await Promise.all(Array.from({ length: 40 }, (_, index) => fixture.create(`pod-${index}`, { requests: { cpu: "1" } })));
  await cluster.settle();
  const counts = Object.groupBy(Object.values(await fixture.placements()), (node) => node ?? "none");
  expect(Object.fromEntries(Object.entries(counts).map(([node, pods]) => [node, pods!.length]))).toEqual({ a: 4, b: 4, c: 4, none: 28 });
});

test("the most important Pod of those that came together goes first", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a", unschedulable: true }] });
  const { cluster } = fixture;
  const priorityClass = (name: string, value: number): string =>
    JSON.stringify({ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value, preemptionPolicy: "Never" });
  await cluster.apply(priorityClass("low", 1));
  await cluster.apply(priorityClass("high", 1000));
  await fixture.create("low", { ...busy, priorityClassName: "low" });
  await fixture.create("high", { ...busy, priorityClassName: "high" });
  await cluster.settle();
  await cluster.clock.advance("1m");
  await cluster.client.resource(NodeKind).patch("a", { spec: { unschedulable: null } }, { type: "merge" });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ low: undefined, high: "a" });
});

test("the same seed gives every Pod the same node", async () => {
  const run = async (seed: number): Promise<unknown> => {
    await using fixture = await aCluster({ nodes: Array.from({ length: 10 }, (_, index) => ({ name: `node-${index}` })), seed });
    for (let index = 0; index < 10; index++) await fixture.create(`pod-${index}`, { requests: { cpu: "1" } });
    await fixture.cluster.settle();
    return fixture.placements();
  };
  expect(await run(5)).toEqual(await run(5));
});

const failing = (times: number): Plugin => {
  let left = times;
  return {
    name: "Failing",
    async preBind() {
      if (left-- > 0) throw new Error("the disk is not there yet");
    },
  };
};

test("a binding that fails gives the room back, says so, and is tried again after its back-off", async () => {
  const profile = { ...defaultProfile, plugins: [{ plugin: failing(1) }, ...defaultProfile.plugins] };
  await using fixture = await aCluster({ nodes: [{ name: "a" }], profiles: [profile] });
  const { cluster } = fixture;
  await fixture.create("web", busy);
  await cluster.settle();
  expect([await fixture.placements(), await fixture.whyNot("web")]).toEqual([
    { web: undefined },
    "SchedulerError: the disk is not there yet",
  ]);
  await cluster.clock.advance("1s");
  expect(await fixture.placements()).toEqual({ web: "a" });
});

test("a plugin may turn a Pod away on its way to the node; what others reserved for it is given back", async () => {
  const reserved: string[] = [];
  const keeper: Plugin = {
    name: "Keeper",
    reserve(pod, node) {
      reserved.push(`${pod.key} on ${node}`);
      return () => void reserved.pop();
    },
  };
  const doorman: Plugin = { name: "Doorman", permit: async () => rejection("Doorman", true, "not tonight"), hints: {} };
  const profile = { ...defaultProfile, plugins: [{ plugin: keeper }, { plugin: doorman }, ...defaultProfile.plugins] };
  await using fixture = await aCluster({ nodes: [{ name: "a" }], profiles: [profile] });
  await fixture.create("web");
  await fixture.cluster.settle();
  expect([await fixture.placements(), await fixture.whyNot("web"), reserved]).toEqual([
    { web: undefined },
    "Unschedulable: not tonight",
    [],
  ]);
});

test("a Pod that is deleted while it waits is forgotten", async () => {
  await using fixture = await aCluster();
  const { cluster } = fixture;
  await fixture.create("web");
  await cluster.settle();
  await cluster.client.resource(PodKind).in("default").delete("web", { gracePeriodSeconds: 0 });
  await fixture.addNode({ name: "a" });
  await cluster.clock.advance("10m");
  expect([await fixture.placements(), cluster.failures]).toEqual([{}, []]);
});

test("the scheduler explains for any node what stands in a Pod's way", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a", unschedulable: true, allocatable: { cpu: "1" } }] });
  await fixture.create("web", busy);
  await fixture.cluster.settle();
  expect(fixture.scheduler.explain("default/web", "a").map(({ plugin, reasons }) => [plugin, reasons[0]?.facts])).toEqual([
    ["NodeUnschedulable", undefined],
    ["NodeResourcesFit", { resource: "cpu", requested: 3000, used: 0, allocatable: 1000 }],
  ]);
});

test("a stopped scheduler leaves Pods alone and nothing behind", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a" }] });
  await fixture.scheduler.stop();
  await fixture.create("web");
  await fixture.cluster.clock.advance("10m");
  expect([await fixture.placements(), fixture.cluster.failures]).toEqual([{ web: undefined }, []]);
});

test("a Pod of high priority takes the room of lesser ones: they are told why and deleted, and the room is kept for it", async () => {
  await using fixture = await aCluster({ nodes: [{ name: "a" }] });
  const { cluster } = fixture;
  await cluster.apply('{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"high"},"value":1000}');
  const pods = cluster.client.resource(PodKind).in("default");
  await fixture.create("victim", { ...busy, terminationGracePeriodSeconds: 30 });
  await cluster.settle();
  await fixture.create("important", { ...busy, priorityClassName: "high" });
  await fixture.create("latecomer", busy);
  await cluster.settle();
  const victim = await fixture.pod("victim");
  expect([victim.metadata.deletionTimestamp !== undefined, findPodCondition(victim, "DisruptionTarget")]).toMatchObject([
    true,
    { status: "True", reason: "PreemptionByScheduler", message: "default-scheduler: preempting to accommodate a higher priority pod" },
  ]);
  expect((await fixture.pod("important")).status.nominatedNodeName).toBe("a");
  expect(await fixture.whyNot("important")).toBe("Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.");
  expect(await fixture.events("victim")).toContainEqual(expect.stringMatching(/^Preempted: Preempted by pod [0-9a-f-]{36} on node a$/));
  await pods.delete("victim", { gracePeriodSeconds: 0 });
  await cluster.settle();
  expect(await fixture.placements()).toEqual({ important: "a", latecomer: undefined });
});

import type { Pod } from "@kubets/api";
import { createManualClock, createTasks, type Instant, type ManualClock, parseTime } from "@kubets/machinery";
import { expect, test } from "vitest";
import { labelOf } from "./cluster-events.ts";
import type { Plugin } from "./framework.ts";
import { prioritySort } from "./plugins/priority-sort/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates/scheduling-gates.ts";
import { type QueuedPod, type QueueOptions, SchedulingQueue } from "./queue.ts";
import { aNode, aPod, type PodFacts } from "./testing/objects.ts";

const labelled: Plugin = {
  name: "Labelled",
  hints: { NodeAdded: (pod, { node }) => node.metadata.labels?.["for"] === pod.pod.metadata.name },
};
const anything: Plugin = { name: "Anything" };

function aQueue(onIncoming?: QueueOptions["onIncoming"]): {
  readonly queue: SchedulingQueue;
  readonly clock: ManualClock;
  readonly popAll: () => readonly string[];
} {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: parseTime("2026-01-01T00:00:00Z") as Instant, tasks, turn });
  const queue = new SchedulingQueue({
    clock,
    plugins: [schedulingGates, prioritySort, labelled, anything],
    onReady() {},
    ...(onIncoming === undefined ? {} : { onIncoming }),
  });
  const popAll = (): readonly string[] => {
    const popped: QueuedPod[] = [];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) popped.push(next);
    return popped.map(({ pod }) => pod.pod.metadata.name);
  };
  return { queue, clock, popAll };
}

const pod = (name: string, facts: PodFacts = {}): Pod => aPod({ name, ...facts });
const rejected = new Set(["Labelled"]);
const helps = (name: string) => ({ kind: "NodeAdded" as const, node: aNode({ labels: { for: name } }) });

test("Pods come out by priority, among equals in the order in which they came", () => {
  const { queue, popAll } = aQueue();
  for (const [name, priority] of [
    ["a", 0],
    ["b", 5],
    ["c", 0],
    ["d", 5],
  ] as const)
    queue.put(pod(name, { priority }));
  expect(popAll()).toEqual(["b", "d", "a", "c"]);
});

test("a rejected Pod waits for an event that could help it, whatever else happens", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.reject(queue.pop()!, rejected);
  await clock.advance(60_000);
  queue.happened(helps("b"));
  queue.happened({ kind: "AssignedPodDeleted", pod: pod("other") });
  expect(popAll()).toEqual([]);
  queue.happened(helps("a"));
  expect(popAll()).toEqual(["a"]);
});

test("a Pod rejected by a plugin without hints wakes on any event", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.reject(queue.pop()!, new Set(["Anything"]));
  await clock.advance(60_000);
  queue.happened({ kind: "AssignedPodDeleted", pod: pod("other") });
  expect(popAll()).toEqual(["a"]);
});

test("an event that could help while a Pod is in flight is not lost", () => {
  const { queue, popAll } = aQueue();
  queue.put(pod("a"));
  const flying = queue.pop()!;
  queue.happened(helps("a"));
  queue.reject(flying, rejected);
  expect([queue.counts.backoff, popAll()]).toEqual([1, ["a"]]);
});

test("events before a Pod was popped are no news to it", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("first"));
  const first = queue.pop()!;
  queue.put(pod("a"));
  queue.happened(helps("a"));
  queue.reject(queue.pop()!, rejected);
  queue.done(first);
  await clock.advance(60_000);
  expect(popAll()).toEqual([]);
});

test("back-off doubles from one second to ten with each try", async () => {
  const { queue, clock } = aQueue();
  queue.put(pod("a"));
  const waits: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    const began = clock.now();
    queue.fail(queue.pop()!);
    while (queue.counts.active === 0) await clock.advance(100);
    waits.push(clock.now() - began);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("a rejected Pod that an event could help backs off while others are ready, and is tried early when none is", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.reject(queue.pop()!, rejected);
  queue.happened(helps("a"));
  queue.put(pod("b"));
  expect(queue.counts).toEqual({ active: 1, backoff: 1, unschedulable: 0, gated: 0 });
  expect(popAll()).toEqual(["b", "a"]);
  queue.put(pod("c"));
  queue.reject(queue.pop()!, rejected);
  queue.happened(helps("c"));
  await clock.advance(1_000);
  expect(queue.counts).toMatchObject({ active: 1, backoff: 0 });
});

test("a Pod that something went wrong with is not tried before its back-off is over", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.fail(queue.pop()!);
  await clock.advance(999);
  expect(popAll()).toEqual([]);
  await clock.advance(1);
  expect(popAll()).toEqual(["a"]);
});

test("without any event a rejected Pod is tried again after five minutes", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.reject(queue.pop()!, rejected);
  await clock.advance(299_999);
  expect(popAll()).toEqual([]);
  await clock.advance(1);
  expect(popAll()).toEqual(["a"]);
});

test("a gated Pod stays out until its last gate is removed", () => {
  const { queue, popAll } = aQueue();
  queue.put(pod("a", { schedulingGates: [{ name: "x" }, { name: "y" }] }));
  queue.put(pod("a", { schedulingGates: [{ name: "y" }] }));
  expect([popAll(), queue.counts.gated]).toEqual([[], 1]);
  queue.put(pod("a"));
  expect([popAll(), queue.counts.gated]).toEqual([["a"], 0]);
});

test("a status written to a waiting Pod doesn't wake it", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  queue.reject(queue.pop()!, new Set(["Anything"]));
  await clock.advance(60_000);
  queue.put(pod("a", { status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } }));
  expect(popAll()).toEqual([]);
  queue.put(pod("a", { tolerations: [{ operator: "Exists" }] }));
  expect(popAll()).toEqual(["a"]);
});

test("a Pod that is removed in flight stays away, whatever becomes of it", async () => {
  const { queue, clock, popAll } = aQueue();
  queue.put(pod("a"));
  const flying = queue.pop()!;
  queue.remove("default/a");
  queue.fail(flying);
  await clock.advance(60_000);
  expect([popAll(), queue.has("default/a")]).toEqual([[], false]);
});

test("a Pod that took the name of one in flight is not touched by the outcome of that one", () => {
  const { queue, popAll } = aQueue();
  queue.put(pod("a"));
  const flying = queue.pop()!;
  const successor = pod("a");
  queue.put({ ...successor, metadata: { ...successor.metadata, uid: "another" } });
  queue.done(flying);
  expect(popAll()).toEqual(["a"]);
});

test("a closed queue leaves no timer", async () => {
  const { queue, clock } = aQueue();
  queue.put(pod("a"));
  queue.fail(queue.pop()!);
  queue.put(pod("b"));
  queue.reject(queue.pop()!, rejected);
  queue.close();
  expect(clock.nextTimer()).toBe(undefined);
});

test("what brings Pods into which place of the queue is told", async () => {
  const told: string[] = [];
  const { queue, clock } = aQueue((place, event) => void told.push(`${place} ${event}`));
  queue.put(pod("a"));
  queue.put(pod("gated", { schedulingGates: [{ name: "example.com/wait" }] }));
  queue.reject(queue.pop()!, rejected);
  queue.happened(helps("a"));
  queue.fail(queue.pop()!);
  await clock.advance(60_000);
  queue.reject(queue.pop()!, rejected);
  await clock.advance(600_000);
  expect(told).toEqual([
    "active UnschedulablePodAdd",
    "gated UnschedulablePodAdd",
    "unschedulable ScheduleAttemptFailure",
    "backoff NodeAdd",
    "backoff ScheduleAttemptFailure",
    "active BackoffComplete",
    "unschedulable ScheduleAttemptFailure",
    "active UnschedulableTimeout",
  ]);
});

test("events are called as upstream calls them: by the resource, and the first of what changed of it", () => {
  const one = pod("one");
  const node = aNode();
  const named = { pod: one, previous: one };
  const labels = [
    labelOf({ kind: "NodeAdded", node }),
    labelOf({ kind: "NodeUpdated", node, previous: node, changed: new Set(["conditions", "taints"]) }),
    labelOf({ kind: "AssignedPodUpdated", ...named, changed: new Set(["requests"]) }),
    labelOf({ kind: "PodUpdated", ...named, changed: new Set(["tolerations", "labels"]) }),
    labelOf({ kind: "PodUpdated", ...named, changed: new Set(["schedulingGates"]) }),
    labelOf({ kind: "PodUpdated", ...named, changed: new Set(["other"]) }),
    labelOf({ kind: "StorageClassChanged", storageClass: {} as never, isNew: true }),
    labelOf({ kind: "ClaimChanged", claim: {} as never }),
  ];
  expect(labels).toEqual([
    "NodeAdd",
    "NodeUpdateNodeTaint",
    "AssignedPodUpdatePodScaleDown",
    "UnschedulablePodUpdatePodLabel",
    "UnschedulablePodUpdatePodSchedulingGatesEliminated",
    "UnschedulablePodUpdate",
    "storage.k8s.io/StorageClassAdd",
    "PersistentVolumeClaimUpdate",
  ]);
});

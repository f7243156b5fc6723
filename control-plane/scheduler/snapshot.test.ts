import fc from "fast-check";
import { expect, test } from "vitest";
import { podInfo } from "./pod-info.ts";
import { aNode, aPod, aSnapshot } from "./testing/objects.ts";

const pod = (index: number, cpu: number) =>
  podInfo(aPod({ name: `pod-${index}`, requests: { cpu: `${cpu}m`, "example.com/gpu": `${cpu}` } }));

test("what the Pods of a node take is what a count from scratch finds, whatever came and went, nodes included", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("set" as const),
      pod: fc.nat({ max: 9 }),
      cpu: fc.integer({ min: 1, max: 9 }),
      node: fc.nat({ max: 4 }),
    }),
    fc.record({ kind: fc.constant("remove" as const), pod: fc.nat({ max: 9 }) }),
    fc.record({ kind: fc.constant("node" as const), node: fc.nat({ max: 4 }) }),
    fc.record({ kind: fc.constant("drop" as const), node: fc.nat({ max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const snapshot = aSnapshot({ nodes: [] });
      const pods = new Map<number, { readonly cpu: number; readonly node: number }>();
      const nodes = new Set<number>();
      for (const step of steps) {
        switch (step.kind) {
          case "set":
            snapshot.setPod(pod(step.pod, step.cpu), `node-${step.node}`);
            pods.set(step.pod, step);
            break;
          case "remove":
            snapshot.removePod(`default/pod-${step.pod}`);
            pods.delete(step.pod);
            break;
          case "node":
            snapshot.setNode(aNode({ name: `node-${step.node}` }));
            nodes.add(step.node);
            break;
          case "drop":
            snapshot.removeNode(`node-${step.node}`);
            nodes.delete(step.node);
            break;
        }
      }
      const counted = [...nodes]
        .sort((a, b) => (a < b ? -1 : 1))
        .map((node) => {
          const there = [...pods.values()].filter((pod) => pod.node === node).map(({ cpu }) => cpu);
          const sum = there.reduce((a, b) => a + b, 0);
          return { node: `node-${node}`, pods: there.length, cpu: sum, gpu: sum };
        });
      const kept = [...snapshot.nodeSlots()].map((slot) => ({
        node: snapshot.nameOf(slot),
        pods: snapshot.requested.pods.values[slot],
        cpu: snapshot.requested.cpu.values[slot],
        gpu: snapshot.requested.of("example.com/gpu").values[slot],
      }));
      expect(kept.sort((a, b) => (a.node < b.node ? -1 : 1))).toEqual(counted);
      expect(snapshot.size).toBe(nodes.size);
    }),
  );
});

test("a heartbeat, and a Pod that is only confirmed where it was assumed, are no changes", () => {
  const node = aNode({ name: "a" });
  const snapshot = aSnapshot({ nodes: [node], pods: [aPod({ name: "b", nodeName: "a" })] });
  const { end } = snapshot.journal;
  snapshot.setNode({
    ...node,
    status: { ...node.status, conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:10Z" }] },
  });
  snapshot.setPod(podInfo(aPod({ name: "b", nodeName: "a", status: { phase: "Running" } })), "a");
  expect(snapshot.journal.end).toBe(end);
});

test("the journal names what changed since, and says when it no longer can", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" }), aNode({ name: "b" })] });
  const since = snapshot.journal.end;
  snapshot.setPod(pod(1, 1), "b");
  snapshot.setPod(pod(2, 1), "a");
  const changed = Array.from({ length: snapshot.journal.end - since }, (_, index) => snapshot.nameOf(snapshot.journal.at(since + index)));
  expect([snapshot.journal.tells(since), changed]).toEqual([true, ["b", "a"]]);
  for (let round = 0; round < 2_000; round++) snapshot.setPod(pod(2, (round % 2) + 1), "b");
  expect(snapshot.journal.tells(since)).toBe(false);
});

test("a supposition leaves no trace", () => {
  const snapshot = aSnapshot({ nodes: [aNode({ name: "a" })], pods: [aPod({ name: "b", nodeName: "a", requests: { cpu: "1" } })] });
  const slot = snapshot.slotOf("a")!;
  const before = [snapshot.requested.cpu.values[slot], [...snapshot.podsOn(slot).keys()], snapshot.journal.end];
  const supposed = snapshot.supposing(
    slot,
    { without: [...snapshot.podsOn(slot).values()], also: [pod(7, 5)] },
    () => snapshot.requested.cpu.values[slot],
  );
  expect([supposed, [snapshot.requested.cpu.values[slot], [...snapshot.podsOn(slot).keys()], snapshot.journal.end]]).toEqual([5, before]);
});

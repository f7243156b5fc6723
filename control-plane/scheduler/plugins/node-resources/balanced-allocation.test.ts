import { expect, test } from "vitest";
import { scores } from "../../testing/ask.ts";
import { aNode, aPod } from "../../testing/objects.ts";
import { nodeResourcesBalancedAllocation } from "./balanced-allocation.ts";

const plugin = nodeResourcesBalancedAllocation();
const node = (name: string) => aNode({ name, allocatable: { cpu: "10", memory: "10Gi" } });
const on = (nodeName: string, cpu: string, memory: string) => aPod({ nodeName, requests: { cpu, memory } });

test("a node that the Pod brings into balance is better than one that it brings out of it", () => {
  const nodes = [node("even"), node("lacks-cpu"), node("lacks-memory")];
  const pods = [on("even", "2", "2Gi"), on("lacks-cpu", "1", "5Gi"), on("lacks-memory", "5", "1Gi")];
  // Even stays even: 75. Four processors more than memory: away from balance by 20 points, or towards it.
  expect(scores(plugin, aPod({ requests: { cpu: "4", memory: "0" } }), nodes, pods)).toEqual([65, 85, 65]);
});

test("a Pod that takes the same fraction of everything changes no balance", () => {
  expect(scores(plugin, aPod({ requests: { cpu: "1", memory: "1Gi" } }), [node("a")])).toEqual([75]);
});

test("a Pod that asks for nothing says nothing about balance", () => {
  expect(scores(plugin, aPod(), [node("a")])).toBe(undefined);
});

test("more than two resources are weighed by the deviation of all; what a node hasn't got doesn't count", () => {
  const resources = ["cpu", "memory", "example.com/gpu"].map((name) => ({ name, weight: 1 }));
  const three = nodeResourcesBalancedAllocation({ resources });
  const equipped = aNode({ name: "equipped", allocatable: { cpu: "10", memory: "10Gi", "example.com/gpu": "2" } });
  const pod = aPod({ requests: { cpu: "1", memory: "1Gi", "example.com/gpu": "1" } });
  expect(scores(three, pod, [equipped, node("plain")])).toEqual([65, 75]);
});

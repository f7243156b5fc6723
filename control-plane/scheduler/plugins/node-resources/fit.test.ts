import { expect, test } from "vitest";
import { couldHelp, filterSays, nodeUpdate, scores } from "../../testing/ask.ts";
import { aNode, aPod, type PodFacts } from "../../testing/objects.ts";
import { nodeResourcesFit } from "./fit.ts";

const plugin = nodeResourcesFit();
const node = aNode({
  name: "a",
  allocatable: { cpu: "4", memory: "8Gi", "ephemeral-storage": "10Gi", "example.com/gpu": "2", "hugepages-2Mi": "4Mi", pods: "3" },
});
const said = (facts: PodFacts, ...others: readonly PodFacts[]): string =>
  filterSays(
    plugin,
    aPod(facts),
    node,
    others.map((other) => aPod(other)),
  );
const asking = (requests: Readonly<Record<string, string>>): PodFacts => ({ requests });

test("what is left of a resource has to be enough, to the last unit", () => {
  expect(said(asking({ cpu: "1500m" }), asking({ cpu: "2500m" }))).toBe("yes");
  expect(said(asking({ cpu: "1501m" }), asking({ cpu: "2500m" }))).toBe("Insufficient cpu");
  expect(said(asking({ memory: "1Gi" }), asking({ memory: "7Gi" }))).toBe("yes");
  expect(said(asking({ memory: "1025Mi" }), asking({ memory: "7Gi" }))).toBe("Insufficient memory");
  expect(said(asking({ "ephemeral-storage": "6Gi" }), asking({ "ephemeral-storage": "5Gi" }))).toBe("Insufficient ephemeral-storage");
  expect(said(asking({ "example.com/gpu": "1" }), asking({ "example.com/gpu": "2" }))).toBe("Insufficient example.com/gpu");
  expect(said(asking({ "hugepages-2Mi": "2Mi" }), asking({ "hugepages-2Mi": "4Mi" }))).toBe("Insufficient hugepages-2Mi");
});

test("what even an empty node hasn't got, nobody can make room for", () => {
  expect(said(asking({ cpu: "5" }))).toBe("Insufficient cpu (for good)");
  expect(said(asking({ "example.com/fpga": "1" }))).toBe("Insufficient example.com/fpga (for good)");
  expect(said(asking({ cpu: "3", memory: "9Gi" }), asking({ cpu: "2" }))).toBe("Insufficient cpu, Insufficient memory (for good)");
});

test("the number of Pods is limited, also for those that ask for nothing", () => {
  expect(said({}, {}, {})).toBe("yes");
  expect(said({}, {}, {}, {})).toBe("Too many pods");
  expect(said(asking({ cpu: "1" }), asking({ cpu: "4" }), {}, {})).toBe("Too many pods, Insufficient cpu");
});

test("a Pod that asks for nothing of a resource fits where none is left", () => {
  expect(said(asking({ memory: "1Gi" }), asking({ cpu: "4" }))).toBe("yes");
});

test("sidecars, init containers, overhead and the Pod's own requests count as the API says", () => {
  const container = (name: string, cpu: string) => ({ name, image: name, resources: { requests: { cpu } } });
  const starting: PodFacts = { containers: [container("main", "1")], initContainers: [container("init", "4")] };
  const beside: PodFacts = {
    containers: [container("main", "3")],
    initContainers: [{ ...container("sidecar", "2"), restartPolicy: "Always" }],
  };
  expect([said(starting), said(starting, asking({ cpu: "1m" })), said(beside)]).toEqual([
    "yes",
    "Insufficient cpu",
    "Insufficient cpu (for good)",
  ]);
  expect(said({ ...asking({ cpu: "4" }), overhead: { cpu: "1m" } })).toBe("Insufficient cpu (for good)");
  expect(said({ ...asking({ cpu: "8" }), resources: { requests: { cpu: "4" } } })).toBe("yes");
});

test("resources that the profile ignores are left to others", () => {
  const ignoring = nodeResourcesFit({ ignoredResources: ["example.com/fpga"], ignoredResourceGroups: ["other.org"] });
  const pod = (resource: string) => aPod(asking({ [resource]: "1" }));
  expect(["example.com/fpga", "other.org/thing", "example.com/net"].map((resource) => filterSays(ignoring, pod(resource), node))).toEqual([
    "yes",
    "yes",
    "Insufficient example.com/net (for good)",
  ]);
});

const nodes = ["empty", "half", "full"].map((name) => aNode({ name, allocatable: { cpu: "10", memory: "10Gi" } }));
const pods = [
  aPod({ nodeName: "half", ...asking({ cpu: "5", memory: "5Gi" }) }),
  aPod({ nodeName: "full", ...asking({ cpu: "9", memory: "10Gi" }) }),
];
const one = aPod(asking({ cpu: "1", memory: "1Gi" }));

test("the more is left, the better: by default", () => {
  expect(scores(plugin, one, nodes, pods)).toEqual([90, 40, 0]);
});

test("the more is taken, the better: when Pods are packed", () => {
  expect(scores(nodeResourcesFit({ scoringStrategy: { type: "MostAllocated" } }), one, nodes, pods)).toEqual([10, 60, 100]);
});

test("a line through given points says how good a utilization is", () => {
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 60, score: 10 },
    { utilization: 100, score: 5 },
  ];
  const plugin = nodeResourcesFit({ scoringStrategy: { type: "RequestedToCapacityRatio", shape } });
  expect(scores(plugin, one, nodes, pods)).toEqual([16, 100, 50]);
});

test("weights say which resource matters; one that the Pod doesn't ask for doesn't, if it is an extended one", () => {
  const strategy = {
    type: "LeastAllocated" as const,
    resources: [
      { name: "cpu", weight: 3 },
      { name: "example.com/gpu", weight: 1 },
    ],
  };
  const plugin = nodeResourcesFit({ scoringStrategy: strategy });
  const equipped = [aNode({ name: "a", allocatable: { cpu: "10", "example.com/gpu": "4" } })];
  expect(scores(plugin, aPod(asking({ cpu: "1" })), equipped)).toEqual([90]);
  expect(scores(plugin, aPod(asking({ cpu: "1", "example.com/gpu": "2" })), equipped)).toEqual([80]);
});

test("Pods that ask for nothing count for something, so that they don't pile up", () => {
  const [empty, two] = [aNode({ name: "empty" }), aNode({ name: "two" })];
  const silent = [aPod({ nodeName: "two" }), aPod({ nodeName: "two" })];
  expect(scores(plugin, aPod(), [empty, two], silent)).toEqual([97, 92]);
});

test("only what gives more of what the Pod asks for could help", () => {
  const pod = aPod(asking({ cpu: "4" }));
  const of = (allocatable: Readonly<Record<string, string>>) => aNode({ allocatable });
  expect({
    "large node": couldHelp(plugin, pod, { kind: "NodeAdded", node: of({ cpu: "4" }) }),
    "small node": couldHelp(plugin, pod, { kind: "NodeAdded", node: of({ cpu: "3" }) }),
    "more processors": couldHelp(plugin, pod, nodeUpdate(of({ cpu: "2" }), of({ cpu: "4" }), "allocatable")),
    "more processors, too few": couldHelp(plugin, pod, nodeUpdate(of({ cpu: "2" }), of({ cpu: "3" }), "allocatable")),
    "more memory": couldHelp(plugin, pod, nodeUpdate(of({ memory: "1Gi" }), of({ memory: "2Gi" }), "allocatable")),
    "more Pods": couldHelp(plugin, pod, nodeUpdate(of({ pods: "1" }), of({ pods: "2" }), "allocatable")),
    "a Pod leaves": couldHelp(plugin, pod, { kind: "AssignedPodDeleted", pod: aPod() }),
    "a Pod comes": couldHelp(plugin, pod, { kind: "AssignedPodAdded", pod: aPod() }),
    "a Pod asks for less": couldHelp(plugin, pod, {
      kind: "AssignedPodUpdated",
      previous: aPod(asking({ cpu: "2" })),
      pod: aPod(asking({ cpu: "1" })),
      changed: new Set(["requests"]),
    }),
    "a Pod asks for less memory": couldHelp(plugin, pod, {
      kind: "AssignedPodUpdated",
      previous: aPod(asking({ memory: "2Gi" })),
      pod: aPod(asking({ memory: "1Gi" })),
      changed: new Set(["requests"]),
    }),
  }).toEqual({
    "large node": true,
    "small node": false,
    "more processors": true,
    "more processors, too few": false,
    "more memory": false,
    "more Pods": true,
    "a Pod leaves": true,
    "a Pod comes": false,
    "a Pod asks for less": true,
    "a Pod asks for less memory": false,
  });
});

import { expect, test } from "vitest";
import { couldHelp, filterSays, nodeUpdate, scores } from "../testing/ask.ts";
import { aNode, aPod } from "../testing/objects.ts";
import { dynamicResources } from "./dynamic-resources/dynamic-resources.ts";
import { imageLocality } from "./image-locality/image-locality.ts";
import { nodeName } from "./node-name/node-name.ts";
import { nodeUnschedulable } from "./node-unschedulable/node-unschedulable.ts";
import { schedulingGates } from "./scheduling-gates/scheduling-gates.ts";

const tolerant = aPod({ tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" }] });

test("NodeName sends a Pod to the node it names", () => {
  const pod = aPod({ nodeName: "a" });
  expect([
    filterSays(nodeName, pod, aNode({ name: "a" })),
    filterSays(nodeName, pod, aNode({ name: "b" })),
    filterSays(nodeName, aPod(), aNode()),
  ]).toEqual(["yes", "node(s) didn't match the requested node name (for good)", "yes"]);
});

test("NodeUnschedulable keeps Pods off cordoned nodes, unless they tolerate it", () => {
  const cordoned = aNode({ unschedulable: true });
  expect([
    filterSays(nodeUnschedulable, aPod(), cordoned),
    filterSays(nodeUnschedulable, tolerant, cordoned),
    filterSays(nodeUnschedulable, aPod(), aNode()),
  ]).toEqual(["node(s) were unschedulable (for good)", "yes", "yes"]);
});

test("a node that is uncordoned could help, a heartbeat of it can't", () => {
  const [cordoned, open] = [aNode({ name: "a", unschedulable: true }), aNode({ name: "a" })];
  expect(
    [nodeUpdate(cordoned, open, "taints"), nodeUpdate(open, cordoned, "taints"), nodeUpdate(cordoned, cordoned, "conditions")].map(
      (event) => couldHelp(nodeUnschedulable, aPod(), event),
    ),
  ).toEqual([true, false, false]);
});

test("SchedulingGates names the gates that a Pod waits for", () => {
  expect(schedulingGates.preEnqueue!(aPod({ schedulingGates: [{ name: "a" }, { name: "b" }] }))?.reasons).toEqual([
    { text: "waiting for scheduling gates: [a b]" },
  ]);
  expect(schedulingGates.preEnqueue!(aPod())).toBe(undefined);
});

test("DynamicResources holds back Pods with claims rather than start them without their devices", () => {
  expect(filterSays(dynamicResources, aPod({ resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }] }), aNode())).toBe(
    "resource claims are not supported by this scheduler (for good)",
  );
  expect(filterSays(dynamicResources, aPod(), aNode())).toBe("yes");
});

test("ImageLocality prefers nodes that have the image, by its size and by how many have it", () => {
  const having = (name: string, megabytes: number) => aNode({ name, images: [{ names: ["main:1"], sizeBytes: megabytes * 1024 * 1024 }] });
  const image = (name: string) => aPod({ containers: [{ name: "main", image: name }] });
  // One of two nodes has 1,000 MB: half of it counts, which is (500 - 23) of (1000 - 23).
  expect(scores(imageLocality, image("main:1"), [having("a", 1000), aNode()])).toEqual([48, 0]);
  expect(scores(imageLocality, image("main:1"), [having("a", 1000), having("b", 1000)])).toEqual([100, 100]);
  expect(scores(imageLocality, image("other"), [having("a", 1000)])).toEqual([0]);
  const latest = aNode({ images: [{ names: ["registry:5000/app:latest"], sizeBytes: 1000 * 1024 * 1024 }] });
  expect(scores(imageLocality, image("registry:5000/app"), [latest])).toEqual([100]);
});

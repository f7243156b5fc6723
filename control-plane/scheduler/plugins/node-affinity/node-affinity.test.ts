import { matchesNodeSelectorTerm, type NodeSelectorRequirement } from "@kubets/api";
import { expect, test } from "vitest";
import { couldHelp, filterSays, nodeUpdate, scores } from "../../testing/ask.ts";
import { aNode, aPod, type PodFacts } from "../../testing/objects.ts";
import { nodeAffinity } from "./node-affinity.ts";

const plugin = nodeAffinity();
const node = aNode({ name: "a", labels: { disk: "ssd", cores: "8" } });
const noMatch = "node(s) didn't match Pod's node affinity/selector (for good)";
const disk = (...values: readonly string[]) => ({ matchExpressions: [{ key: "disk", operator: "In" as const, values }] });
const requiring = (...nodeSelectorTerms: readonly object[]): PodFacts => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});

test.each<[NodeSelectorRequirement, boolean]>([
  [{ key: "disk", operator: "In", values: ["hdd", "ssd"] }, true],
  [{ key: "disk", operator: "In", values: ["hdd"] }, false],
  [{ key: "gpu", operator: "In", values: ["a"] }, false],
  [{ key: "disk", operator: "NotIn", values: ["hdd"] }, true],
  [{ key: "disk", operator: "NotIn", values: ["ssd"] }, false],
  [{ key: "gpu", operator: "NotIn", values: ["a"] }, true],
  [{ key: "disk", operator: "Exists" }, true],
  [{ key: "gpu", operator: "Exists" }, false],
  [{ key: "gpu", operator: "DoesNotExist" }, true],
  [{ key: "disk", operator: "DoesNotExist" }, false],
  [{ key: "cores", operator: "Gt", values: ["7"] }, true],
  [{ key: "cores", operator: "Gt", values: ["8"] }, false],
  [{ key: "cores", operator: "Lt", values: ["9"] }, true],
  [{ key: "disk", operator: "Lt", values: ["9"] }, false],
  [{ key: "gpu", operator: "Gt", values: ["0"] }, false],
])("%j matches disk=ssd,cores=8: %s", (requirement, expected) => {
  expect(matchesNodeSelectorTerm({ matchExpressions: [requirement] }, node)).toBe(expected);
});

test("the requirements of a term hold together, terms are alternatives, and a term without requirements matches nothing", () => {
  const said = (...terms: readonly object[]): string => filterSays(plugin, aPod(requiring(...terms)), node);
  const both = (cores: string) => ({
    matchExpressions: [...disk("ssd").matchExpressions, { key: "cores", operator: "In", values: [cores] }],
  });
  expect([said(both("8")), said(both("4")), said(both("4"), disk("ssd")), said({}), said(disk("hdd"), {})]).toEqual([
    "yes",
    noMatch,
    "yes",
    noMatch,
    noMatch,
  ]);
});

test("the node selector holds beside the affinity", () => {
  expect(filterSays(plugin, aPod({ nodeSelector: { disk: "ssd" } }), node)).toBe("yes");
  expect(filterSays(plugin, aPod({ nodeSelector: { disk: "hdd" }, ...requiring(disk("ssd")) }), node)).toBe(noMatch);
  expect(filterSays(plugin, aPod({ nodeSelector: {} }), node)).toBe("yes");
});

test("a term can name the node itself", () => {
  const named = (operator: "In" | "NotIn", name: string) =>
    requiring({ matchFields: [{ key: "metadata.name", operator, values: [name] }] });
  expect([named("In", "a"), named("NotIn", "a")].map((facts) => filterSays(plugin, aPod(facts), node))).toEqual(["yes", noMatch]);
});

test("what the profile adds holds for every Pod, and is told apart", () => {
  const enforcing = nodeAffinity({
    addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [disk("hdd")] } },
  });
  expect(filterSays(enforcing, aPod(), node)).toBe("node(s) didn't match scheduler-enforced node affinity (for good)");
  expect(filterSays(enforcing, aPod(), aNode({ labels: { disk: "hdd" } }))).toBe("yes");
});

test("preferences add up by weight, the profile's among them; without any there is no score", () => {
  const nodes = [aNode({ labels: { disk: "ssd" } }), aNode({ labels: { disk: "ssd", cores: "8" } }), aNode()];
  const preferring: PodFacts = {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 10, preference: disk("ssd") },
          { weight: 5, preference: { matchExpressions: [{ key: "cores", operator: "Exists" }] } },
        ],
      },
    },
  };
  const added = nodeAffinity({
    addedAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: disk("ssd") }] },
  });
  expect([scores(plugin, aPod(preferring), nodes), scores(added, aPod(preferring), nodes), scores(plugin, aPod(), nodes)]).toEqual([
    [10, 15, 0],
    [11, 16, 0],
    undefined,
  ]);
});

test("labels that make a node match could help, those that don't can't", () => {
  const pod = aPod({ nodeSelector: { disk: "ssd" } });
  const [without, withHdd, withSsd] = [aNode(), aNode({ labels: { disk: "hdd" } }), aNode({ labels: { disk: "ssd" } })];
  expect([
    couldHelp(plugin, pod, nodeUpdate(without, withSsd, "labels")),
    couldHelp(plugin, pod, nodeUpdate(without, withHdd, "labels")),
    couldHelp(plugin, pod, nodeUpdate(withSsd, withSsd, "taints")),
    couldHelp(plugin, pod, { kind: "NodeAdded", node: withSsd }),
    couldHelp(plugin, pod, { kind: "NodeAdded", node: without }),
  ]).toEqual([true, false, false, true, false]);
});

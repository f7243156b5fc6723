import type { Taint, Toleration } from "@kubets/api";
import { expect, test } from "vitest";
import { couldHelp, filterSays, nodeUpdate, scores } from "../../testing/ask.ts";
import { aNode, aPod } from "../../testing/objects.ts";
import { taintToleration } from "./taint-toleration.ts";

const dedicated: Taint = { key: "dedicated", value: "batch", effect: "NoSchedule" };

test.each<[Toleration, boolean]>([
  [{ key: "dedicated", operator: "Equal", value: "batch", effect: "NoSchedule" }, true],
  [{ key: "dedicated", value: "batch" }, true],
  [{ key: "dedicated", operator: "Exists" }, true],
  [{ operator: "Exists" }, true],
  [{ operator: "Exists", effect: "NoExecute" }, false],
  [{ key: "dedicated", value: "web" }, false],
  [{ key: "other", operator: "Exists" }, false],
  [{ key: "dedicated", operator: "Gt", value: "1" }, false],
])("%j tolerates dedicated=batch:NoSchedule: %s", (toleration, expected) => {
  const said = filterSays(taintToleration, aPod({ tolerations: [toleration] }), aNode({ taints: [dedicated] }));
  expect(said).toBe(expected ? "yes" : "node(s) had untolerated taint(s) (for good)");
});

test("taints without a toleration keep a Pod off, except the soft ones", () => {
  const node = (effect: Taint["effect"]) => aNode({ taints: [{ ...dedicated, effect }] });
  expect(
    (["NoSchedule", "NoExecute", "PreferNoSchedule"] as const).map((effect) => filterSays(taintToleration, aPod(), node(effect))),
  ).toEqual(["node(s) had untolerated taint(s) (for good)", "node(s) had untolerated taint(s) (for good)", "yes"]);
  expect(filterSays(taintToleration, aPod({ tolerations: [{ operator: "Exists" }] }), node("NoSchedule"))).toBe("yes");
});

test("soft taints count against a node, those that the Pod tolerates don't", () => {
  const soft = (...keys: readonly string[]) => aNode({ taints: keys.map((key) => ({ key, effect: "PreferNoSchedule" as const })) });
  const pod = aPod({
    tolerations: [
      { key: "a", operator: "Exists" },
      { key: "b", operator: "Exists", effect: "NoSchedule" },
    ],
  });
  expect(scores(taintToleration, pod, [soft(), soft("a"), soft("a", "b"), soft("a", "b", "c")])).toEqual([0, 0, 1, 2]);
});

test("a node whose taint goes away could help, as could a new one without it, and tolerations of the Pod", () => {
  const [tainted, clean] = [aNode({ name: "a", taints: [dedicated] }), aNode({ name: "a" })];
  const pod = aPod();
  expect(couldHelp(taintToleration, pod, nodeUpdate(tainted, clean, "taints"))).toBe(true);
  expect(couldHelp(taintToleration, pod, nodeUpdate(clean, tainted, "taints"))).toBe(false);
  expect(couldHelp(taintToleration, pod, nodeUpdate(tainted, clean, "labels"))).toBe(false);
  expect(couldHelp(taintToleration, pod, { kind: "NodeAdded", node: clean })).toBe(true);
  expect(couldHelp(taintToleration, pod, { kind: "NodeAdded", node: tainted })).toBe(false);
  expect(couldHelp(taintToleration, pod, { kind: "PodUpdated", pod, previous: pod, changed: new Set(["tolerations"]) })).toBe(true);
  expect(couldHelp(taintToleration, pod, { kind: "AssignedPodDeleted", pod })).toBe(false);
});

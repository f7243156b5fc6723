import type { Node } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aNode, noon } from "../testing/objects.ts";
import { type Budgets, decideEvictions } from "./evictions.ts";
import { defaultEvictionRates } from "./zones.ts";

interface Facts {
  readonly ready?: "True" | "False" | "Unknown";
  readonly zone?: string;
  readonly evicted?: boolean;
  readonly excluded?: boolean;
}
function node(name: string, { ready = "True", zone = "a", evicted = false, excluded = false }: Facts = {}): Node {
  const key = ready === "Unknown" ? "node.kubernetes.io/unreachable" : "node.kubernetes.io/not-ready";
  const labels = {
    "topology.kubernetes.io/zone": zone,
    ...(excluded ? { "node.kubernetes.io/exclude-disruption": "" } : {}),
  };
  return aNode(name, {
    metadata: { labels },
    spec: evicted ? { taints: [{ key, effect: "NoExecute", timeAdded: ago(60) }] } : {},
    status: { conditions: [{ type: "Ready", status: ready, lastTransitionTime: ago(60) }] },
  });
}
const nodes = (count: number, prefix: string, facts: Facts = {}): readonly Node[] =>
  Array.from({ length: count }, (_, index) => node(`${prefix}${String(index).padStart(2, "0")}`, facts));
const at = (seconds: number): Instant => (noon + seconds * 1000) as Instant;
const none: Budgets = new Map();
function decide(observed: readonly Node[], { budgets = none, now = noon }: { readonly budgets?: Budgets; readonly now?: Instant } = {}) {
  const decision = decideEvictions({ nodes: observed, budgets, rates: defaultEvictionRates }, now);
  const marked = decision.actions.map((action) => {
    const { name, patch } = action as unknown as { name: string; patch: { spec: { taints: readonly { key: string }[] } } };
    return `${name} ${patch.spec.taints.map(({ key }) => key.replace("node.kubernetes.io/", "")).join()}`.trim();
  });
  return { ...decision, marked };
}
/** How many of the nodes are given up in a time (seconds), each taking part in what follows. */
function givenUp(observed: readonly Node[], seconds: number): number {
  let [current, budgets]: readonly [readonly Node[], Budgets] = [observed, none];
  for (let second = 0; second <= seconds; second++) {
    const { marked, budgets: left } = decide(current, { budgets, now: at(second) });
    const names = new Set(marked.map((mark) => mark.split(" ")[0]));
    current = current.map((each) => (names.has(each.metadata.name) ? node(each.metadata.name, { ready: "Unknown", evicted: true }) : each));
    budgets = left;
  }
  return current.filter(({ spec }) => spec.taints !== undefined).length;
}

test("one node is given up at once, the next ten seconds later", () => {
  const observed = [...nodes(2, "lost", { ready: "Unknown" }), ...nodes(5, "well")];
  const first = decide(observed);
  expect(first).toMatchObject({ marked: ["lost00 unreachable"], requeueAfter: 10_000 });
  const rest = [node("lost00", { ready: "Unknown", evicted: true }), ...observed.slice(1)];
  expect(decide(rest, { budgets: first.budgets, now: at(4) })).toMatchObject({ marked: [], requeueAfter: 6_000 });
  expect(decide(rest, { budgets: first.budgets, now: at(10) }).marked).toEqual(["lost01 unreachable"]);
});

test("a node that says itself that it isn't ready is marked so", () => {
  expect(decide([node("sick", { ready: "False" }), node("well")]).marked).toEqual(["sick not-ready"]);
});

test("zones have their own budgets", () => {
  const observed = [node("a1", { ready: "Unknown" }), node("a2"), node("b1", { ready: "Unknown", zone: "b" }), node("b2", { zone: "b" })];
  expect(decide(observed).marked).toEqual(["a1 unreachable", "b1 unreachable"]);
});

test.each<readonly [string, readonly Node[], number]>([
  ["healthy: one in ten seconds", [...nodes(20, "lost", { ready: "Unknown" }), ...nodes(40, "well")], 11],
  ["small and partly disrupted: none", [...nodes(12, "lost", { ready: "Unknown" }), ...nodes(8, "well")], 0],
  ["large and partly disrupted: one in a hundred seconds", [...nodes(40, "lost", { ready: "Unknown" }), ...nodes(20, "well")], 2],
  [
    "fully disrupted while others are well: one in ten seconds",
    [...nodes(12, "lost", { ready: "Unknown" }), ...nodes(5, "well", { zone: "b" })],
    11,
  ],
  ["of two lost nodes of three: not disrupted", [...nodes(2, "lost", { ready: "Unknown" }), ...nodes(1, "well")], 2],
])("in a hundred seconds nodes are given up in a zone that is %s", (_zone, observed, count) => {
  expect(givenUp(observed, 100)).toBe(count);
});

test("when no node is ready none is given up, those that were are spared, and it begins anew when one is heard", () => {
  const evicted = node("a", { ready: "Unknown", evicted: true });
  const lost = decide([evicted, node("b", { ready: "Unknown", zone: "b" })]);
  expect(lost).toMatchObject({ marked: ["a"], startsAnew: false });
  expect(lost.requeueAfter).toBeUndefined();
  const back = decide([node("a", { ready: "Unknown" }), node("b", { zone: "b" })], { budgets: lost.budgets, now: at(60) });
  expect(back).toMatchObject({ marked: [], startsAnew: true, requeueAfter: 10_000 });
});

test("what was saved up in a healthy zone isn't spent at once when much of it is lost", () => {
  const few = decide([...nodes(1, "lost", { ready: "Unknown" }), ...nodes(60, "well")]);
  const many = [...nodes(45, "lost", { ready: "Unknown" }), ...nodes(15, "well")];
  expect(decide(many, { budgets: few.budgets, now: at(5) })).toMatchObject({ marked: [], requeueAfter: 100_000 });
});

test("machines that are expected to come and go don't count for the state of their zone", () => {
  const observed = [...nodes(5, "spot", { ready: "Unknown", excluded: true }), ...nodes(2, "well")];
  expect(decide(observed).marked).toEqual(["spot00 unreachable"]);
});

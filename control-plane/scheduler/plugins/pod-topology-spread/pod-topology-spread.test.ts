import type { Node, Pod, TopologySpreadConstraint } from "@kubets/api";
import { expect, test } from "vitest";
import { decide } from "../../cycle.ts";
import { ScoreRange } from "../../normalization.ts";
import { podInfo } from "../../pod-info.ts";
import { defaultProfile } from "../../plugins.ts";
import { postFilter } from "../../post-filter.ts";
import type { Snapshot } from "../../snapshot.ts";
import { aNode, aPod, aSnapshot } from "../../testing/objects.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";

const zone = "topology.kubernetes.io/zone";
/** Nodes by name, each in the zone of its first letter. */
const nodes = (...names: readonly string[]): readonly Node[] =>
  names.map((name) => aNode({ name, labels: { ...(name.startsWith("-") ? {} : { [zone]: name.slice(0, 1) }), host: name } }));
const web = { app: "web" };
const constraint = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  maxSkew: 1,
  topologyKey: zone,
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: web },
  ...more,
});
const podWith = (...topologySpreadConstraints: readonly TopologySpreadConstraint[]): Pod => {
  const pod = aPod({ name: "new" });
  return { ...pod, metadata: { ...pod.metadata, labels: web }, spec: { ...pod.spec, topologySpreadConstraints } };
};
let made = 0;
/** A Pod that is counted, on a node. */
const on = (nodeName: string, { labels = web, ...metadata }: Partial<Pod["metadata"]> = {}): Pod => {
  const pod = aPod({ name: `p${made++}`, nodeName });
  return { ...pod, metadata: { ...pod.metadata, labels, ...metadata } };
};
/** The nodes that pass; those that don't with `!` when no preemption could help. */
function passing(pod: Pod, snapshot: Snapshot): readonly string[] {
  const verdict = podTopologySpread.preFilter!(podInfo(pod), snapshot);
  if (verdict.kind !== "filter") return [verdict.kind];
  return [...snapshot.nodeSlots()]
    .flatMap((slot) => {
      if (verdict.filter!.passes(slot)) return [snapshot.nameOf(slot)];
      return verdict.filter!.rejection(slot).resolvable ? [] : [`${snapshot.nameOf(slot)}!`];
    })
    .toSorted();
}

test.each<readonly [string, readonly string[], readonly Pod[], TopologySpreadConstraint, readonly string[]]>([
  ["the emptier zone", ["a1", "b1"], [on("a1")], constraint(), ["b1"]],
  ["any zone while they are even", ["a1", "b1"], [on("a1"), on("b1")], constraint(), ["a1", "b1"]],
  ["any zone within the skew", ["a1", "b1"], [on("a1")], constraint({ maxSkew: 2 }), ["a1", "b1"]],
  ["zones count all of their nodes", ["a1", "a2", "b1"], [on("a1"), on("a2"), on("b1")], constraint(), ["b1"]],
  ["hosts are domains as well", ["a1", "a2", "b1"], [on("a1"), on("b1")], constraint({ topologyKey: "host" }), ["a2"]],
  ["nodes without the label are out for good", ["a1", "b1", "-x"], [], constraint(), ["-x!", "a1", "b1"]],
  ["Pods of other labels don't count", ["a1", "b1"], [on("a1", { labels: { app: "db" } })], constraint(), ["a1", "b1"]],
  ["Pods of other namespaces don't count", ["a1", "b1"], [on("a1", { namespace: "other" })], constraint(), ["a1", "b1"]],
  [
    "Pods on their way out don't count",
    ["a1", "b1"],
    [on("a1", { deletionTimestamp: "2026-01-01T00:00:00Z" })],
    constraint(),
    ["a1", "b1"],
  ],
  ["too few domains count as empty ones", ["a1"], [on("a1")], constraint({ minDomains: 2 }), []],
  ["enough domains don't", ["a1", "b1"], [on("a1"), on("b1")], constraint({ minDomains: 2 }), ["a1", "b1"]],
  [
    "a Pod that isn't counted itself fits where the skew is as it may be",
    ["a1", "b1"],
    [on("a1", { labels: { app: "db" } })],
    constraint({ labelSelector: { matchLabels: { app: "db" } } }),
    ["a1", "b1"],
  ],
])("a Pod may go to %s", (_rule, names, pods, spread, expected) => {
  expect(passing(podWith(spread), aSnapshot({ nodes: nodes(...names), pods }))).toEqual(expected);
});

test("nodes that the Pod can't use are no domains, unless it says so", () => {
  const all = nodes("a1", "b1", "c1");
  const pods = [on("a1"), on("b1")];
  const bound = (spread: TopologySpreadConstraint): Pod => {
    const pod = podWith(spread);
    const key = { key: zone, operator: "In" as const, values: ["a", "b"] };
    const nodeSelectorTerms = [{ matchExpressions: [key] }];
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
    return { ...pod, spec: { ...pod.spec, affinity } };
  };
  expect(passing(bound(constraint()), aSnapshot({ nodes: all, pods }))).toEqual(["a1", "b1", "c1"]);
  expect(passing(bound(constraint({ nodeAffinityPolicy: "Ignore" })), aSnapshot({ nodes: all, pods }))).toEqual(["c1"]);
});

test("nodes with taints that the Pod doesn't tolerate are domains, unless it says so", () => {
  const [a1, b1] = nodes("a1", "b1");
  const tainted = { ...b1!, spec: { ...b1!.spec, taints: [{ key: "dedicated", effect: "NoSchedule" as const }] } };
  const snapshot = aSnapshot({ nodes: [a1!, tainted], pods: [on("a1")] });
  expect(passing(podWith(constraint()), snapshot)).toEqual(["b1"]);
  expect(passing(podWith(constraint({ nodeTaintsPolicy: "Honor" })), snapshot)).toEqual(["a1", "b1"]);
});

test("soft constraints prefer the domains with fewer Pods, and nodes outside of them least", () => {
  const snapshot = aSnapshot({ nodes: nodes("a1", "b1", "c1", "-x"), pods: [on("a1"), on("a1"), on("b1")] });
  const scorer = podTopologySpread.preScore!(podInfo(podWith(constraint({ whenUnsatisfiable: "ScheduleAnyway" }))), snapshot)!;
  const raw = ["a1", "b1", "c1", "-x"].map((name) => scorer.score(snapshot.slotOf(name)!));
  const range = new ScoreRange(scorer.normalize!);
  for (const score of raw) range.add(score);
  const scores = raw.map((score) => range.normalized(score));
  expect(scores[2]).toBe(100);
  expect(scores[2]! > scores[1]! && scores[1]! > scores[0]! && scores[0]! >= scores[3]!).toBe(true);
});

test("a Pod without constraints isn't asked about", () => {
  expect(passing(podWith(), aSnapshot({ nodes: nodes("a1"), pods: [] }))).toEqual(["skip"]);
  expect(podTopologySpread.preScore!(podInfo(podWith()), aSnapshot({ nodes: nodes("a1"), pods: [] }))).toBeUndefined();
});

test("a whole Deployment is spread evenly, one Pod after the other", () => {
  const snapshot = aSnapshot({ nodes: nodes("a1", "a2", "b1", "c1"), pods: [] });
  const perZone = new Map<string, number>();
  for (let index = 0; index < 9; index++) {
    const pod = { ...podWith(constraint()), metadata: { ...podWith().metadata, name: `w${index}`, uid: `w${index}` } };
    const decision = decide(snapshot, podInfo(pod), defaultProfile);
    if (decision.kind !== "place") throw new Error("Expected a place");
    snapshot.setPod(podInfo({ ...pod, spec: { ...pod.spec, nodeName: decision.node } }), decision.node);
    perZone.set(decision.node[0]!, (perZone.get(decision.node[0]!) ?? 0) + 1);
  }
  expect(Object.fromEntries(perZone)).toEqual({ a: 3, b: 3, c: 3 });
});

test("a more important Pod makes room in the domain where it may go", () => {
  const pods = [on("a1"), on("b1", { labels: { app: "db" } })];
  const [a1, b1] = nodes("a1", "b1");
  const full = { ...b1!, status: { ...b1!.status, allocatable: { ...b1!.status.allocatable, pods: "1" } } };
  const snapshot = aSnapshot({ nodes: [a1!, full], pods });
  const pod = podWith(constraint());
  const important = podInfo({ ...pod, spec: { ...pod.spec, priority: 100 } });
  const decision = decide(snapshot, important, defaultProfile);
  if (decision.kind !== "unschedulable") throw new Error("Expected no place");
  const plugins = defaultProfile.plugins.map(({ plugin }) => plugin);
  expect(postFilter(plugins, important, snapshot, decision)).toMatchObject({ kind: "nominated" });
});

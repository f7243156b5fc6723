import type { Node, Pod, PodAffinityTerm } from "@kubets/api";
import { expect, test } from "vitest";
import { ScoreRange } from "../../normalization.ts";
import { podInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";
import { aNode, aPod, aSnapshot } from "../../testing/objects.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";

const zone = "topology.kubernetes.io/zone";
/** Nodes by name, each in the zone of its first letter; `-` is in none. */
const nodes = (...names: readonly string[]): readonly Node[] =>
  names.map((name) => aNode({ name, labels: name.startsWith("-") ? {} : { [zone]: name.slice(0, 1) } }));
const term = (app: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey: zone,
  labelSelector: { matchLabels: { app } },
  ...more,
});
interface Facts {
  readonly app?: string;
  readonly near?: readonly PodAffinityTerm[];
  readonly away?: readonly PodAffinityTerm[];
  readonly ratherNear?: readonly PodAffinityTerm[];
  readonly ratherAway?: readonly PodAffinityTerm[];
  readonly namespace?: string;
}
let made = 0;
function pod({ app = "web", near, away, ratherNear, ratherAway, namespace = "default" }: Facts, nodeName?: string): Pod {
  const weighted = (terms: readonly PodAffinityTerm[]) => terms.map((podAffinityTerm) => ({ weight: 10, podAffinityTerm }));
  const affinityOf = (required?: readonly PodAffinityTerm[], preferred?: readonly PodAffinityTerm[]) => ({
    ...(required === undefined ? {} : { requiredDuringSchedulingIgnoredDuringExecution: required }),
    ...(preferred === undefined ? {} : { preferredDuringSchedulingIgnoredDuringExecution: weighted(preferred) }),
  });
  const plain = aPod({ name: `p${made++}`, ...(nodeName === undefined ? {} : { nodeName }) });
  const affinity = {
    ...(near === undefined && ratherNear === undefined ? {} : { podAffinity: affinityOf(near, ratherNear) }),
    ...(away === undefined && ratherAway === undefined ? {} : { podAntiAffinity: affinityOf(away, ratherAway) }),
  };
  return {
    ...plain,
    metadata: { ...plain.metadata, namespace, labels: { app } },
    spec: { ...plain.spec, ...(Object.keys(affinity).length === 0 ? {} : { affinity }) },
  };
}
/** The nodes that pass; those that don't with `!` when no preemption could help. */
function passing(incoming: Pod, snapshot: Snapshot): readonly string[] {
  const verdict = interPodAffinity.preFilter!(podInfo(incoming), snapshot);
  if (verdict.kind !== "filter") return [verdict.kind];
  return [...snapshot.nodeSlots()]
    .flatMap((slot) => {
      if (verdict.filter!.passes(slot)) return [snapshot.nameOf(slot)];
      return verdict.filter!.rejection(slot).resolvable ? [] : [`${snapshot.nameOf(slot)}!`];
    })
    .toSorted();
}
const three = nodes("a1", "a2", "b1");

test.each<readonly [string, Facts, readonly Pod[], readonly string[]]>([
  ["near to another goes to its zone, and nowhere else for good", { near: [term("db")] }, [pod({ app: "db" }, "a1")], ["a1", "a2", "b1!"]],
  ["near to nobody waits", { near: [term("db")] }, [], ["a1!", "a2!", "b1!"]],
  ["near to its own like begins anywhere", { near: [term("web")] }, [], ["a1", "a2", "b1"]],
  ["near to its own like follows the first", { near: [term("web")] }, [pod({}, "b1")], ["a1!", "a2!", "b1"]],
  [
    "near to two others needs one that is both",
    { near: [term("db"), term("cache")] },
    [pod({ app: "db" }, "a1"), pod({ app: "cache" }, "a1")],
    ["a1!", "a2!", "b1!"],
  ],
  ["away from another keeps out of its zone", { away: [term("db")] }, [pod({ app: "db" }, "a1")], ["b1"]],
  ["that another wants away keeps out of its zone", {}, [pod({ app: "db", away: [term("web")] }, "a1")], ["b1"]],
  ["that another doesn't speak of goes anywhere", {}, [pod({ app: "db", away: [term("cache")] }, "a1")], ["a1", "a2", "b1"]],
  ["of another namespace isn't meant", { near: [term("db")] }, [pod({ app: "db", namespace: "other" }, "a1")], ["a1!", "a2!", "b1!"]],
  [
    "of a namespace that is named is meant",
    { near: [term("db", { namespaces: ["other"] })] },
    [pod({ app: "db", namespace: "other" }, "a1")],
    ["a1", "a2", "b1!"],
  ],
  [
    "of any namespace is meant by an empty selector",
    { away: [term("db", { namespaceSelector: {} })] },
    [pod({ app: "db", namespace: "other" }, "a1")],
    ["b1"],
  ],
])("a Pod %s", (_what, facts, pods, expected) => {
  expect(passing(pod(facts), aSnapshot({ nodes: three, pods }))).toEqual(expected);
});

test("a node outside of the topology is never near, and never too near", () => {
  const snapshot = aSnapshot({ nodes: nodes("a1", "-x"), pods: [pod({ app: "db" }, "a1")] });
  expect(passing(pod({ near: [term("db")] }), snapshot)).toEqual(["-x!", "a1"]);
  expect(passing(pod({ away: [term("db")] }), snapshot)).toEqual(["-x"]);
});

test("namespaces are chosen by the labels that they have now", () => {
  const snapshot = aSnapshot({ nodes: three, pods: [pod({ app: "db", namespace: "other" }, "a1")] });
  const selector = { namespaceSelector: { matchLabels: { team: "x" } } };
  const incoming = pod({ near: [term("db", selector)] });
  expect(passing(incoming, snapshot)).toEqual(["a1!", "a2!", "b1!"]);
  snapshot.followNamespaces({ get: (name) => ({ metadata: { name, labels: { team: "x" } } }) as never });
  expect(passing(incoming, snapshot)).toEqual(["a1", "a2", "b1!"]);
});

test("what is said of Pods that might go is asked again without them", () => {
  const foe = pod({ app: "db" }, "a1");
  const snapshot = aSnapshot({ nodes: three, pods: [foe] });
  const verdict = interPodAffinity.preFilter!(podInfo(pod({ away: [term("db")] })), snapshot);
  if (verdict.kind !== "filter") throw new Error("Expected a filter");
  const slot = snapshot.slotOf("a1")!;
  const [there] = [...snapshot.podsOn(slot).values()];
  expect(snapshot.supposing(slot, { without: [there!], also: [] }, () => verdict.filter!.passes(slot))).toBe(true);
  expect(verdict.filter!.passes(slot)).toBe(false);
});

function scores(incoming: Pod, pods: readonly Pod[]): readonly number[] | undefined {
  const snapshot = aSnapshot({ nodes: nodes("a1", "b1", "c1"), pods });
  const scorer = interPodAffinity.preScore!(podInfo(incoming), snapshot);
  if (scorer === undefined) return undefined;
  const raw = ["a1", "b1", "c1"].map((name) => scorer.score(snapshot.slotOf(name)!));
  const range = new ScoreRange(scorer.normalize!);
  for (const score of raw) range.add(score);
  return raw.map((score) => range.normalized(score));
}

test.each<readonly [string, Facts, readonly Pod[], readonly number[] | undefined]>([
  ["near is better", { ratherNear: [term("db")] }, [pod({ app: "db" }, "a1")], [100, 0, 0]],
  ["away is better", { ratherAway: [term("db")] }, [pod({ app: "db" }, "a1")], [0, 100, 100]],
  [
    "nearer to more is better",
    { ratherNear: [term("db")] },
    [pod({ app: "db" }, "a1"), pod({ app: "db" }, "a1"), pod({ app: "db" }, "b1")],
    [100, 50, 0],
  ],
  ["what is wanted there is better", {}, [pod({ app: "db", ratherNear: [term("web")] }, "b1")], [0, 100, 0]],
  ["what is required there counts a little", {}, [pod({ app: "db", near: [term("web")] }, "b1")], [0, 100, 0]],
  ["what nobody speaks of has no scores", {}, [pod({ app: "db" }, "a1")], undefined],
])("%s", (_rule, facts, pods, expected) => {
  expect(scores(pod(facts), pods)).toEqual(expected);
});

test("Pods are alike by what they say of others, and by their labels where others could speak of them", () => {
  const alike = (a: Pod, b: Pod, pods: readonly Pod[]): boolean => {
    const [one, other] = [a, b].map((each) => interPodAffinity.sign!(podInfo(each), aSnapshot({ nodes: three, pods })));
    return one !== undefined && one === other;
  };
  const [web, db] = [pod({}), pod({ app: "db" })];
  expect(alike(web, db, [pod({ app: "db" }, "a1")])).toBe(true);
  const speaking = [pod({ app: "db", away: [term("web")] }, "a1")];
  expect([alike(web, pod({}), speaking), alike(web, db, speaking)]).toEqual([true, false]);
  expect(alike(pod({ near: [term("db")] }), pod({ near: [term("db")] }), [])).toBe(true);
  expect(alike(pod({ near: [term("db")] }), pod({ near: [term("web")] }), [])).toBe(false);
});

test("Pods that choose others by the labels of namespaces are like no other: nobody tells when these change", () => {
  const choosing = podInfo(pod({ near: [term("db", { namespaceSelector: { matchLabels: { team: "x" } } })] }));
  expect(interPodAffinity.sign!(choosing, aSnapshot({ nodes: three }))).toBeUndefined();
});

import type { Pod } from "@kubets/api";
import { maximumScore, type NodeScorer, type Plugin, type Rejection, rejection, skip } from "../../framework.ts";
import type { Snapshot } from "../../snapshot.ts";
import { countPods, DomainCounts, type Term, termsOf } from "./terms.ts";

const name = "InterPodAffinity";
const notNear = rejection(name, false, "node(s) didn't match pod affinity rules");
const tooNear = rejection(name, true, "node(s) didn't match pod anti-affinity rules");
const unwelcome = rejection(name, true, "node(s) didn't satisfy existing pods anti-affinity rules");

/** What it counts to be near to a Pod that requires it of others: upstream's `hardPodAffinityWeight`. */
const requiredWeight = 1;

/** Places Pods near to others and away from others, as they say themselves, and as those say that are there already. */
export const interPodAffinity: Plugin = {
  name,
  // As long as some Pod says which others it wants near, every other Pod may be one of them.
  sign: ({ pod }, snapshot) => (speaksOfOthers(pod) || snapshot.hasAffinePods ? undefined : ""),
  preFilter({ pod }, snapshot) {
    const verdictOf = verdicts(pod, snapshot);
    if (verdictOf === undefined) return skip;
    return {
      kind: "filter",
      filter: { scope: "usage", passes: (slot) => verdictOf(slot) === undefined, rejection: (slot) => verdictOf(slot) ?? unwelcome },
    };
  },
  preScore({ pod }, snapshot) {
    return speaksOfOthers(pod) || snapshot.hasAffinePods ? scorer(pod, snapshot) : undefined;
  },
};

/** Whether a Pod has a say in where other Pods are. */
export function speaksOfOthers({ spec: { affinity } }: Pod): boolean {
  return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;
}

/** What is said against each node; `undefined` when nobody has anything to say about any. */
function verdicts(pod: Pod, snapshot: Snapshot): ((slot: number) => Rejection | undefined) | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near = termsOf(pod, podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, snapshot);
  const away = termsOf(pod, podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, snapshot);
  const refusing = refusals(pod, snapshot);
  if (near.length === 0 && away.length === 0 && refusing.length === 0) return undefined;

  const isFriend = (other: Pod): boolean => near.every(({ matches }) => matches(other));
  const friends = near.map((term) => new DomainCounts(snapshot, term.topologyKey, (slot) => countPods(snapshot, slot, isFriend)));
  // The first of those that want to be together has to begin somewhere.
  const isFirst = near.length > 0 && friends.every(({ isEmpty }) => isEmpty) && isFriend(pod);
  const foes = away.map((term) => new DomainCounts(snapshot, term.topologyKey, (slot) => countPods(snapshot, slot, term.matches)));
  return (slot) => {
    if (friends.some((each) => each.domainOf(slot) === undefined)) return notNear;
    if (!isFirst && friends.some((each) => each.around(slot) === 0)) return notNear;
    if (foes.some((each) => each.around(slot) > 0)) return tooNear;
    return refusing.some((each) => each.around(slot) > 0) ? unwelcome : undefined;
  };
}

/** Where Pods are that don't want this one near. */
function refusals(pod: Pod, snapshot: Snapshot): readonly DomainCounts[] {
  const against = new Map<string, Map<Pod, number>>();
  for (const { pod: other } of snapshot.affinePods()) {
    const required = other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    for (const { topologyKey, matches } of termsOf(other, required, snapshot)) {
      if (!matches(pod)) continue;
      const counts = against.get(topologyKey) ?? new Map<Pod, number>();
      against.set(topologyKey, counts.set(other, (counts.get(other) ?? 0) + 1));
    }
  }
  return [...against].map(
    ([topologyKey, who]) => new DomainCounts(snapshot, topologyKey, (slot) => countPods(snapshot, slot, (other) => who.has(other))),
  );
}

interface WeightedTerm extends Term {
  readonly weight: number;
}

/** What a Pod prefers: near counts for a node, away against it. */
function preferences(pod: Pod, snapshot: Snapshot): readonly WeightedTerm[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const weighted = (sign: 1 | -1, terms: typeof podAffinity): readonly WeightedTerm[] =>
    (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }) =>
      termsOf(pod, [podAffinityTerm], snapshot).map((term) => ({ ...term, weight: sign * weight })),
    );
  return [...weighted(1, podAffinity), ...weighted(-1, podAntiAffinity)];
}

/** What a Pod that is there has to say of one that comes. */
function wishes(pod: Pod, snapshot: Snapshot): readonly WeightedTerm[] {
  const required = termsOf(pod, pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, snapshot);
  return [...required.map((term) => ({ ...term, weight: requiredWeight })), ...preferences(pod, snapshot)];
}

function scorer(pod: Pod, snapshot: Snapshot): NodeScorer | undefined {
  const sums = new Map<string, Map<string, number>>();
  const add = (slot: number, { topologyKey, weight }: WeightedTerm): void => {
    const domain = snapshot.node(slot)?.metadata.labels?.[topologyKey];
    if (domain === undefined) return;
    const domains = sums.get(topologyKey) ?? new Map<string, number>();
    sums.set(topologyKey, domains.set(domain, (domains.get(domain) ?? 0) + weight));
  };
  const own = preferences(pod, snapshot);
  if (own.length > 0)
    for (const slot of snapshot.nodeSlots())
      for (const { pod: other } of snapshot.podsOn(slot).values()) for (const term of own) if (term.matches(other)) add(slot, term);
  for (const { pod: other } of snapshot.affinePods()) {
    const slot = snapshot.slotOf(other.spec.nodeName ?? "");
    if (slot !== undefined) for (const term of wishes(other, snapshot)) if (term.matches(pod)) add(slot, term);
  }
  if (sums.size === 0) return undefined;

  const totals = new Map<number, number>();
  for (const slot of snapshot.nodeSlots()) {
    const { labels = {} } = snapshot.node(slot)!.metadata;
    let total = 0;
    for (const [topologyKey, domains] of sums) total += domains.get(labels[topologyKey] ?? "") ?? 0;
    totals.set(slot, total);
  }
  const [least, most] = [Math.min(...totals.values()), Math.max(...totals.values())];
  const score = (slot: number): number =>
    most === least ? 0 : Math.trunc((maximumScore * ((totals.get(slot) ?? least) - least)) / (most - least));
  return { scope: "usage", score };
}

import { DomainCounts } from "../../domain-counts.ts";
import { type NodeScorer, type Plugin, type Rejection, rejection, skip } from "../../framework.ts";
import type { Term, Wishes } from "../../pod-affinity.ts";
import { isAffine } from "../../pod-counts.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";

const name = "InterPodAffinity";
const notNear = rejection(name, false, "node(s) didn't match pod affinity rules");
const tooNear = rejection(name, true, "node(s) didn't match pod anti-affinity rules");
const unwelcome = rejection(name, true, "node(s) didn't satisfy existing pods anti-affinity rules");

/** What it counts to be near to a Pod that requires it of others: upstream's `hardPodAffinityWeight`. */
const requiredWeight = 1;

/** Places Pods near to others and away from others, as they say themselves, and as those say that are there already. */
export const interPodAffinity: Plugin = {
  name,
  sign(pod, { affinities }) {
    if (!isAffine(pod) && affinities.isEmpty) return "";
    // Namespaces change their labels without anyone being told here.
    if (affinities.readsNamespaces || affinities.wishesOf(pod).readsNamespaces) return undefined;
    const { metadata, spec } = pod.pod;
    const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
    return JSON.stringify([metadata.namespace, metadata.labels, podAffinity, podAntiAffinity, affinities.refusing, affinities.wishing]);
  },
  preFilter(pod, snapshot) {
    const { near, away } = snapshot.affinities.wishesOf(pod);
    const refusing = snapshot.affinities.refusing.map((topologyKey) => countRefusing(pod, topologyKey, snapshot));
    if (near.length === 0 && away.length === 0 && refusing.length === 0) return skip;
    const friends = countFriends(near, snapshot);
    const foes = away.map((term) => countMatching(term, snapshot));
    const isItsOwnFriend = near.every(({ matches }) => matches(pod.pod));
    const verdictOf = (slot: number): Rejection | undefined => {
      if (friends.some((each) => !each.hasDomain(slot))) return notNear;
      // The first of those that want to be together has to begin somewhere.
      const isFirst = isItsOwnFriend && friends.every(({ total }) => total === 0);
      if (!isFirst && friends.some((each) => each.around(slot) === 0)) return notNear;
      if (foes.some((each) => each.around(slot) > 0)) return tooNear;
      return refusing.some((each) => each.around(slot) > 0) ? unwelcome : undefined;
    };
    const filter = { passes: (slot: number) => verdictOf(slot) === undefined, rejection: (slot: number) => verdictOf(slot) ?? unwelcome };
    return { kind: "filter", filter: { scope: "domain", ...followed([...friends, ...foes, ...refusing]), ...filter } };
  },
  preScore(pod, snapshot): NodeScorer | undefined {
    const own = snapshot.affinities.wishesOf(pod).rather.map((term) => ({ weight: term.weight, counts: countMatching(term, snapshot) }));
    const others = snapshot.affinities.wishing.map((key) => ({ weight: 1, counts: countWishing(pod, key, snapshot) }));
    const all = [...own, ...others];
    if (all.length === 0) return undefined;
    const score = (slot: number): number => {
      let sum = 0;
      for (const { weight, counts } of all) sum += weight * counts.around(slot);
      return sum;
    };
    return { scope: "domain", normalize: "between", ...followed(all.map(({ counts }) => counts)), score };
  },
};

function followed(all: readonly DomainCounts[]): Required<Pick<NodeScorer, "groupings" | "epoch">> {
  return { groupings: all.map(({ groupOf }) => groupOf), epoch: () => all.reduce((sum, counts) => sum + counts.follow(), 0) };
}

/** How many Pods a term speaks of in each of its domains. */
function countMatching({ text, topologyKey, among, matches, readsNamespaces }: Term, snapshot: Snapshot): DomainCounts {
  const counter = snapshot.counts.of(`term ${text}`, () => ({
    among,
    isVolatile: readsNamespaces,
    weigh: ({ pod }) => (matches(pod) ? 1 : 0),
  }));
  return new DomainCounts(snapshot, topologyKey, counter);
}

/** For each term, how many Pods there are in its domains of which all terms speak. */
function countFriends(near: readonly Term[], snapshot: Snapshot): readonly DomainCounts[] {
  const [first] = near;
  if (first === undefined) return [];
  const counter = snapshot.counts.of(`friends ${near.map(({ text }) => text).join(" ")}`, () => ({
    among: first.among,
    isVolatile: near.some(({ readsNamespaces }) => readsNamespaces),
    weigh: ({ pod }) => (near.every(({ matches }) => matches(pod)) ? 1 : 0),
  }));
  return near.map(({ topologyKey }) => new DomainCounts(snapshot, topologyKey, counter));
}

/** Where Pods are that don't want this one near. */
function countRefusing(pod: PodInfo, topologyKey: string, snapshot: Snapshot): DomainCounts {
  return countAffine("refusing", pod, topologyKey, snapshot, ({ away }) => away.map((term) => ({ ...term, weight: 1 })));
}

/** Where Pods are that would have this one near, or away. */
function countWishing(pod: PodInfo, topologyKey: string, snapshot: Snapshot): DomainCounts {
  return countAffine("wishing", pod, topologyKey, snapshot, ({ near, rather }) => [
    ...near.map((term) => ({ ...term, weight: requiredWeight })),
    ...rather,
  ]);
}

/** Counts Pods by those of their terms that speak of a Pod. */
function countAffine(
  what: string,
  { pod }: PodInfo,
  topologyKey: string,
  snapshot: Snapshot,
  termsOf: (wishes: Wishes) => readonly (Term & { readonly weight: number })[],
): DomainCounts {
  const { affinities } = snapshot;
  const { namespace, labels } = pod.metadata;
  const isVolatile = affinities.readsNamespaces;
  const counter = snapshot.counts.of(JSON.stringify([what, topologyKey, namespace, labels, isVolatile]), () => {
    const weights = new WeakMap<Wishes, number>();
    const weigh = (wishes: Wishes): number => {
      let sum = 0;
      for (const term of termsOf(wishes)) if (term.topologyKey === topologyKey && term.matches(pod)) sum += term.weight;
      return sum;
    };
    return {
      among: "affine",
      isVolatile,
      weigh(other) {
        const wishes = affinities.wishesOf(other);
        let weight = isVolatile ? undefined : weights.get(wishes);
        if (weight === undefined) weights.set(wishes, (weight = weigh(wishes)));
        return weight;
      },
    };
  });
  return new DomainCounts(snapshot, topologyKey, counter);
}

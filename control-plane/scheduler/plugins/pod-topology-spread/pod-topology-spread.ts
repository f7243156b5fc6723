import type { TopologySpreadConstraint } from "@kubets/api";
import { maximumScore, type NodeScorer, type Plugin, rejection, skip } from "../../framework.ts";
import type { Snapshot } from "../../snapshot.ts";
import { defaultSpreadScorer } from "./default-constraints.ts";
import { hasDomains, type SpreadConstraint, spreadConstraints } from "./domains.ts";

const name = "PodTopologySpread";
const tooSkewed = rejection(name, true, "node(s) didn't match pod topology spread constraints");
const noDomain = rejection(name, false, "node(s) didn't match pod topology spread constraints (missing required label)");

/**
 * Spreads Pods evenly over zones, hosts, or whatever labels of nodes a Pod's `topologySpreadConstraints` name; Pods that have none, but belong
 * together, rather over hosts and zones.
 */
export const podTopologySpread: Plugin = {
  name,
  // Where others are matters everywhere at once: no two Pods with constraints are alike.
  sign({ pod }, snapshot) {
    if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return undefined;
    const selector = snapshot.spreading.of(pod);
    return selector === undefined ? "" : `${pod.metadata.namespace} ${selector.text}`;
  },
  preFilter(pod, snapshot) {
    const constraints = spreadConstraints(pod, snapshot, "DoNotSchedule");
    if (constraints.length === 0) return skip;
    const all = constraints.map(({ constraint }) => constraint);
    const isInDomains = (slot: number): boolean => hasDomains(snapshot.node(slot)!, all);
    return {
      kind: "filter",
      filter: {
        scope: "usage",
        passes: (slot) => isInDomains(slot) && constraints.every((each) => isEven(each, slot, snapshot)),
        rejection: (slot) => (isInDomains(slot) ? tooSkewed : noDomain),
      },
    };
  },
  preScore(pod, snapshot) {
    if ((pod.pod.spec.topologySpreadConstraints ?? []).length === 0) return defaultSpreadScorer(pod, snapshot);
    const constraints = spreadConstraints(pod, snapshot, "ScheduleAnyway");
    return constraints.length === 0 ? undefined : scorer(constraints, snapshot);
  },
};

/** Whether one Pod more on a node leaves its domain no more than `maxSkew` above the emptiest. */
function isEven(spread: SpreadConstraint, slot: number, snapshot: Snapshot): boolean {
  const { constraint, counts, countsItself, countOn, countedOn } = spread;
  const { maxSkew, minDomains = 1, topologyKey } = constraint;
  const domain = snapshot.node(slot)!.metadata.labels![topologyKey]!;
  // What if some Pods of this node were gone: only what is on it has changed since it was counted.
  const change = countOn(slot) - countedOn(slot);
  const inDomain = counts.has(domain) ? counts.get(domain)! + change : 0;
  let least = Infinity;
  for (const [other, count] of counts) least = Math.min(least, other === domain ? inDomain : count);
  // Domains that should be there and aren't are empty.
  if (counts.size < minDomains || least === Infinity) least = 0;
  return inDomain + (countsItself ? 1 : 0) - least <= maxSkew;
}

/** The fewer of a Pod's like are in a node's domains, the better; domains of which there are many count for more. */
function scorer(constraints: readonly SpreadConstraint[], snapshot: Snapshot): NodeScorer {
  const all = constraints.map(({ constraint }) => constraint);
  const weights = constraints.map(({ counts }) => Math.log(counts.size + 2));
  const burdens = new Map<number, number>();
  for (const slot of snapshot.nodeSlots()) {
    const { labels = {} } = snapshot.node(slot)!.metadata;
    if (!hasDomains(snapshot.node(slot)!, all)) continue;
    const burdenBy = ({ constraint, counts }: SpreadConstraint, index: number): number =>
      (counts.get(domainIn(labels, constraint)) ?? 0) * weights[index]! + constraint.maxSkew - 1;
    burdens.set(slot, Math.round(constraints.map(burdenBy).reduce((sum, each) => sum + each, 0)));
  }
  const [least, most] = [Math.min(...burdens.values()), Math.max(...burdens.values())];
  const score = (slot: number): number => {
    const burden = burdens.get(slot);
    // Outside of the topology nothing speaks for a node.
    if (burden === undefined) return 0;
    return most === 0 ? maximumScore : Math.trunc((maximumScore * (most + least - burden)) / most);
  };
  return { scope: "usage", score };
}

function domainIn(labels: Readonly<Record<string, string>>, { topologyKey }: TopologySpreadConstraint): string {
  return labels[topologyKey]!;
}

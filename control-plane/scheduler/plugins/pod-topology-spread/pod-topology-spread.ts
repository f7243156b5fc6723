import { type NodeScorer, type Plugin, rejection, skip } from "../../framework.ts";
import { defaultSpreadScorer } from "./default-constraints.ts";
import { signConstraints, type SpreadConstraint, spreadConstraints } from "./domains.ts";

const name = "PodTopologySpread";
const tooSkewed = rejection(name, true, "node(s) didn't match pod topology spread constraints");
const noDomain = rejection(name, false, "node(s) didn't match pod topology spread constraints (missing required label)");

/**
 * Spreads Pods evenly over zones, hosts, or whatever labels of nodes a Pod's `topologySpreadConstraints` name; Pods that have none, but belong
 * together, rather over hosts and zones.
 */
export const podTopologySpread: Plugin = {
  name,
  sign({ pod }, snapshot) {
    if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return signConstraints(pod);
    const selector = snapshot.spreading.of(pod);
    return selector === undefined ? "" : `${pod.metadata.namespace} ${selector.text}`;
  },
  preFilter(pod, snapshot) {
    const constraints = spreadConstraints(pod, snapshot, "DoNotSchedule");
    if (constraints.length === 0) return skip;
    const isInDomains = (slot: number): boolean => constraints.every(({ counts }) => counts.hasDomain(slot));
    return {
      kind: "filter",
      filter: {
        scope: "domain",
        groupings: constraints.map(({ counts }) => counts.groupOf),
        epoch: () => followAll(constraints),
        passes: (slot) => isInDomains(slot) && constraints.every((each) => isEven(each, slot)),
        rejection: (slot) => (isInDomains(slot) ? tooSkewed : noDomain),
      },
    };
  },
  preScore(pod, snapshot) {
    if ((pod.pod.spec.topologySpreadConstraints ?? []).length === 0) return defaultSpreadScorer(pod, snapshot);
    const constraints = spreadConstraints(pod, snapshot, "ScheduleAnyway");
    return constraints.length === 0 ? undefined : scorer(constraints);
  },
};

function followAll(constraints: readonly SpreadConstraint[]): number {
  let epochs = 0;
  for (const { counts } of constraints) epochs += counts.follow();
  return epochs;
}

/** Whether one Pod more on a node leaves its domain no more than `maxSkew` above the emptiest. */
function isEven({ constraint, counts, countsItself }: SpreadConstraint, slot: number): boolean {
  const { maxSkew, minDomains = 1 } = constraint;
  // Domains that should be there and aren't are empty.
  const least = counts.domains < Math.max(1, minDomains) ? 0 : counts.leastBeside(slot);
  return counts.around(slot) + (countsItself ? 1 : 0) - least <= maxSkew;
}

/** The fewer of a Pod's like are in a node's domains, the better; domains of which there are many count for more. */
function scorer(constraints: readonly SpreadConstraint[]): NodeScorer {
  return {
    scope: "domain",
    normalize: "fewest",
    groupings: constraints.map(({ counts }) => counts.groupOf),
    epoch: () => followAll(constraints),
    score(slot) {
      let burden = 0;
      for (const { constraint, counts } of constraints) {
        // Outside of the topology nothing speaks for a node.
        if (!counts.hasDomain(slot)) return -1;
        burden += counts.around(slot) * Math.log(counts.domains + 2) + constraint.maxSkew - 1;
      }
      return Math.round(burden);
    },
  };
}

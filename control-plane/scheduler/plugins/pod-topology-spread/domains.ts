import { type Node, type Pod, podSelectsNode, type TopologySpreadConstraint, toleratesTaint } from "@kubets/api";
import { type LabelRequirements, labelRequirements, matchesLabels } from "@kubets/machinery";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";

/** A constraint of a Pod, and how many Pods it counts in each of its domains. */
export interface SpreadConstraint {
  readonly constraint: TopologySpreadConstraint;
  /** The Pod itself is among those that are counted. */
  readonly countsItself: boolean;
  /** By the value of the topology key: domains with at least one node that the Pod might use. */
  readonly counts: ReadonlyMap<string, number>;
  /** How many Pods it counts on one node now. */
  readonly countOn: (slot: number) => number;
  /** The same when `counts` was made. */
  readonly countedOn: (slot: number) => number;
}

type Condition = TopologySpreadConstraint["whenUnsatisfiable"];

export function spreadConstraints({ pod }: PodInfo, snapshot: Snapshot, when: Condition): readonly SpreadConstraint[] {
  const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when);
  if (constraints.length === 0) return [];
  // A node outside of one constraint's topology is outside of all: it can't be compared.
  const slots = [...snapshot.nodeSlots()].filter((slot) => hasDomains(snapshot.node(slot)!, constraints));
  return constraints.map((constraint) => domainsOf(pod, constraint, snapshot, slots));
}

/** Whether a node is in a domain of each constraint. */
export function hasDomains(node: Node, constraints: readonly Pick<TopologySpreadConstraint, "topologyKey">[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined);
}

function domainsOf(pod: Pod, constraint: TopologySpreadConstraint, snapshot: Snapshot, slots: readonly number[]): SpreadConstraint {
  const { labelSelector, topologyKey } = constraint;
  // Without a selector nothing is counted.
  const selector = labelSelector === undefined ? undefined : labelRequirements(labelSelector);
  const countOn = (slot: number): number => countPods(snapshot, slot, selector, pod.metadata.namespace);
  const counts = new Map<string, number>();
  const counted = new Map<number, number>();
  for (const slot of slots) {
    const node = snapshot.node(slot)!;
    if (!isIncluded(pod, constraint, node)) continue;
    const domain = node.metadata.labels![topologyKey]!;
    const count = countOn(slot);
    counted.set(slot, count);
    counts.set(domain, (counts.get(domain) ?? 0) + count);
  }
  const countsItself = selector !== undefined && matchesLabels(selector, pod.metadata.labels);
  return { constraint, countsItself, counts, countOn, countedOn: (slot) => counted.get(slot) ?? 0 };
}

/** How many Pods of a namespace are on a node that have the labels; none without a selector. */
export function countPods(
  snapshot: Snapshot,
  slot: number,
  selector: LabelRequirements | undefined,
  namespace: string | undefined,
): number {
  if (selector === undefined) return 0;
  let count = 0;
  for (const {
    pod: { metadata },
  } of snapshot.podsOn(slot).values()) {
    // What is on its way out leaves its place to what is to come.
    if (metadata.deletionTimestamp === undefined && metadata.namespace === namespace && matchesLabels(selector, metadata.labels)) count++;
  }
  return count;
}

/** Whether a node counts for a constraint at all. */
function isIncluded(
  pod: Pod,
  { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" }: TopologySpreadConstraint,
  node: Node,
): boolean {
  if (nodeAffinityPolicy === "Honor" && !podSelectsNode(pod, node)) return false;
  if (nodeTaintsPolicy === "Ignore") return true;
  return (node.spec.taints ?? []).every(
    (taint) =>
      taint.effect === "PreferNoSchedule" || pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)) === true,
  );
}

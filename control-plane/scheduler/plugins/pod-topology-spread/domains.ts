import { type Node, type Pod, podSelectsNode, type TopologySpreadConstraint, toleratesTaint } from "@kubets/api";
import { exactLabel, type LabelRequirements, labelRequirements, matchesLabels } from "@kubets/machinery";
import { DomainCounts } from "../../domain-counts.ts";
import type { PodCounter } from "../../pod-counts.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";

/** A constraint of a Pod, and how many Pods it counts in each of its domains. */
export interface SpreadConstraint {
  readonly constraint: TopologySpreadConstraint;
  /** The Pod itself is among those that are counted. */
  readonly countsItself: boolean;
  /** Of nodes that the Pod might use. */
  readonly counts: DomainCounts;
}

type Condition = TopologySpreadConstraint["whenUnsatisfiable"];

export function spreadConstraints({ pod }: PodInfo, snapshot: Snapshot, when: Condition): readonly SpreadConstraint[] {
  const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when);
  return constraints.map((constraint) => {
    const requirements = requirementsOf(constraint);
    const counter = countOfPods(snapshot, pod.metadata.namespace, requirements);
    // A node outside of one constraint's topology is outside of all: it can't be compared.
    const includes = (slot: number): boolean => {
      const node = snapshot.node(slot)!;
      return hasDomains(node, constraints) && isIncluded(pod, constraint, node);
    };
    const includesAll = constraints.length === 1 && constraint.nodeTaintsPolicy !== "Honor" && !selectsNodes(pod);
    const counts = new DomainCounts(snapshot, constraint.topologyKey, counter, includesAll ? undefined : includes);
    return { constraint, countsItself: countsItself(pod, constraint), counts };
  });
}

/** What {@link spreadConstraints} reads of a Pod that has any, as text. */
export function signConstraints(pod: Pod): string {
  const { topologySpreadConstraints = [], nodeSelector, affinity, tolerations } = pod.spec;
  const itself = topologySpreadConstraints.map((constraint) => countsItself(pod, constraint));
  return JSON.stringify([pod.metadata.namespace, topologySpreadConstraints, itself, nodeSelector, affinity?.nodeAffinity, tolerations]);
}

function countsItself({ metadata }: Pod, constraint: TopologySpreadConstraint): boolean {
  const requirements = requirementsOf(constraint);
  return requirements !== undefined && matchesLabels(requirements, metadata.labels);
}

/** Without a selector nothing is counted. */
function requirementsOf({ labelSelector }: TopologySpreadConstraint): LabelRequirements | undefined {
  return labelSelector === undefined ? undefined : labelRequirements(labelSelector);
}

/** Whether a node is in a domain of each constraint. */
export function hasDomains(node: Node, constraints: readonly Pick<TopologySpreadConstraint, "topologyKey">[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined);
}

/** How many Pods of a namespace there are on each node that have the labels; none without requirements. */
export function countOfPods(snapshot: Snapshot, namespace: string | undefined, requirements: LabelRequirements | undefined): PodCounter {
  const key = `spread ${namespace} ${JSON.stringify(requirements)}`;
  const label = requirements?.map((each) => [each.key, exactLabel([each], each.key)] as const).find(([, value]) => value !== undefined);
  return snapshot.counts.of(key, () => ({
    among: label === undefined ? "all" : { namespace: namespace ?? "", label: [label[0], label[1]!] },
    weigh: ({ pod: { metadata } }) =>
      requirements !== undefined &&
      // What is on its way out leaves its place to what is to come.
      metadata.deletionTimestamp === undefined &&
      metadata.namespace === namespace &&
      matchesLabels(requirements, metadata.labels)
        ? 1
        : 0,
  }));
}

function selectsNodes({ spec: { nodeSelector, affinity } }: Pod): boolean {
  return nodeSelector !== undefined || affinity?.nodeAffinity !== undefined;
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

import type { Node } from "@kubets/api";
import { readyStatusOf } from "./taints.ts";

/** How fast Pods of nodes that aren't ready are driven away; upstream's flags and defaults. */
export interface EvictionRates {
  /** Nodes per second in a healthy zone (`--node-eviction-rate`). */
  readonly rate: number;
  /** Nodes per second in a large zone of which many nodes aren't ready (`--secondary-node-eviction-rate`). */
  readonly secondaryRate: number;
  /** A zone of more nodes is large (`--large-cluster-size-threshold`). */
  readonly largeClusterSize: number;
  /** The share of nodes that aren't ready from which on a zone is partly disrupted (`--unhealthy-zone-threshold`). */
  readonly unhealthyShare: number;
}

export const defaultEvictionRates: EvictionRates = { rate: 0.1, secondaryRate: 0.01, largeClusterSize: 50, unhealthyShare: 0.55 };

export type ZoneState = "normal" | "partially disrupted" | "fully disrupted";

export interface Zone {
  readonly state: ZoneState;
  readonly nodes: readonly Node[];
}

/** The nodes of each zone, and how the zone is. */
export function zonesOf(nodes: readonly Node[], { unhealthyShare }: Pick<EvictionRates, "unhealthyShare">): ReadonlyMap<string, Zone> {
  const zones = Map.groupBy(nodes, zoneOf);
  return new Map([...zones].map(([name, members]) => [name, { nodes: members, state: stateOf(members, unhealthyShare) }]));
}

/** Nodes per second that may be given up in a zone. A fully disrupted one has lost its network rather than all its machines at once. */
export function evictionRate({ state, nodes }: Zone, { rate, secondaryRate, largeClusterSize }: EvictionRates): number {
  switch (state) {
    case "normal":
    case "fully disrupted":
      return rate;
    case "partially disrupted":
      return nodes.length > largeClusterSize ? secondaryRate : 0;
  }
}

const excluded = "node.kubernetes.io/exclude-disruption";

function stateOf(members: readonly Node[], unhealthyShare: number): ZoneState {
  const counted = members.filter(({ metadata }) => metadata.labels?.[excluded] === undefined);
  const unready = counted.filter((node) => readyStatusOf(node) !== "True").length;
  if (unready > 0 && unready === counted.length) return "fully disrupted";
  return unready > 2 && unready / counted.length >= unhealthyShare ? "partially disrupted" : "normal";
}

/** Region and zone, which only together name a place. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels["topology.kubernetes.io/region"] ?? labels["failure-domain.beta.kubernetes.io/region"] ?? "";
  const zone = labels["topology.kubernetes.io/zone"] ?? labels["failure-domain.beta.kubernetes.io/zone"] ?? "";
  return region === "" && zone === "" ? "" : `${region}:\0:${zone}`;
}

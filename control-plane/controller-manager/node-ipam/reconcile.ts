import { type Node, NodeKind } from "@kubets/api";
import { type Action, type Decision, event, patch } from "@kubets/client";
import { type AddressRange, freeParts, parseRange } from "./address-ranges.ts";

/** A range of the cluster's Pods, and how much of it a node gets. */
export interface ClusterRange {
  readonly range: AddressRange;
  /** The length of each node's part, such as 24. */
  readonly nodeLength: number;
}

export interface Observed {
  readonly nodes: readonly Node[];
  /** One of each IP family at most. */
  readonly clusterRanges: readonly ClusterRange[];
  /** What else lies within them, such as the addresses of Services. */
  readonly reserved: readonly AddressRange[];
}

/** How long (milliseconds) a node waits that found nothing free, unless one goes before. */
const retryAfter = 30_000;

/** Gives each node that has none its part of the cluster's ranges. What nodes have counts, whoever gave it to them. */
export function reconcile({ nodes, clusterRanges, reserved }: Observed): Decision {
  const waiting = nodes.filter((node) => isWithoutRange(node) && node.metadata.deletionTimestamp === undefined);
  if (waiting.length === 0) return { actions: [] };
  const taken = [...reserved, ...nodes.flatMap(({ spec }) => spec.podCIDRs ?? []).flatMap(readableRange)];
  const free = clusterRanges.map(({ range, nodeLength }) => freeParts(range, nodeLength, taken));
  const actions: Action[] = [];
  let isShort = false;
  for (const node of waiting) {
    const parts: readonly string[] = isShort ? [] : free.flatMap((each) => each.next().value ?? []);
    isShort ||= parts.length < clusterRanges.length;
    actions.push(isShort ? unavailable(node) : assignment(node, parts));
  }
  return { actions, ...(isShort ? { requeueAfter: retryAfter } : {}) };
}

export function isWithoutRange({ spec }: Node): boolean {
  return (spec.podCIDRs ?? []).length === 0;
}

/** A range that can't be read is no reason to stop for all others. */
function readableRange(text: string): readonly AddressRange[] {
  try {
    return [parseRange(text)];
  } catch {
    return [];
  }
}

function assignment(node: Node, podCIDRs: readonly string[]): Action {
  return patch(NodeKind, node, { metadata: { uid: node.metadata.uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } });
}

function unavailable(node: Node): Action {
  const message = `Node ${node.metadata.name} status is now: CIDRNotAvailable`;
  return event(node, "Normal", "CIDRNotAvailable", message);
}

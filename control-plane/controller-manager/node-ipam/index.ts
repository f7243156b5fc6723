import { type Node, NodeKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import { parseRange } from "./address-ranges.ts";
import { type ClusterRange, isWithoutRange, type Observed, reconcile } from "./reconcile.ts";

export interface NodeIpamOptions {
  /** The ranges of the cluster's Pods, one of each IP family at most (`--cluster-cidr`). */
  readonly clusterRanges: readonly string[];
  /** How long a node's part is (`--node-cidr-mask-size-ipv4`, `--node-cidr-mask-size-ipv6`); 24 and 64 when absent. */
  readonly nodeLengths?: { readonly IPv4?: number; readonly IPv6?: number };
  /** Ranges of Services: no node gets a part that meets them (`--service-cluster-ip-range`). */
  readonly serviceRanges?: readonly string[];
}

/** Not the name of any node: two nodes must not get one range, so all are looked at together. */
const allNodes = "/nodes";

/** Gives nodes their ranges of Pod addresses. Throws for ranges that can't be split so. */
export function nodeIpamController({ clusterRanges, nodeLengths = {}, serviceRanges = [] }: NodeIpamOptions): Controller<Observed> {
  const ranges = clusterRanges.map((text) => clusterRange(text, nodeLengths));
  if (new Set(ranges.map(({ range }) => range.bits)).size < ranges.length)
    throw new RangeError(`Cannot give nodes ranges of ${clusterRanges.join(", ")}: there may be one of each IP family`);
  const reserved = serviceRanges.map(parseRange);
  return {
    name: "node-ipam",
    watches: [watch(NodeKind, { keys: keysOf })],
    observe: (_key, caches) => ({ nodes: caches.of(NodeKind).list(), clusterRanges: ranges, reserved }),
    reconcile,
  };
}

function clusterRange(text: string, { IPv4 = 24, IPv6 = 64 }: NonNullable<NodeIpamOptions["nodeLengths"]>): ClusterRange {
  const range = parseRange(text);
  const nodeLength = range.bits === 32 ? IPv4 : IPv6;
  if (1n << BigInt(range.bits - nodeLength) > range.last - range.first + 1n)
    throw new RangeError(`Cannot give nodes a /${nodeLength} each of ${text}: it is smaller than that`);
  return { range, nodeLength };
}

// Called for the node before and after a change: one that goes leaves room for those that wait.
function keysOf(node: Node, caches: Caches): readonly string[] {
  const isGone = caches.of(NodeKind).get(node.metadata.name) === undefined;
  return isGone || isWithoutRange(node) ? [allNodes] : [];
}

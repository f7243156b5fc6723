import { isPodReady, isPodTerminal, type Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";
import { readySince } from "../ownership/pod-times.ts";

const deletionCost = "controller.kubernetes.io/pod-deletion-cost";

/**
 * Pods in the order in which a surplus goes: what is lost least comes first. As upstream: without a node before with one, Pending
 * before Unknown before Running, not ready before ready, lower deletion cost, more Pods of the family on the same node, ready
 * for a shorter time, more restarts, younger. Times are compared by order of magnitude (base 2), so that Pods of about the
 * same age fall by chance of their uid and not all on one node.
 */
export function cheapestFirst(pods: readonly Pod[], siblings: readonly Pod[], now: Instant): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of [...pods, ...siblings]) {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined)
      perNode.set(nodeName, (perNode.get(nodeName) ?? 0) + 1);
  }
  const rank = (pod: Pod): readonly number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    phaseRank(pod),
    isPodReady(pod) ? 1 : 0,
    costOf(pod),
    -(perNode.get(pod.spec.nodeName ?? "") ?? 0),
    magnitude(readySince(pod), now),
    -Math.max(0, ...(pod.status.containerStatuses ?? []).map(({ restartCount }) => restartCount)),
    magnitude(podCreated(pod), now),
  ];
  const ranked = pods.map((pod) => ({ pod, rank: rank(pod) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank) || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1));
  return ranked.map(({ pod }) => pod);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : a[index]! - b[index]!;
}

function phaseRank({ status }: Pod): number {
  switch (status.phase) {
    case "Pending":
    case undefined:
      return 0;
    case "Unknown":
      return 1;
    case "Running":
    case "Succeeded":
    case "Failed":
      return 2;
  }
}

/** Whole numbers in 32 bits; anything else counts as 0, as admission lets nothing else in. */
function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[deletionCost] ?? "0";
  return /^-?(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
}

/** How long ago, as a power of two in seconds; 0 for what has not begun. */
function magnitude(since: Instant | undefined, now: Instant): number {
  if (since === undefined) return 0;
  const seconds = (now - since) / 1000;
  return seconds <= 0 ? 0 : Math.floor(Math.log2(seconds)) + 1;
}

function podCreated({ metadata }: Pod): Instant | undefined {
  return parseTime(metadata.creationTimestamp);
}

import { type Pod, podRequests } from "@kubets/api";
import { wholeValue, zeroQuantity } from "@kubets/machinery";

/** A Pod, and what it uses of the resource that runs out, as a whole and by container. */
export interface Candidate {
  readonly pod: Pod;
  readonly usage: number;
  readonly containers: readonly { readonly name: string; readonly usage: number }[];
}

/** From this priority on a Pod belongs to the system: it is never evicted for want of something. */
const systemPriority = 2_000_000_000;

export function isCritical({ spec, metadata }: Pod): boolean {
  return (spec.priority ?? 0) >= systemPriority || (metadata.annotations?.["kubernetes.io/config.source"] ?? "api") !== "api";
}

/**
 * Who goes first: those that use more than they asked for; of these, and of the others, those of the lowest priority; of these, those that
 * are furthest above what they asked for.
 */
export function inOrderOfEviction(candidates: readonly Candidate[], resource: string): readonly Candidate[] {
  const above = ({ pod, usage }: Candidate): number => usage - wholeValue(podRequests(pod).get(resource) ?? zeroQuantity);
  const priorityOf = ({ pod }: Candidate): number => pod.spec.priority ?? 0;
  return candidates
    .filter(({ pod }) => !isCritical(pod))
    .toSorted((a, b) => Number(above(b) > 0) - Number(above(a) > 0) || priorityOf(a) - priorityOf(b) || above(b) - above(a));
}

import { formatQuantity, type Quantity, wholeValue, zeroQuantity } from "@kubets/machinery";
import type { Pod } from "./pod.ts";
import { podRequests } from "./requests.ts";

/** A Pod on a node that runs out of a resource, and what it uses of it, as a whole and by container. */
export interface EvictionCandidate {
  readonly pod: Pod;
  readonly usage: number;
  readonly containers: readonly { readonly name: string; readonly usage: number }[];
}

/** What a node is short of: less than `threshold` of it is `available`. */
export interface Shortage {
  /** Such as `memory`; of `inodes` and `pids` there are numbers, of all others bytes. */
  readonly resource: string;
  readonly threshold: number;
  readonly available: number;
}

/** From this priority on a Pod belongs to the system: it is never evicted for want of something. */
const systemPriority = 2_000_000_000;

export function isCriticalPod({ spec, metadata }: Pod): boolean {
  return (spec.priority ?? 0) >= systemPriority || (metadata.annotations?.["kubernetes.io/config.source"] ?? "api") !== "api";
}

/**
 * Who goes first: those that use more than they asked for; of these, and of the others, those of the lowest priority; of these, those that
 * are furthest above what they asked for. Who may not go isn't among them.
 */
export function inOrderOfEviction<Candidate extends EvictionCandidate>(
  candidates: readonly Candidate[],
  resource: string,
): readonly Candidate[] {
  const above = ({ pod, usage }: Candidate): number => usage - wholeValue(podRequests(pod).get(resource) ?? zeroQuantity);
  const priorityOf = ({ pod }: Candidate): number => pod.spec.priority ?? 0;
  return candidates
    .filter(({ pod }) => !isCriticalPod(pod))
    .toSorted((a, b) => Number(above(b) > 0) - Number(above(a) > 0) || priorityOf(a) - priorityOf(b) || above(b) - above(a));
}

/** Why a Pod went, in the words that its status shows. */
export function evictionMessage({ resource, threshold, available }: Shortage, { pod, containers }: EvictionCandidate): string {
  const told = (amount: number): string => (resource === "inodes" || resource === "pids" ? String(amount) : inBytes(amount));
  const larger = containers.flatMap(({ name, usage }) => {
    const container = pod.spec.containers.find((each) => each.name === name);
    const request = container?.resources.requests?.[resource];
    if (usage <= (request === undefined ? 0 : wholeValue(request))) return [];
    return [`Container ${name} was using ${told(usage)}, request is ${request ?? "0"}, has larger consumption of ${resource}. `];
  });
  return `The node was low on resource: ${resource}. Threshold quantity: ${told(threshold)}, available: ${told(available)}. ${larger.join("")}`;
}

function inBytes(amount: number): Quantity {
  return formatQuantity({ nanos: BigInt(Math.max(0, Math.floor(amount))) * 1_000_000_000n, format: "binary" });
}

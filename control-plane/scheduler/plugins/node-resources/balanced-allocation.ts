import { maximumScore, type Plugin } from "../../framework.ts";
import { defaultResources, measured, type MeasuredResource, type WeightedResource } from "./measured.ts";

export interface NodeResourcesBalancedAllocationArguments {
  readonly resources?: readonly WeightedResource[];
}

/** Prefers nodes whose resources would be taken more evenly with the Pod than without it. */
export function nodeResourcesBalancedAllocation({ resources = defaultResources }: NodeResourcesBalancedAllocationArguments = {}): Plugin {
  return {
    name: "NodeResourcesBalancedAllocation",
    sign: ({ requests }) => `${requests.cpu} ${requests.memory} ${requests.ephemeralStorage} ${[...requests.scalars].join(" ")}`,
    preScore(pod, snapshot) {
      const considered = measured(resources, pod, snapshot, "requested");
      if (considered.every(({ request }) => request === 0)) return undefined;
      const half = maximumScore / 2;
      const score = (slot: number): number =>
        half + Math.trunc((half + balance(considered, slot, "with") - balance(considered, slot, "without")) / 2);
      return { scope: "usage", score };
    },
  };
}

/** 100 when the same fraction of every resource is taken; less by their standard deviation. */
function balance(resources: readonly MeasuredResource[], slot: number, pod: "with" | "without"): number {
  let count = 0;
  let sum = 0;
  let first = 0;
  let last = 0;
  for (let index = 0; index < resources.length; index++) {
    const fraction = fractionTaken(resources[index]!, slot, pod);
    if (fraction < 0) continue;
    if (count === 0) first = fraction;
    last = fraction;
    sum += fraction;
    count++;
  }
  let deviation = 0;
  if (count === 2) {
    deviation = Math.abs((first - last) / 2);
  } else if (count > 2) {
    const mean = sum / count;
    let squares = 0;
    for (const resource of resources) {
      const fraction = fractionTaken(resource, slot, pod);
      if (fraction >= 0) squares += (fraction - mean) ** 2;
    }
    deviation = Math.sqrt(squares / count);
  }
  return Math.trunc((1 - deviation) * maximumScore);
}

/** Between 0 and 1; -1 when the node has nothing of the resource. */
function fractionTaken({ request, allocatable, used }: MeasuredResource, slot: number, pod: "with" | "without"): number {
  const capacity = allocatable.values[slot]!;
  if (capacity === 0) return -1;
  return Math.min(1, (used.values[slot]! + (pod === "with" ? request : 0)) / capacity);
}

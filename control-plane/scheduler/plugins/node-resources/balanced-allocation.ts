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
      return {
        scope: "usage",
        score: (slot) => scoreOf(considered, slot),
        scoreAll(slots, into) {
          for (let index = 0; index < slots.length; index++) into[index] = scoreOf(considered, slots[index]!);
        },
      };
    },
  };
}

/** 50 when the Pod changes nothing about how evenly resources are taken, more when they are taken more evenly with it. */
function scoreOf(resources: readonly MeasuredResource[], slot: number): number {
  const half = maximumScore / 2;
  let count = 0;
  let [firstWithout, lastWithout, firstWith, lastWith] = [0, 0, 0, 0];
  for (let index = 0; index < resources.length; index++) {
    const { request, allocatable, used } = resources[index]!;
    const capacity = allocatable.values[slot]!;
    // What a node hasn't got says nothing about it.
    if (capacity === 0) continue;
    lastWithout = Math.min(1, used.values[slot]! / capacity);
    lastWith = Math.min(1, (used.values[slot]! + request) / capacity);
    if (count++ === 0) [firstWithout, firstWith] = [lastWithout, lastWith];
  }
  const [without, withPod] =
    count > 2
      ? [deviation(resources, slot, "without"), deviation(resources, slot, "with")]
      : // The same, for two.
        [Math.abs((firstWithout - lastWithout) / 2), Math.abs((firstWith - lastWith) / 2)];
  return half + Math.trunc((half + balance(withPod) - balance(without)) / 2);
}

/** 100 when the same fraction of every resource is taken. */
function balance(deviation: number): number {
  return Math.trunc((1 - deviation) * maximumScore);
}

/** The standard deviation of the fractions that are taken. */
function deviation(resources: readonly MeasuredResource[], slot: number, pod: "with" | "without"): number {
  const fractions = resources.flatMap(({ request, allocatable, used }) => {
    const capacity = allocatable.values[slot]!;
    return capacity === 0 ? [] : [Math.min(1, (used.values[slot]! + (pod === "with" ? request : 0)) / capacity)];
  });
  let sum = 0;
  for (const fraction of fractions) sum += fraction;
  const mean = sum / fractions.length;
  let squares = 0;
  for (const fraction of fractions) squares += (fraction - mean) ** 2;
  return Math.sqrt(squares / fractions.length);
}

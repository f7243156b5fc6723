import { addQuantities, compareQuantities, type ParsedQuantity } from "@kubets/machinery";
import type { ResourceRequirements } from "../shared/resource-requirements.ts";
import type { Pod } from "./pod.ts";
import type { PodStatus } from "./pod-status.ts";
import { amountsOf, type ResourceAmounts } from "./resource-amounts.ts";

/**
 * The quality of service that a Pod gets by its cpu and memory: `Guaranteed` when every container has a limit for both and
 * requests equal them, `BestEffort` when nothing is asked or limited, `Burstable` otherwise. Resources of the whole Pod,
 * where there are any, decide alone.
 */
export function podQosClass({ spec }: Pick<Pod, "spec">): NonNullable<PodStatus["qosClass"]> {
  const parts: readonly ResourceRequirements[] =
    spec.resources === undefined
      ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources)
      : [spec.resources];
  const requests = new Map<string, ParsedQuantity>();
  const limits = new Map<string, ParsedQuantity>();
  let allLimited = true;
  for (const part of parts) {
    addTo(requests, compute(part.requests));
    const limited = compute(part.limits);
    if (limited.size < computeResources.length) allLimited = false;
    addTo(limits, limited);
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  return allLimited && sameAmounts(requests, limits) ? "Guaranteed" : "Burstable";
}

const computeResources = ["cpu", "memory"];

function compute(list: ResourceRequirements["requests"]): ResourceAmounts {
  return new Map([...amountsOf(list)].filter(([name, { nanos }]) => computeResources.includes(name) && nanos > 0n));
}

function addTo(total: Map<string, ParsedQuantity>, amounts: ResourceAmounts): void {
  for (const [name, amount] of amounts) {
    const before = total.get(name);
    total.set(name, before === undefined ? amount : addQuantities(before, amount));
  }
}

function sameAmounts(a: ResourceAmounts, b: ResourceAmounts): boolean {
  return a.size === b.size && [...a].every(([name, amount]) => b.has(name) && compareQuantities(amount, b.get(name)!) === 0);
}

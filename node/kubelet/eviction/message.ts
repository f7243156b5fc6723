import { type ParsedQuantity, formatQuantity, wholeValue } from "@kubets/machinery";
import { leastOf, type Observation } from "./assess.ts";
import type { Candidate } from "./rank.ts";
import { resourceOf, type Threshold } from "./thresholds.ts";

/** Why a Pod went, in the words that its status shows. */
export function evictionMessage(threshold: Threshold, observation: Observation, { pod, containers }: Candidate): string {
  const resource = resourceOf(threshold.signal);
  const told = (amount: number): string => (resource === "inodes" || resource === "pids" ? String(amount) : inBytes(amount));
  const larger = containers.flatMap(({ name, usage }) => {
    const container = pod.spec.containers.find((each) => each.name === name);
    const request = container?.resources.requests?.[resource];
    if (usage <= (request === undefined ? 0 : wholeValue(request))) return [];
    return [`Container ${name} was using ${told(usage)}, request is ${request ?? "0"}, has larger consumption of ${resource}. `];
  });
  const least = told(leastOf(threshold, observation));
  return `The node was low on resource: ${resource}. Threshold quantity: ${least}, available: ${told(observation.available)}. ${larger.join("")}`;
}

function inBytes(amount: number): string {
  const quantity: ParsedQuantity = { nanos: BigInt(Math.floor(amount)) * 1_000_000_000n, format: "binary" };
  return formatQuantity(quantity);
}

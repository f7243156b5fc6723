import { type Node, type Pod, podRequests } from "@kubets/api";
import { addQuantities, compareQuantities, milliValue, parseQuantity, wholeValue, zeroQuantity } from "@kubets/machinery";
import type { Rejection } from "./state.ts";

/** Why a Pod can't run on this node, whoever put it there; `undefined` when it can. `others`: the Pods that run here already. */
export function refusalOf(pod: Pod, node: Node | undefined, others: readonly Pod[]): Rejection | undefined {
  if (node === undefined) return undefined;
  const labels = node.metadata.labels ?? {};
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (selector.some(([key, value]) => labels[key] !== value)) {
    return rejected("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
  }
  const allocatable = node.status.allocatable ?? {};
  const mostPods = allocatable["pods"];
  if (mostPods !== undefined && others.length + 1 > wholeValue(mostPods)) {
    return tooMuch("pods", 1, others.length, wholeValue(mostPods));
  }
  for (const [resource, requested] of podRequests(pod)) {
    if (requested.nanos === 0n || allocatable[resource] === undefined) continue;
    const used = others.map((other) => podRequests(other).get(resource) ?? zeroQuantity).reduce(addQuantities, zeroQuantity);
    const capacity = parseQuantity(allocatable[resource]);
    const amount = resource === "cpu" ? milliValue : wholeValue;
    if (compareQuantities(addQuantities(used, requested), capacity) > 0)
      return tooMuch(resource, amount(requested), amount(used), amount(capacity));
  }
  return undefined;
}

function tooMuch(resource: string, requested: number, used: number, capacity: number): Rejection {
  return rejected(
    `OutOf${resource}`,
    `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  );
}

function rejected(reason: string, because: string): Rejection {
  return { reason, message: `Pod was rejected: ${because}` };
}

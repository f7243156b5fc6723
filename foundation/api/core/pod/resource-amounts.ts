import { addQuantities, compareQuantities, type ParsedQuantity, parseQuantity } from "@kubets/machinery";
import type { ResourceList } from "../shared/resource-requirements.ts";

/** Amounts by resource name, to calculate with. */
export type ResourceAmounts = ReadonlyMap<string, ParsedQuantity>;

export const noResources: ResourceAmounts = new Map();

export function amountsOf(list: ResourceList | undefined): ResourceAmounts {
  if (list === undefined) return noResources;
  return new Map(Object.entries(list).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

export function sumOfAmounts(a: ResourceAmounts, b: ResourceAmounts): ResourceAmounts {
  return merged(a, b, addQuantities);
}

export function largestAmounts(a: ResourceAmounts, b: ResourceAmounts): ResourceAmounts {
  return merged(a, b, (left, right) => (compareQuantities(left, right) < 0 ? right : left));
}

function merged(
  a: ResourceAmounts,
  b: ResourceAmounts,
  combine: (left: ParsedQuantity, right: ParsedQuantity) => ParsedQuantity,
): ResourceAmounts {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [name, amount] of b) {
    const other = result.get(name);
    result.set(name, other === undefined ? amount : combine(other, amount));
  }
  return result;
}

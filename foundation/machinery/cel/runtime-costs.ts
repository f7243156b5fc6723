import { characterCount } from "./characters.ts";
import { CelList, CelMap, CelObject, CelOptional, type CelValue } from "./values.ts";

/** What a call costs, before it is made. The figures are those of cel-go and of Kubernetes' libraries. */
export type CallCost = (args: readonly CelValue[]) => number;

/** What it costs to read a string once, per character. */
export const traversalFactor = 0.1;
/** What it costs to try a regular expression on one character, per character of the expression. */
export const regularExpressionFactor = 0.25;

export const attributeCost = 1;
export const listCost = 10;
export const mapCost = 30;
export const structCost = 40;

/** How large a value is: characters, bytes, elements or entries; 1 for what has no size. */
export function sizeOf(value: CelValue): number {
  if (typeof value === "string") return characterCount(value);
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelObject) return value.size;
  return value instanceof CelOptional && value.value !== undefined ? sizeOf(value.value) : 1;
}

export function traversal(size: number, factor: number = traversalFactor): number {
  return Math.ceil(size * factor);
}

function smaller([a, b]: readonly CelValue[]): number {
  return traversal(Math.min(sizeOf(a!), sizeOf(b!)));
}

function first([value]: readonly CelValue[]): number {
  return traversal(sizeOf(value!));
}

/** By the overload. What isn't here costs 1. */
export const standardCosts: Readonly<Record<string, CallCost>> = {
  // What cel-go says is the length of the text, what Kubernetes measures fits the prefix: neither is exceeded.
  starts_with_string: smaller,
  ends_with_string: smaller,
  string_to_bytes: first,
  bytes_to_string: first,
  in_list: ([, list]) => sizeOf(list!),
  equals: smaller,
  not_equals: smaller,
  less_string: smaller,
  less_equals_string: smaller,
  greater_string: smaller,
  greater_equals_string: smaller,
  less_bytes: smaller,
  less_equals_bytes: smaller,
  greater_bytes: smaller,
  greater_equals_bytes: smaller,
  add_string: ([a, b]) => traversal(sizeOf(a!) + sizeOf(b!)),
  add_bytes: ([a, b]) => traversal(sizeOf(a!) + sizeOf(b!)),
  matches: matchCost,
  matches_string: matchCost,
  contains_string: ([text, part]: readonly CelValue[]): number => traversal(sizeOf(text!)) * traversal(sizeOf(part!)),
};

/** An empty text costs something as well, since the expression must be made ready. */
export function matchCost(args: readonly CelValue[]): number {
  const [text, pattern] = args;
  return traversal(sizeOf(text!) + 1) * traversal(sizeOf(pattern!), regularExpressionFactor);
}

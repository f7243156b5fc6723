import {
  addRanges,
  fixed,
  multiplyRanges,
  scaleRange,
  type CallEstimate,
  type CallEstimator,
  type Operand,
  type Range,
} from "./estimates.ts";
import { regularExpressionFactor, traversalFactor } from "./runtime-costs.ts";

/** What a call of the language's own functions will cost, without its arguments. */
export function standardEstimate(overload: string, target: Operand | undefined, args: readonly Operand[]): CallEstimate {
  return (Object.hasOwn(estimators, overload) ? estimators[overload]!(target, args) : undefined) ?? { cost: fixed(1) };
}

/** Reading a value of that size once. */
export function traverse(size: Range, times = 1): Range {
  return scaleRange(size, times * traversalFactor);
}

/** Trying a regular expression on a text; an empty text costs something too. */
export function matchEstimate(text: Range, pattern: Range): Range {
  return multiplyRanges(traverse(addRanges(text, fixed(1))), scaleRange(pattern, regularExpressionFactor));
}

const byArgument: CallEstimator = (_, [argument]) => ({ cost: traverse(argument!.size) });

const equality: CallEstimator = (_, [left, right]) => {
  const known = equalityCost(left!, right!);
  return { cost: known ?? comparison(left!.size, right!.size) };
};

const ordering: CallEstimator = (_, [left, right]) => ({ cost: comparison(left!.size, right!.size) });

const concatenation: CallEstimator = (_, [left, right]) => {
  const size = addRanges(left!.size, right!.size);
  return { cost: traverse(size), size };
};

const estimators: Readonly<Record<string, CallEstimator>> = {
  string_to_bytes: (_, [text]) => ({ cost: traverse(text!.size), size: { min: text!.size.min, max: text!.size.max * 4 } }),
  bytes_to_string: (_, [bytes]) => ({ cost: traverse(bytes!.size), size: { min: Math.floor(bytes!.size.min / 4), max: bytes!.size.max } }),
  starts_with_string: byArgument,
  ends_with_string: byArgument,
  in_list: (_, [, list]) => ({ cost: list!.size }),
  matches_string: (target, [pattern]) => ({ cost: matchEstimate(target!.size, pattern!.size) }),
  contains_string: (target, [part]) => ({ cost: multiplyRanges(traverse(target!.size), traverse(part!.size)) }),
  add_string: concatenation,
  add_bytes: concatenation,
  add_list: (_, [left, right]) => ({ cost: fixed(1), size: addRanges(left!.size, right!.size) }),
  equals: equality,
  not_equals: ordering,
  less_string: ordering,
  less_equals_string: ordering,
  greater_string: ordering,
  greater_equals_string: ordering,
  less_bytes: ordering,
  less_equals_bytes: ordering,
  greater_bytes: ordering,
  greater_equals_bytes: ordering,
};

function comparison(left: Range, right: Range): Range {
  const max = Math.min(left.max, right.max);
  return traverse({ min: max > 0 ? 1 : 0, max });
}

/** Values of Kubernetes' own types are compared at a price of their own. */
function equalityCost(left: Operand, right: Operand): Range | undefined {
  if (left.type.kind !== "opaque" || right.type.kind !== "opaque" || left.type.name !== right.type.name) return undefined;
  const { name } = left.type;
  if (name === "kubernetes.NamedFormat") return traverse({ min: 1, max: longestFormat });
  if (name === "kubernetes.URL") return traverse({ min: 1, max: right.size.max });
  return name.startsWith("kubernetes.") || name.startsWith("net.") ? fixed(1) : undefined;
}

const longestFormat = 64;

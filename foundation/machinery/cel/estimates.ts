import type { CelType } from "./types.ts";

/** A least and a most: of a size or a cost. The most is `Infinity` where nothing bounds it. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Upstream counts in 64 bits; whatever is more counts as that. */
const most = 2 ** 64 - 1;

export const unknownSize: Range = { min: 0, max: most };

export function fixed(value: number): Range {
  return { min: value, max: value };
}

export function addRanges(...ranges: readonly Range[]): Range {
  return ranges.reduce((a, b) => ({ min: saturated(a.min + b.min), max: saturated(a.max + b.max) }), fixed(0));
}

export function multiplyRanges(a: Range, b: Range): Range {
  return { min: saturated(a.min * b.min), max: saturated(a.max * b.max) };
}

/** Times a factor, rounded up. */
export function scaleRange(range: Range, factor: number): Range {
  return { min: saturated(Math.ceil(range.min * factor)), max: saturated(Math.ceil(range.max * factor)) };
}

export function unionOfRanges(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function saturated(value: number): number {
  return Math.min(value, most);
}

/** What is known of an operand of a call, without a value. */
export interface Operand {
  readonly type: CelType;
  /** How many characters, bytes, elements or entries it has. */
  readonly size: Range;
  /** The size of the elements of a list, where a schema bounds it. */
  readonly elementSize: Range;
  /** Its value when it is a literal. */
  readonly literal?: unknown;
}

/** What a call will cost, and how large its result will be, if that is known. */
export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

/** `target` is what a method is called on; `args` are without it. `undefined`: as the language has it. */
export type CallEstimator = (target: Operand | undefined, args: readonly Operand[]) => CallEstimate | undefined;

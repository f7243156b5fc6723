import { compareBytes } from "./equality.ts";
import { failure, noSuchOverload } from "./errors.ts";
import { CelDouble, CelDuration, CelTimestamp, CelUint, type CelValue } from "./values.ts";

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. Throws for types that have no order between them. */
export function compareValues(a: CelValue, b: CelValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string") return typeof b === "string" ? compareStrings(a, b) : unordered();
  if (typeof a === "boolean") return typeof b === "boolean" ? Number(a) - Number(b) : unordered();
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : unordered();
  if (a instanceof CelDuration) return b instanceof CelDuration ? order(a.nanoseconds, b.nanoseconds) : unordered();
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp ? order(a.nanoseconds, b.nanoseconds) : unordered();
  return orderNumbers(a, b);
}

/** By code points, which is the order of the bytes in UTF-8; JavaScript's own order puts surrogates before U+E000. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function numberOf(value: CelValue): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  if (!(value instanceof CelDouble)) return unordered();
  if (Number.isNaN(value.value)) throw failure("NaN values cannot be ordered");
  return value.value;
}

/** Ints and uints exactly; against a double both are doubles, as cel-go has it, so that 2^63 is not less than 2^63-1. */
function orderNumbers(a: CelValue, b: CelValue): number {
  const [left, right] = [numberOf(a), numberOf(b)];
  return a instanceof CelDouble || b instanceof CelDouble ? order(Number(left), Number(right)) : order(left, right);
}

function order(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unordered(): never {
  throw noSuchOverload();
}

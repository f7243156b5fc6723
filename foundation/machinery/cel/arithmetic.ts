import { failure } from "./errors.ts";
import { CelDuration, CelTimestamp, CelUint, toInt, type CelInt } from "./values.ts";

const leastInt = -(2n ** 63n);
const mostInt = 2n ** 63n - 1n;
const mostUint = 2n ** 64n - 1n;
/** The years 1 to 9999. */
const leastTimestamp = -62_135_596_800_000_000_000n;
const mostTimestamp = 253_402_300_799_999_999_999n;

export function checkedInt(value: bigint): CelInt {
  if (value < leastInt || value > mostInt) throw failure("integer overflow");
  return toInt(value);
}

export function checkedUint(value: bigint): CelUint {
  if (value < 0n || value > mostUint) throw failure("unsigned integer overflow");
  return new CelUint(value);
}

export function checkedDuration(nanoseconds: bigint): CelDuration {
  if (nanoseconds < leastInt || nanoseconds > mostInt) throw failure("duration overflow");
  return new CelDuration(nanoseconds);
}

export function checkedTimestamp(nanoseconds: bigint): CelTimestamp {
  if (nanoseconds < leastTimestamp || nanoseconds > mostTimestamp) throw failure("timestamp overflow");
  return new CelTimestamp(nanoseconds);
}

// Each of these takes the fast way while operands and result are exact as numbers.

export function addInts(a: CelInt, b: CelInt): CelInt {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkedInt(BigInt(a) + BigInt(b));
}

export function subtractInts(a: CelInt, b: CelInt): CelInt {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return checkedInt(BigInt(a) - BigInt(b));
}

export function multiplyInts(a: CelInt, b: CelInt): CelInt {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // Adding zero makes of -0 what an int has.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return checkedInt(BigInt(a) * BigInt(b));
}

export function divideInts(a: CelInt, b: CelInt): CelInt {
  if (b === 0) throw failure("division by zero");
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return checkedInt(BigInt(a) / BigInt(b));
}

export function moduloInts(a: CelInt, b: CelInt): CelInt {
  if (b === 0) throw failure("modulus by zero");
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  if (BigInt(a) === leastInt && b === -1) throw failure("integer overflow");
  return toInt(BigInt(a) % BigInt(b));
}

export function negateInt(value: CelInt): CelInt {
  return typeof value === "number" ? 0 - value : checkedInt(-value);
}

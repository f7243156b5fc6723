import type { Quantity } from "./meta.ts";
import { badRequest } from "./status-error.ts";

/** A quantity as an exact number. Upstream holds nothing finer than a billionth, so every value is a whole number of them. */
export interface ParsedQuantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** How a quantity is written. `decimal`: with `m`, `k`, `M`, …; `binary`: with `Ki`, `Mi`, …; `exponent`: as `1e3`. */
export type QuantityFormat = "decimal" | "binary" | "exponent";

/** What the calculations below take: the text of an object's field, or what was parsed or calculated before. */
export type QuantityLike = Quantity | ParsedQuantity;

/** No resources at all. */
export const zeroQuantity: ParsedQuantity = { nanos: 0n, format: "decimal" };

/**
 * Reads a quantity as upstream does: finer parts than a billionth are rounded up (away from zero), binary ones end at 2^63-1.
 *
 * Throws `BadRequest` for what is no quantity, and for numbers of hundreds of digits, which nobody means.
 *
 * @example
 * parseQuantity("250m"); // => { nanos: 250_000_000n, format: "decimal" }
 */
export function parseQuantity(text: Quantity): ParsedQuantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const pieces = split(text);
  if (typeof pieces === "string") throw badRequest(pieces);
  const quantity = valueOf(pieces);
  remember(parsed, text, quantity);
  return quantity;
}

/** Why a text is no quantity, in upstream's words; `undefined` when it is one. */
export function quantityProblem(text: string): string | undefined {
  if (memory.has(text)) return undefined;
  const pieces = split(text);
  return typeof pieces === "string" ? pieces : undefined;
}

/**
 * Writes a quantity in its canonical form: the largest suffix that leaves a whole number.
 *
 * @example
 * formatQuantity(parseQuantity("1024Mi")); // => "1Gi"
 */
export function formatQuantity({ nanos, format }: ParsedQuantity): Quantity {
  if (nanos === 0n) return "0";
  const whole = nanos / nanosPerUnit;
  // Small and fractional values are clearer, and exact, in decimal.
  if (format === "binary" && nanos % nanosPerUnit === 0n && (whole >= 1024n || whole <= -1024n)) return formatBinary(whole);
  return formatDecimal(nanos, format === "exponent");
}

// Few different texts make up a cluster. The memory of them is bounded, so that a stream of odd ones can't fill it.
const memory = new Map<string, Quantity>();
const parsed = new Map<string, ParsedQuantity>();

function remember<Value>(values: Map<string, Value>, text: string, value: Value): void {
  if (text.length > 32) return;
  if (values.size >= 4096) values.clear();
  values.set(text, value);
}

/**
 * The text that upstream answers for the text of a quantity: canonical, except that upstream leaves a text alone which looks
 * canonical to it at a glance (`1.500`, `+5`). Throws `BadRequest` like {@link parseQuantity}.
 */
export function canonicalQuantity(text: string): Quantity {
  const known = memory.get(text);
  if (known !== undefined) return known;
  const pieces = split(text);
  if (typeof pieces === "string") throw badRequest(pieces);
  const canonical = looksCanonical(pieces) ? text : formatQuantity(valueOf(pieces));
  remember(memory, text, canonical);
  return canonical;
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: QuantityLike, b: QuantityLike): number {
  const left = read(a).nanos;
  const right = read(b).nanos;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, written as `a` is (as `b` is when `a` is zero). */
export function addQuantities(a: QuantityLike, b: QuantityLike): ParsedQuantity {
  const [left, right] = [read(a), read(b)];
  return { nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format };
}

/** The difference, written as `a` is (as `b` is when `a` is zero). */
export function subtractQuantities(a: QuantityLike, b: QuantityLike): ParsedQuantity {
  const [left, right] = [read(a), read(b)];
  return { nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format };
}

/** `quantity` times a whole number. */
export function multiplyQuantity(quantity: QuantityLike, factor: number | bigint): ParsedQuantity {
  const { nanos, format } = read(quantity);
  return { nanos: nanos * BigInt(factor), format };
}

/** `quantity` rounded up (away from zero) to a multiple of 10^`exponent`, such as -3 for thousandths. */
export function roundUpQuantity(quantity: QuantityLike, exponent: number): ParsedQuantity {
  const { nanos, format } = read(quantity);
  const step = exponent <= -9 ? 1n : 10n ** BigInt(exponent + 9);
  return { nanos: divideUp(nanos, step) * step, format };
}

/** The number of whole units, rounded up (away from zero): bytes, Pods, cores. Exact up to 2^53. */
export function wholeValue(quantity: QuantityLike): number {
  return Number(divideUp(read(quantity).nanos, nanosPerUnit));
}

/** The number of thousandths, rounded up (away from zero): the unit in which processors are counted. Exact up to 2^53. */
export function milliValue(quantity: QuantityLike): number {
  return Number(divideUp(read(quantity).nanos, nanosPerMilli));
}

const nanosPerUnit = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
const largestBinary = (2n ** 63n - 1n) * nanosPerUnit;

const formatProblem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const numberProblem = "unable to parse numeric part of quantity";
const suffixProblem = "unable to parse quantity's suffix";

/** No cluster has more; without a bound, a short text such as `1e999999999` would cost seconds and gigabytes. */
const largestExponent = 300;
const longestNumber = 300;

interface Pieces {
  readonly negative: boolean;
  /** The digits before the point without leading zeros; `0` when none are left. */
  readonly whole: string;
  readonly fraction: string;
  readonly format: QuantityFormat;
  /** Of two when `binary`, else of ten. */
  readonly exponent: number;
}

const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

const suffixes: ReadonlyMap<string, readonly [format: QuantityFormat, exponent: number]> = new Map([
  ["n", ["decimal", -9]],
  ["u", ["decimal", -6]],
  ["m", ["decimal", -3]],
  ["", ["decimal", 0]],
  ["k", ["decimal", 3]],
  ["M", ["decimal", 6]],
  ["G", ["decimal", 9]],
  ["T", ["decimal", 12]],
  ["P", ["decimal", 15]],
  ["E", ["decimal", 18]],
  ["Ki", ["binary", 10]],
  ["Mi", ["binary", 20]],
  ["Gi", ["binary", 30]],
  ["Ti", ["binary", 40]],
  ["Pi", ["binary", 50]],
  ["Ei", ["binary", 60]],
]);

/** The pieces of a quantity's text, or what is wrong with it. A missing number counts as zero, as upstream has it. */
function split(text: string): Pieces | string {
  if (text.length > longestNumber) return numberProblem;
  const match = shape.exec(text);
  if (text === "" || match === null) return formatProblem;
  const [, sign, digits = "", fraction = "", suffix = ""] = match;
  const unit = suffixes.get(suffix) ?? exponentOf(suffix);
  if (unit === undefined) return suffixProblem;
  const [format, exponent] = unit;
  if (exponent > largestExponent) return numberProblem;
  return { negative: sign === "-", whole: digits.replace(/^0+/, "") || "0", fraction, format, exponent };
}

function exponentOf(suffix: string): readonly [QuantityFormat, number] | undefined {
  const match = /^[eE]([+-]?[0-9]+)$/.exec(suffix);
  return match === null ? undefined : ["exponent", Number(match[1])];
}

function valueOf({ negative, whole, fraction, format, exponent }: Pieces): ParsedQuantity {
  const digits = BigInt(whole + fraction);
  const nanos = format === "binary" ? binaryNanos(digits, fraction.length, exponent) : decimalNanos(digits, exponent - fraction.length + 9);
  const fractional = format === "binary" && nanos > 0n && nanos < nanosPerUnit;
  return { nanos: negative ? -nanos : nanos, format: fractional ? "decimal" : format };
}

function binaryNanos(digits: bigint, decimals: number, exponent: number): bigint {
  const nanos = divideUp(digits * 2n ** BigInt(exponent) * nanosPerUnit, 10n ** BigInt(decimals));
  return nanos > largestBinary ? largestBinary : nanos;
}

function decimalNanos(digits: bigint, exponent: number): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  // Whatever is divided by more than its number of digits rounds up to one.
  return divideUp(digits, 10n ** BigInt(Math.min(-exponent, 2 * longestNumber)));
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (dividend % divisor === 0n) return quotient;
  return dividend > 0n ? quotient + 1n : quotient - 1n;
}

/** Upstream's glance: it looks at the last digits only, in the cases that fit its 64-bit arithmetic. */
function looksCanonical({ whole, fraction, format, exponent }: Pieces): boolean {
  const digits = whole + fraction;
  if (format === "binary") {
    const room = 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1;
    return fraction === "" && room >= 0 && Number(digits) % 8 !== 0;
  }
  const scale = exponent - fraction.length;
  return digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

function formatBinary(whole: bigint): string {
  let number = whole;
  let power = 0;
  while (number % 1024n === 0n && power < binarySuffixes.length - 1) {
    number /= 1024n;
    power++;
  }
  return `${number}${binarySuffixes[power]}`;
}

const decimalSuffixes: ReadonlyMap<number, string> = new Map(
  [...suffixes].filter(([, [format]]) => format === "decimal").map(([suffix, [, exponent]]) => [exponent, suffix]),
);

function formatDecimal(nanos: bigint, withExponent: boolean): string {
  let number = nanos;
  let exponent = -9;
  while (number % 1000n === 0n) {
    number /= 1000n;
    exponent += 3;
  }
  const suffix = withExponent ? undefined : decimalSuffixes.get(exponent);
  if (suffix !== undefined) return `${number}${suffix}`;
  return exponent === 0 ? `${number}` : `${number}e${exponent}`;
}

function read(quantity: QuantityLike): ParsedQuantity {
  return typeof quantity === "string" ? parseQuantity(quantity) : quantity;
}

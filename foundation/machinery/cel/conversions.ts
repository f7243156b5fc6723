import { formatTimestamp, parseTimestamp } from "./calendar.ts";
import { checkedDuration, checkedInt, checkedTimestamp, checkedUint } from "./arithmetic.ts";
import { failure, type CelEvaluationError } from "./errors.ts";
import { parseDuration } from "../duration.ts";
import { typeName } from "./types.ts";
import { CelDouble, CelDuration, CelTimestamp, CelUint, typeOf, type CelInt, type CelValue } from "./values.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function toInt64(value: CelValue): CelInt {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof CelUint) return checkedInt(value.value);
  if (value instanceof CelDouble) return checkedInt(whole(value.value, "integer overflow", 2 ** 63));
  if (value instanceof CelTimestamp) return checkedInt(seconds(value.nanoseconds));
  if (value instanceof CelDuration) return checkedInt(value.nanoseconds);
  if (typeof value === "string" && /^[+-]?[0-9]+$/.test(value) && value.length < 64) {
    const number = BigInt(value.replace(/^\+/, ""));
    if (number >= -(2n ** 63n) && number < 2n ** 63n) return checkedInt(number);
  }
  throw conversionFailure(value, "int");
}

export function toUint64(value: CelValue): CelUint {
  if (value instanceof CelUint) return value;
  if (typeof value === "number" || typeof value === "bigint") return checkedUint(BigInt(value));
  if (value instanceof CelDouble) return checkedUint(whole(value.value, "unsigned integer overflow", 2 ** 64));
  if (typeof value === "string" && /^[0-9]+$/.test(value) && value.length < 64 && BigInt(value) < 2n ** 64n) {
    return new CelUint(BigInt(value));
  }
  throw conversionFailure(value, "uint");
}

/** Without its fraction. Doubles that near the limit are refused too, since they can't tell the limit itself. */
function whole(value: number, overflow: string, limit: number): bigint {
  if (Number.isNaN(value) || value >= limit || value <= -limit) throw failure(overflow);
  return BigInt(Math.trunc(value));
}

export function toDouble(value: CelValue): CelDouble {
  if (value instanceof CelDouble) return value;
  if (typeof value === "number" || typeof value === "bigint") return new CelDouble(Number(value));
  if (value instanceof CelUint) return new CelDouble(Number(value.value));
  const number = typeof value === "string" ? parseDouble(value) : undefined;
  if (number === undefined) throw conversionFailure(value, "double");
  return new CelDouble(number);
}

function parseDouble(text: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === "nan") return special[1] === "" ? Number.NaN : undefined;
  return special[1] === "-" ? -Infinity : Infinity;
}

export function toBool(value: CelValue): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (["1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
    if (["0", "f", "F", "FALSE", "false", "False"].includes(value)) return false;
  }
  throw conversionFailure(value, "bool");
}

export function toBytes(value: CelValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return encoder.encode(value);
  throw conversionFailure(value, "bytes");
}

/** What `string(…)` answers. */
export function toText(value: CelValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
    case "number":
    case "bigint":
      return String(value);
  }
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelDouble) return formatDouble(value.value);
  if (value instanceof CelTimestamp) return formatTimestamp(value.nanoseconds);
  if (value instanceof CelDuration) return formatSeconds(value.nanoseconds);
  if (value instanceof Uint8Array) {
    try {
      return decoder.decode(value);
    } catch {
      throw failure("invalid UTF-8 in bytes, cannot convert to string");
    }
  }
  throw conversionFailure(value, "string");
}

export function toDuration(value: CelValue): CelDuration {
  if (value instanceof CelDuration) return value;
  const nanoseconds = typeof value === "string" ? parseDuration(value) : undefined;
  if (nanoseconds === undefined) throw conversionFailure(value, "google.protobuf.Duration");
  return checkedDuration(nanoseconds);
}

export function toTimestamp(value: CelValue): CelTimestamp {
  if (value instanceof CelTimestamp) return value;
  if (typeof value === "number" || typeof value === "bigint") return checkedTimestamp(BigInt(value) * 1_000_000_000n);
  const nanoseconds = typeof value === "string" ? parseTimestamp(value) : undefined;
  if (nanoseconds === undefined) throw conversionFailure(value, "google.protobuf.Timestamp");
  return checkedTimestamp(nanoseconds);
}

/** A double as Go's `%g` writes it: the shortest digits that tell it from every other. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 21) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return withoutExponent(value);
}

function withoutExponent(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(20).replace(/0+$/, "");
}

/** A duration as a number of seconds, such as `1.5s`. */
function formatSeconds(nanoseconds: bigint): string {
  const length = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (length % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${nanoseconds < 0n ? "-" : ""}${length / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
}

function seconds(nanoseconds: bigint): bigint {
  const whole = nanoseconds / 1_000_000_000n;
  return nanoseconds % 1_000_000_000n < 0n ? whole - 1n : whole;
}

function conversionFailure(value: CelValue, wanted: string): CelEvaluationError {
  return failure(`type conversion error from '${typeName(typeOf(value))}' to '${wanted}'`);
}

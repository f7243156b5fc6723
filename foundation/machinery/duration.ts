/** A length of time in nanoseconds, as Go counts it. */
export type Nanoseconds = bigint;

/**
 * Reads a duration as Go writes and reads it, such as `1h30m`, `1.5s` or `-250ms`.
 *
 * `undefined` for anything else, and for what doesn't fit 64 bits.
 *
 * @example
 * parseDuration("1m30s"); // => 90_000_000_000n
 */
export function parseDuration(text: string): Nanoseconds | undefined {
  const unsigned = text.replace(/^[+-]/, "");
  if (unsigned === "0") return 0n;
  if (text.length > longestText || !shape.test(unsigned)) return undefined;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of unsigned.matchAll(part)) {
    if (whole === "" && fraction === "") return undefined;
    const digits = BigInt(whole + fraction);
    total += (digits * nanosecondsPer[unit]!) / 10n ** BigInt(fraction.length);
  }
  const signed = text.startsWith("-") ? -total : total;
  return signed > longest || signed < -longest - 1n ? undefined : signed;
}

/** What upstream says of a text that is no duration; `undefined` when it is one. */
export function durationProblem(text: string): string | undefined {
  if (parseDuration(text) !== undefined) return undefined;
  const [, unit] = /^[+-]?(?:[0-9]*\.?[0-9]*(?:ns|us|µs|μs|ms|[smh]))*[0-9]+\.?[0-9]*([^0-9.]*)/.exec(text) ?? [];
  if (unit === undefined) return `time: invalid duration ${JSON.stringify(text)}`;
  if (unit === "") return `time: missing unit in duration ${JSON.stringify(text)}`;
  if (nanosecondsPer[unit] === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
  return `time: invalid duration ${JSON.stringify(text)}`;
}

/**
 * Writes a duration as Go does.
 *
 * @example
 * formatDuration(5_400_000_000_000n); // => "1h30m0s"
 */
export function formatDuration(duration: Nanoseconds): string {
  if (duration === 0n) return "0s";
  const sign = duration < 0n ? "-" : "";
  const length = duration < 0n ? -duration : duration;
  if (length < second) return sign + formatShort(length);
  const hours = length / hour;
  const minutes = (length % hour) / minute;
  const seconds = `${withFraction(length % minute, second)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : sign + seconds;
}

const microsecond = 1_000n;
const millisecond = 1_000_000n;
const second = 1_000_000_000n;
const minute = 60n * second;
const hour = 60n * minute;
const longest = 2n ** 63n - 1n;
const longestText = 200;

const nanosecondsPer: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: microsecond,
  // The micro sign and the Greek letter look alike; both are in use.
  "\u00b5s": microsecond,
  "\u03bcs": microsecond,
  ms: millisecond,
  s: second,
  m: minute,
  h: hour,
};

const shape = /^(?:[0-9]*(?:\.[0-9]*)?(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;
const part = /([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

function formatShort(length: bigint): string {
  if (length < microsecond) return `${length}ns`;
  return length < millisecond ? `${withFraction(length, microsecond)}\u00b5s` : `${withFraction(length, millisecond)}ms`;
}

function withFraction(length: bigint, unit: bigint): string {
  const rest = (length % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return rest === "" ? `${length / unit}` : `${length / unit}.${rest}`;
}

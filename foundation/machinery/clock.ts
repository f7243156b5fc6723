/** A moment, in milliseconds since 1970-01-01T00:00:00Z. Fractions carry the microseconds of a Kubernetes `MicroTime`. */
export type Instant = number & { readonly [instantBrand]: "Instant" };
declare const instantBrand: unique symbol;

/** A timer that was started by {@link Clock.after}. Disposing of it stops it; doing so after it fired is harmless. */
export interface Timer extends Disposable {
  readonly due: Instant;
}

/**
 * The only source of time. Components get one as an argument (law 2), so a test can own it.
 *
 * `now` is wall time and may jump; `monotonic` (milliseconds, arbitrary origin) never goes back and is what durations are
 * measured with. Under a clock that a test owns the two advance together.
 */
export interface Clock {
  now(): Instant;
  monotonic(): number;
  /** Calls `fire` once, `milliseconds` from now (0 or less: in a later turn of the event loop, never at once). */
  after(milliseconds: number, fire: () => void): Timer;
}

/** Resolves `milliseconds` from now; rejects with the signal's reason when `signal` is aborted first. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.after(milliseconds, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Writes an instant as Kubernetes writes `Time`: RFC 3339 in UTC, whole seconds.
 *
 * @example
 * formatTime(0 as Instant); // => "1970-01-01T00:00:00Z"
 */
export function formatTime(instant: Instant): string {
  const second = Math.floor(instant / 1000);
  if (second !== lastSecond) {
    lastTime = `${isoOf((second * 1000) as Instant).slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastTime;
}

// Most times that are written are of the present second, many in one.
let lastSecond = Number.NaN;
let lastTime = "";

/** Writes an instant as Kubernetes writes `MicroTime`: RFC 3339 in UTC with six fractional digits. */
export function formatMicroTime(instant: Instant): string {
  const micros = Math.round((instant - Math.floor(instant / 1000) * 1000) * 1000);
  return `${isoOf(instant).slice(0, 19)}.${String(Math.min(micros, 999_999)).padStart(6, "0")}Z`;
}

// The constructor of Date is pure when it is given its value: no hidden input is read.
function isoOf(instant: Instant): string {
  // oxlint-disable-next-line no-restricted-globals
  return new Date(Math.floor(instant)).toISOString();
}

/** Reads an RFC 3339 time with any offset and up to nine fractional digits; `undefined` for anything else. */
export function parseTime(text: string): Instant | undefined {
  return parseWritten(text) ?? parseMicros(text) ?? parseAny(text);
}

/** What {@link formatTime} writes, and nearly every time in an object is: every write reads several of them. */
function parseWritten(text: string): Instant | undefined {
  return text.length === 20 && text[19] === "Z" ? parseSeconds(text) : undefined;
}

/** What {@link formatMicroTime} writes. */
function parseMicros(text: string): Instant | undefined {
  if (text.length !== 27 || text[19] !== "." || text[26] !== "Z" || Number.isNaN(digitsAt(text, 20, 6))) return undefined;
  const second = parseSeconds(text);
  return second === undefined ? undefined : ((second + Number(text.slice(19, 26)) * 1000) as Instant);
}

/** The first nineteen characters. */
function parseSeconds(text: string): Instant | undefined {
  const isInShape = text[4] === "-" && text[7] === "-" && text[10] === "T" && text[13] === ":" && text[16] === ":";
  if (!isInShape) return undefined;
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  const second = digitsAt(text, 17, 2);
  // Days that not every month has, and years that Date takes for others, are left to the careful way.
  const isPlain = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59;
  // oxlint-disable-next-line no-restricted-globals
  return isPlain ? (Date.UTC(year, month - 1, day, hour, minute, second) as Instant) : undefined;
}

/** The number that some digits of a text write; `NaN` when they aren't digits. */
function digitsAt(text: string, from: number, count: number): number {
  let number = 0;
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function parseAny(text: string): Instant | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null || text.slice(11, 13) === "24") return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const normal = `${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`;
  // oxlint-disable-next-line no-restricted-globals
  const milliseconds = Date.parse(normal);
  if (Number.isNaN(milliseconds)) return undefined;
  // oxlint-disable-next-line no-restricted-globals
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) return undefined;
  return (milliseconds + Number(fraction === "" ? 0 : fraction) * 1000) as Instant;
}

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

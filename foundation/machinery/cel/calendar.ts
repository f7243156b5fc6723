import { failure } from "./errors.ts";

const second = 1_000_000_000n;
const day = 86_400n * second;

/** A moment as a calendar shows it. `dayOfWeek` counts from Sunday, `dayOfYear` and `month` from zero. */
export interface CalendarTime {
  readonly year: number;
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfYear: number;
  readonly dayOfWeek: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** The calendar in UTC. */
export function calendarTime(nanoseconds: bigint): CalendarTime {
  const days = Number(floorDivide(nanoseconds, day));
  const rest = nanoseconds - BigInt(days) * day;
  const seconds = Number(rest / second);
  const { year, month, dayOfMonth } = dateOfDay(days);
  return {
    year,
    month,
    dayOfMonth,
    dayOfYear: days - dayOfDate(year, 0, 1),
    dayOfWeek: (((days + 4) % 7) + 7) % 7,
    hours: Math.trunc(seconds / 3600),
    minutes: Math.trunc(seconds / 60) % 60,
    seconds: seconds % 60,
    nanoseconds: Number(rest % second),
  };
}

const shape = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

/** Nanoseconds since 1970 of a time in RFC 3339; `undefined` for what is none. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [year, month, dayOfMonth, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysOf(year, month - 1)) return undefined;
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const [, , , , , , , fraction = "", , sign, zoneHours = "0", zoneMinutes = "0"] = match;
  if (Number(zoneHours) > 24 || Number(zoneMinutes) > 60) return undefined;
  const zone = (Number(zoneHours) * 3600 + Number(zoneMinutes) * 60) * (sign === "-" ? -1 : 1);
  const total = dayOfDate(year, month - 1, dayOfMonth) * 86_400 + hours * 3600 + minutes * 60 + seconds - zone;
  return BigInt(total) * second + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

/** The time in RFC 3339, with as many digits of a second as there are. */
export function formatTimestamp(nanoseconds: bigint): string {
  const { year, month, dayOfMonth, hours, minutes, seconds, nanoseconds: rest } = calendarTime(nanoseconds);
  const date = `${pad(year, 4)}-${pad(month + 1, 2)}-${pad(dayOfMonth, 2)}`;
  const fraction = rest === 0 ? "" : `.${pad(rest, 9).replace(/0+$/, "")}`;
  return `${date}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}${fraction}Z`;
}

/**
 * By how many nanoseconds clocks in a zone are ahead of UTC at a moment. A zone is `02:00`, `-08:00`, or a name of the IANA database
 * such as `Europe/Berlin`. Throws `CelEvaluationError` for any other.
 */
export function zoneOffset(zone: string, nanoseconds: bigint): bigint {
  if (zone === "" || zone === "UTC") return 0n;
  const fixed = /^([+-]?)(\d{1,2}):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const [, sign, hours, minutes] = fixed;
    if (Number(minutes) > 59) throw failure(`timezone offset minutes out of range [0, 59]: ${zone}`);
    const offset = BigInt(Number(hours) * 3600 + Number(minutes) * 60) * second;
    return sign === "-" ? -offset : offset;
  }
  const milliseconds = Number(floorDivide(nanoseconds, 1_000_000n));
  const shown = zoned(zone).formatToParts(milliseconds);
  const part = (type: string): number => Number(shown.find((each) => each.type === type)?.value ?? 0);
  const year = shown.some(({ type, value }) => type === "era" && value.startsWith("B")) ? 1 - part("year") : part("year");
  const local = dayOfDate(year, part("month") - 1, part("day")) * 86_400 + part("hour") * 3600 + part("minute") * 60 + part("second");
  return (BigInt(local) - floorDivide(nanoseconds, second)) * second;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoned(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
    return format;
  } catch {
    throw failure(`unknown time zone ${zone}`);
  }
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

/** Days since 1970, by the calendar that counts years from March: leap days come last. */
function dayOfDate(year: number, month: number, dayOfMonth: number): number {
  const shifted = month < 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month < 2 ? month + 10 : month - 2) + 2) / 5) + dayOfMonth - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

function dateOfDay(days: number): { readonly year: number; readonly month: number; readonly dayOfMonth: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10;
  return {
    year: yearOfEra + era * 400 + (month < 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function daysOf(year: number, month: number): number {
  return dayOfDate(month === 11 ? year + 1 : year, (month + 1) % 12, 1) - dayOfDate(year, month, 1);
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

import type { Instant } from "@kubets/machinery";

/** What a clock on the wall of a time zone shows. */
export interface LocalTime {
  readonly month: number;
  readonly dayOfMonth: number;
  /** 0 is Sunday. */
  readonly dayOfWeek: number;
  readonly hour: number;
  readonly minute: number;
}

/** Reads instants as local times of an IANA time zone. Throws a RangeError for a zone that isn't known here. */
export function localTimeIn(timeZone: string): (instant: Instant) => LocalTime {
  if (timeZone === "UTC") return (instant) => fieldsOf(instant);
  let known = zones.get(timeZone);
  if (known !== undefined) return known;
  known = readerOf(timeZone);
  if (zones.size >= mostZones) zones.clear();
  zones.set(timeZone, known);
  return known;
}

/** Zones may be written in any case, and as offsets: more than there are must not pile up. */
const mostZones = 100;
/** Making one takes as long as reading many times with it. */
const zones = new Map<string, (instant: Instant) => LocalTime>();

function readerOf(timeZone: string): (instant: Instant) => LocalTime {
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (instant) => {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    return { month, dayOfMonth: day, dayOfWeek: dayOfWeek(year, month, day), hour, minute };
  };
}

const minuteLength = 60_000;
const dayLength = 24 * 60 * minuteLength;

/** How far the months' first days are shifted against one another in a year that begins with March. */
const monthShifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];

function dayOfWeek(year: number, month: number, dayOfMonth: number): number {
  const shifted = month < 3 ? year - 1 : year;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return (shifted + leapDays + monthShifts[month - 1]! + dayOfMonth) % 7;
}

/** The days of a 400-year cycle are counted from March, so that the leap day comes last. */
function fieldsOf(instant: Instant): LocalTime {
  const days = Math.floor(instant / dayLength);
  const minutes = Math.floor((instant - days * dayLength) / minuteLength);
  const shifted = days + 719_468;
  const dayOfEra = shifted - Math.floor(shifted / 146_097) * 146_097;
  const year = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  return {
    month: monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9,
    dayOfMonth: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    // The first day of 1970 was a Thursday.
    dayOfWeek: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(minutes / 60),
    minute: minutes % 60,
  };
}

import { calendarTime, zoneOffset, type CalendarTime } from "../calendar.ts";
import { declare, method, type FunctionDeclaration } from "../declarations.ts";
import { durationType, intType, stringType, timestampType } from "../types.ts";
import { toInt, type CelDuration, type CelTimestamp } from "../values.ts";

/** The parts of a timestamp, in UTC or in a zone; for durations how many whole units it lasts. */
export const timeFunctions: readonly FunctionDeclaration[] = [
  part("getFullYear", "year", ({ year }) => year),
  part("getMonth", "month", ({ month }) => month),
  part("getDayOfYear", "day_of_year", ({ dayOfYear }) => dayOfYear),
  part("getDayOfMonth", "day_of_month", ({ dayOfMonth }) => dayOfMonth - 1),
  part("getDate", "day_of_month_1_based", ({ dayOfMonth }) => dayOfMonth),
  part("getDayOfWeek", "day_of_week", ({ dayOfWeek }) => dayOfWeek),
  part("getHours", "hours", ({ hours }) => hours, 3_600_000_000_000n),
  part("getMinutes", "minutes", ({ minutes }) => minutes, 60_000_000_000n),
  part("getSeconds", "seconds", ({ seconds }) => seconds, 1_000_000_000n),
  part("getMilliseconds", "milliseconds", ({ nanoseconds }) => Math.trunc(nanoseconds / 1_000_000), 1_000_000n),
];

function part(name: string, id: string, of: (time: CalendarTime) => number, unit?: bigint): FunctionDeclaration {
  const inZone = ({ nanoseconds }: CelTimestamp, zone: string): number => of(calendarTime(nanoseconds + zoneOffset(zone, nanoseconds)));
  return declare(
    name,
    method(`timestamp_to_${id}`, [timestampType], intType, ({ nanoseconds }: CelTimestamp) => of(calendarTime(nanoseconds))),
    method(`timestamp_to_${id}_with_tz`, [timestampType, stringType], intType, inZone),
    ...(unit === undefined
      ? []
      : [method(`duration_to_${id}`, [durationType], intType, ({ nanoseconds }: CelDuration) => toInt(nanoseconds / unit))]),
  );
}

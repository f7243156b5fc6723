import type { CronSchedule } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import type { LocalTime } from "./local-time.ts";

const minute = 60_000;
const hour = 60 * minute;
/** A schedule that names a day that never comes, such as the 31st of February, is given up. */
const searched = 5 * 366 * 24 * hour;

/**
 * The first time of a schedule after an instant; `undefined` when there is none within five years. As in upstream, the schedule is read
 * off the wall clock: a time that a change of the clocks skips is not run, one that comes twice is run twice.
 */
export function nextRun(schedule: CronSchedule, after: Instant, localTime: (instant: Instant) => LocalTime): Instant | undefined {
  if ("every" in schedule) return (Math.floor(after / 1000) * 1000 + schedule.every * 1000) as Instant;
  const { minutes, hours, months } = schedule;
  let at = (Math.floor(after / minute) + 1) * minute;
  while (at - after <= searched) {
    const local = localTime(at as Instant);
    if (!months.has(local.month)) at += untilTomorrow(local);
    else if (!isDayOf(schedule, local)) at += untilTomorrow(local);
    else if (!hours.has(local.hour)) at += (60 - local.minute) * minute;
    else if (!minutes.has(local.minute)) at += untilMinuteOf(minutes, local) * minute;
    else return at as Instant;
  }
  return undefined;
}

/** How many minutes to the next one of the schedule, or to the hour's end. */
function untilMinuteOf(minutes: ReadonlySet<number>, local: LocalTime): number {
  let next = local.minute + 1;
  while (next < 60 && !minutes.has(next)) next++;
  return next - local.minute;
}

function isDayOf(
  { daysOfMonth, daysOfWeek, eitherDay }: Exclude<CronSchedule, { readonly every: number }>,
  { dayOfMonth, dayOfWeek }: LocalTime,
): boolean {
  const [ofMonth, ofWeek] = [daysOfMonth.has(dayOfMonth), daysOfWeek.has(dayOfWeek)];
  return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** To where the next day may begin; never beyond, although the day may be shorter than it looks by a change of the clocks. */
function untilTomorrow(local: LocalTime): number {
  const hoursLeft = 23 - local.hour;
  return hoursLeft > 3 ? (hoursLeft - 3) * hour : (60 - local.minute) * minute;
}

/** The runs that were due since `from`, which doesn't count, until `now`, which does. */
export interface DueRuns {
  readonly latest: Instant | undefined;
  /** How many there were, counted to a bit over 100. */
  readonly missed: number;
}

export function runsUntil(schedule: CronSchedule, from: Instant, now: Instant, localTime: (instant: Instant) => LocalTime): DueRuns {
  if ("every" in schedule) {
    const missed = Math.floor((now - Math.floor(from / 1000) * 1000) / (schedule.every * 1000));
    return {
      latest: missed <= 0 ? undefined : (((Math.floor(from / 1000) + missed * schedule.every) * 1000) as Instant),
      missed: Math.max(0, missed),
    };
  }
  let latest: Instant | undefined;
  let missed = 0;
  for (let at = nextRun(schedule, from, localTime); at !== undefined && at <= now; at = nextRun(schedule, at, localTime)) {
    latest = at;
    missed++;
    // A long gap is not walked through: the latest run lies in the last stretch that holds one.
    if (missed > mostCounted) return { latest: latestBefore(schedule, at, now, localTime), missed };
  }
  return { latest, missed };
}

const mostCounted = 100;

function latestBefore(schedule: CronSchedule, known: Instant, now: Instant, localTime: (instant: Instant) => LocalTime): Instant {
  // Doubling stretches back from now until one holds a run; then forward within it.
  for (let stretch = hour; ; stretch *= 2) {
    const from = Math.max(known, now - stretch) as Instant;
    let latest = nextRun(schedule, from, localTime);
    if (latest === undefined || latest > now) {
      if (from === known) return known;
      continue;
    }
    for (let next = nextRun(schedule, latest, localTime); next !== undefined && next <= now; next = nextRun(schedule, next, localTime))
      latest = next;
    return latest;
  }
}

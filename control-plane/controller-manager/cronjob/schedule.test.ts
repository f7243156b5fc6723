import { parseCronSchedule } from "@kubets/api";
import { formatTime, type Instant, parseTime } from "@kubets/machinery";
import { Cron } from "croner";
import fc from "fast-check";
import { expect, test } from "vitest";
import { localTimeIn } from "./local-time.ts";
import { nextRun, runsUntil } from "./schedule.ts";

const next = (schedule: string, after: string, zone = "UTC"): string | undefined => {
  const run = nextRun(parseCronSchedule(schedule)!, parseTime(after)!, localTimeIn(zone));
  return run === undefined ? undefined : formatTime(run);
};

// What upstream's own cron does: https://github.com/robfig/cron, as its documentation and tests say.
test.each<readonly [schedule: string, after: string, zone: string, run: string | undefined]>([
  ["*/15 * * * *", "2026-07-09T14:45:00Z", "UTC", "2026-07-09T15:00:00Z"],
  ["*/15 * * * *", "2026-07-09T14:59:59Z", "UTC", "2026-07-09T15:00:00Z"],
  ["20-35/15 * * * *", "2026-07-09T14:45:00Z", "UTC", "2026-07-09T15:20:00Z"],
  ["5/20 * * * *", "2026-07-09T14:26:00Z", "UTC", "2026-07-09T14:45:00Z"],
  ["0 0 29 2 *", "2026-07-09T23:35:00Z", "UTC", "2028-02-29T00:00:00Z"],
  ["0 0 31 2 *", "2026-07-09T23:35:00Z", "UTC", undefined],
  ["0 0 13 * fri", "2026-11-01T00:00:00Z", "UTC", "2026-11-06T00:00:00Z"],
  ["0 0 * * mon", "2026-11-03T00:00:00Z", "UTC", "2026-11-09T00:00:00Z"],
  ["@monthly", "2026-11-03T00:00:00Z", "UTC", "2026-12-01T00:00:00Z"],
  ["@every 1h30m", "2026-11-03T00:00:00Z", "UTC", "2026-11-03T01:30:00Z"],
  // Clocks go forward: 02:30 isn't there on the 8th of March.
  ["30 2 * * *", "2026-03-08T06:00:00Z", "America/New_York", "2026-03-09T06:30:00Z"],
  ["0 * * * *", "2026-03-08T06:30:00Z", "America/New_York", "2026-03-08T07:00:00Z"],
  // Clocks go back: 01:00 comes twice on the 1st of November.
  ["0 1 * * *", "2026-11-01T04:00:00Z", "America/New_York", "2026-11-01T05:00:00Z"],
  ["0 1 * * *", "2026-11-01T05:00:00Z", "America/New_York", "2026-11-01T06:00:00Z"],
  ["0 1 * * *", "2026-11-01T06:00:00Z", "America/New_York", "2026-11-02T06:00:00Z"],
  // Midnight itself is skipped where clocks go forward at midnight.
  ["0 0 * * *", "2026-03-28T12:00:00Z", "Asia/Beirut", "2026-03-29T21:00:00Z"],
  ["30 9 * * *", "2026-11-03T00:00:00Z", "Asia/Kolkata", "2026-11-03T04:00:00Z"],
])("%s after %s in %s runs at %s", (schedule, after, zone, run) => {
  expect(next(schedule, after, zone)).toBe(run);
});

test("schedules in UTC agree with croner", () => {
  const number = (least: number, most: number) => fc.integer({ min: least, max: most });
  const part = (least: number, most: number): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("*") },
      number(least, most).map(String),
      fc.tuple(number(least, most), number(least, most)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      number(2, Math.min(12, most)).map((step) => `*/${step}`),
      fc.array(number(least, most), { minLength: 1, maxLength: 3 }).map((list) => list.join(",")),
    );
  const schedule = fc.tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6));
  fc.assert(
    fc.property(schedule, fc.integer({ min: 0, max: 40_000_000 }), (parts, minutes) => {
      // Croner takes a stepped star for no restriction of the day; upstream takes it for one.
      fc.pre(!parts[2].startsWith("*/") && !parts[4].startsWith("*/"));
      const text = parts.join(" ");
      const after = (1_700_000_000_000 + minutes * 1000) as Instant;
      const expected = new Cron(text, { mode: "5-part", timezone: "UTC", paused: true }).nextRun(new Date(after));
      expect(next(text, formatTime(after))).toBe(expected === null ? undefined : formatTime(expected.getTime() as Instant));
    }),
    { numRuns: 300 },
  );
});

test("the latest of the runs that were due is found, however many were missed", () => {
  const utc = localTimeIn("UTC");
  const at = (text: string): Instant => parseTime(text)!;
  const minutely = parseCronSchedule("* * * * *")!;
  expect(runsUntil(minutely, at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:59Z"), utc)).toEqual({ latest: undefined, missed: 0 });
  expect(runsUntil(minutely, at("2026-01-01T00:00:00Z"), at("2026-01-01T00:03:00Z"), utc)).toEqual({
    latest: at("2026-01-01T00:03:00Z"),
    missed: 3,
  });
  expect(runsUntil(minutely, at("2020-01-01T00:00:00Z"), at("2026-01-01T00:03:30Z"), utc)).toEqual({
    latest: at("2026-01-01T00:03:00Z"),
    missed: 101,
  });
  const daily = parseCronSchedule("0 3 * * *")!;
  expect(runsUntil(daily, at("2020-01-01T00:00:00Z"), at("2026-01-01T02:00:00Z"), utc).latest).toBe(at("2025-12-31T03:00:00Z"));
  const every = parseCronSchedule("@every 10m")!;
  expect(runsUntil(every, at("2026-01-01T00:00:00Z"), at("2026-01-01T00:25:00Z"), utc)).toEqual({
    latest: at("2026-01-01T00:20:00Z"),
    missed: 2,
  });
});

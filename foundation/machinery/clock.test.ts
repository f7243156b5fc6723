import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMicroTime, formatTime, type Instant, parseTime } from "./clock.ts";
import { canonicalMicroTime, canonicalTime, timeProblem } from "./time-text.ts";

const years = { min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) };

describe("times", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2026-11-21T20:23:00Z", Date.UTC(2026, 10, 21, 20, 23)],
    ["2026-11-21T22:23:00+02:00", Date.UTC(2026, 10, 21, 20, 23)],
    ["2026-11-21T20:23:00.5Z", Date.UTC(2026, 10, 21, 20, 23) + 500],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
  ])("%s is read", (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  test.each([
    "",
    "now",
    "2026-11-21",
    "2026-11-21T20:23:00",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01 00:00:00Z",
  ])("%j is no time", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  test("what is written is read back, to the second", () => {
    fc.assert(
      fc.property(fc.integer(years), (milliseconds) => {
        const text = formatTime(milliseconds as Instant);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(parseTime(text)).toBe(Math.floor(milliseconds / 1000) * 1000);
        expect(canonicalTime(text)).toBe(text);
      }),
    );
  });

  test("microseconds are written with six digits and read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999_999 }), (seconds, micros) => {
        const text = formatMicroTime((seconds * 1000 + micros / 1000) as Instant);
        expect(text.endsWith(`.${String(micros).padStart(6, "0")}Z`)).toBe(true);
        expect(canonicalMicroTime(text)).toBe(text);
        expect(formatMicroTime(parseTime(text)!)).toBe(text);
      }),
    );
  });

  test("the usual form is read as any other that says the same, and what is none is refused alike", () => {
    const digits = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{${count}}$`));
    const day = fc.tuple(fc.constantFrom("0000", "0099", "1999", "2024", "2027"), digits(2), digits(2));
    const time = fc.tuple(digits(2), digits(2), digits(2), digits(6));
    fc.assert(
      fc.property(day, time, ([year, month, date], [hour, minute, second, micros]) => {
        const text = `${year}-${month}-${date}T${hour}:${minute}:${second}.${micros}`;
        expect(parseTime(`${text}Z`)).toBe(parseTime(`${text}+00:00`));
        expect(canonicalMicroTime(`${text}Z`)).toBe(canonicalMicroTime(`${text}+00:00`));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["2026-11-21T22:23:00+02:00", "2026-11-21T20:23:00Z"],
    ["2026-11-21T20:23:00.999Z", "2026-11-21T20:23:00Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["2023-02-29T00:00:00Z", undefined],
    ["2023-04-31T00:00:00Z", undefined],
  ])("%s is answered as %s", (text, expected) => {
    expect(canonicalTime(text)).toBe(expected);
  });

  test.each([
    ["foo", 'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"'],
    ["2026-01-01", 'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    ["2026-13-01T00:00:00Z", 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ["2026-02-30T00:00:00Z", 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ["2026-01-01T25:00:00Z", 'parsing time "2026-01-01T25:00:00Z": hour out of range'],
    ["2026-01-01T00:00:00Zx", 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"'],
  ])("what is wrong with %s is said as upstream says it", (text, problem) => {
    expect(timeProblem(text)).toBe(problem);
  });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationProblem, formatDuration, parseDuration } from "./duration.ts";
import { humanDuration } from "./human-duration.ts";
import { isPercentage, resolvePercent } from "./int-or-string.ts";

const second = 1_000_000_000n;

describe("durations", () => {
  test.each([
    ["0", 0n],
    ["0s", 0n],
    ["1h30m", 5400n * second],
    ["1.5s", 1_500_000_000n],
    [".5s", 500_000_000n],
    ["-250ms", -250_000_000n],
    ["+5m", 300n * second],
    ["1h1m1s1ms1us1ns", 3661n * second + 1_001_001n],
    ["1µs", 1000n],
    ["1μs", 1000n],
    ["2540400h10m10.000000000s", 9145440610n * second],
  ])("%s is read", (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
    expect(durationProblem(text)).toBeUndefined();
  });

  test.each([
    ["", 'time: invalid duration ""'],
    ["3", 'time: missing unit in duration "3"'],
    ["1h30", 'time: missing unit in duration "1h30"'],
    ["3x", 'time: unknown unit "x" in duration "3x"'],
    ["abc", 'time: invalid duration "abc"'],
    [".s", 'time: invalid duration ".s"'],
    ["-", 'time: invalid duration "-"'],
    ["1h 30m", 'time: unknown unit "h " in duration "1h 30m"'],
    ["9223372037s", 'time: invalid duration "9223372037s"'],
  ])("%j is refused", (text, problem) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(durationProblem(text)).toBe(problem);
  });

  test.each([
    [0n, "0s"],
    [1n, "1ns"],
    [1100n, "1.1µs"],
    [2_200_000n, "2.2ms"],
    [3_300_000_000n, "3.3s"],
    [4n * 60n * second + 5_001_000_000n, "4m5.001s"],
    [5400n * second, "1h30m0s"],
    [-5400n * second, "-1h30m0s"],
  ])("%d ns is written %s", (nanoseconds, text) => {
    expect(formatDuration(nanoseconds)).toBe(text);
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
        expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});

const [minute, hour, day] = [60, 3600, 86_400];

test.each([
  [-5, "<invalid>"],
  [-1.5, "0s"],
  [0.9, "0s"],
  [119, "119s"],
  [2 * minute, "2m"],
  [5 * minute + 3, "5m3s"],
  [10 * minute + 3, "10m"],
  [179 * minute, "179m"],
  [3 * hour, "3h"],
  [7 * hour + 59 * minute, "7h59m"],
  [8 * hour + 59 * minute, "8h"],
  [47 * hour, "47h"],
  [48 * hour, "2d"],
  [7 * day + 5 * hour, "7d5h"],
  [8 * day + 5 * hour, "8d"],
  [729 * day, "729d"],
  [730 * day, "2y"],
  [3 * 365 * day + 20 * day, "3y20d"],
  [9 * 365 * day + 20 * day, "9y"],
])("an age of %d seconds is shown as %s", (seconds, text) => {
  expect(humanDuration(seconds * 1000)).toBe(text);
});

test.each([
  [3, 10, 3, 3],
  ["25%", 10, 3, 2],
  ["0%", 10, 0, 0],
  ["100%", 7, 7, 7],
  ["150%", 3, 5, 4],
  ["25", 10, undefined, undefined],
  ["a%", 10, undefined, undefined],
])("%j of %d is %j rounded up, %j rounded down", (value, total, up, down) => {
  expect([resolvePercent(value, total, "up"), resolvePercent(value, total, "down")]).toEqual([up, down]);
});

test("a percentage is told from a number and a name", () => {
  expect([isPercentage("5%"), isPercentage("http"), isPercentage(5)]).toEqual([true, false, false]);
});

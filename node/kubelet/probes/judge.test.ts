import { expect, test } from "vitest";
import { firstOutlook, judge } from "./judge.ts";

/** The verdicts that a row of results leads to; `.` is none. */
function verdicts(results: string, thresholds: { readonly successThreshold: number; readonly failureThreshold: number }): string {
  let outlook = firstOutlook;
  let row = "";
  for (const result of results) {
    const { next, verdict } = judge(outlook, result === "+", thresholds);
    outlook = next;
    row += verdict === undefined ? "." : verdict ? "+" : "-";
  }
  return row;
}

test.each([
  ["+++", { successThreshold: 1, failureThreshold: 3 }, "+.."],
  ["+--+---", { successThreshold: 1, failureThreshold: 3 }, "+.....-"],
  ["---+", { successThreshold: 2, failureThreshold: 3 }, "..-."],
  ["--+-++", { successThreshold: 2, failureThreshold: 1 }, "--.-.+"],
])("results %s with %o mean %s", (results, thresholds, expected) => {
  expect(verdicts(results, thresholds)).toBe(expected);
});

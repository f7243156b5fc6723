import { expect, test } from "vitest";
import { age, firstOf, timeSince } from "./columns.ts";
import { noon } from "./testing/kind-under-test.ts";

test("an age is the time since creation, and unknown without one", () => {
  expect([age({ creationTimestamp: "2026-06-01T11:00:00Z" }, noon), timeSince(undefined, noon)]).toEqual(["60m", "<unknown>"]);
});

test("a long list shows its first items and counts the rest", () => {
  expect([firstOf(["a", "b"], 2), firstOf(["a", "b", "c", "d"], 2), firstOf([], 2)]).toEqual(["a,b", "a,b + 2 more...", ""]);
});

import { expect, test } from "vitest";
import { seededRollout } from "./testing/seeded-rollout.ts";

/** More of them by `SEEDS=1000`. */
const seeds = Array.from({ length: Number(process.env["SEEDS"] ?? 2) }, (_, index) => index + 1);

test.each(seeds)("a rollout during a drain and a node's failure breaks no limit at any revision (seed %i)", async (seed) => {
  const told = await seededRollout(seed);
  expect(told.broken).toEqual([]);
  expect(told.end.map((pod) => pod.replace(/^\S+ /, ""))).toEqual(Array.from({ length: 4 }, () => "web:2 Running"));
  expect(told.evictions + told.refusals).toBeGreaterThan(0);
});

test("the same seed writes the same history, byte for byte, and another seed another", { timeout: 60_000 }, async () => {
  const first = await seededRollout(1);
  expect(await seededRollout(1)).toEqual(first);
  expect((await seededRollout(2)).history).not.toBe(first.history);
});

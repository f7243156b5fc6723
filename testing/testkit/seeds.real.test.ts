import { expect, test } from "vitest";
import { seededRollout } from "./testing/seeded-rollout.ts";

/** How many, and from which on: `npm run soak` asks for a thousand. */
const count = Number(process.env["SEEDS"] ?? 20);
const first = Number(process.env["FIRST_SEED"] ?? 1);
const histories = new Map<string, number>();

test.each(Array.from({ length: count }, (_, index) => first + index))(
  "a Deployment rolled during a drain and a node's failure breaks no limit at any revision, nor does a Job beside it (seed %i)",
  async (seed) => {
    const told = await seededRollout(seed);
    expect(told.broken).toEqual([]);
    expect(told.end.map((pod) => pod.replace(/^\S+ /, ""))).toEqual(Array.from({ length: 4 }, () => "web:2 Running"));
    expect(told.succeeded).toBe(5);
    expect(told.evictions + told.refusals).toBeGreaterThan(0);
    expect(histories.get(told.history)).toBeUndefined();
    histories.set(told.history, seed);
  },
);

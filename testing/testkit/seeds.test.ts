import { expect, test } from "vitest";
import { seededRollout } from "./testing/seeded-rollout.ts";

// Twenty of them in seeds.real.test.ts, a thousand by `npm run soak`.
test(
  "the same seed writes the same history, byte for byte, and another seed another; neither breaks a limit",
  { timeout: 60_000 },
  async () => {
    const first = await seededRollout(1);
    expect(await seededRollout(1)).toEqual(first);
    const second = await seededRollout(2);
    expect(second.history).not.toBe(first.history);
    expect([...first.broken, ...second.broken]).toEqual([]);
  },
);

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { breather } from "./breath.ts";

/** Requests of three steps, each of which takes so long, and what they did so far. */
function requests(names: readonly string[], milliseconds: number): { readonly steps: string[]; readonly done: Promise<unknown> } {
  let now = 0;
  const breathe = breather({ now: () => now });
  const steps: string[] = [];
  const request = async (name: string): Promise<void> => {
    for (const step of ["read", "validated", "written"]) {
      await breathe();
      now += milliseconds;
      steps.push(`${name} ${step}`);
    }
  };
  return { steps, done: Promise.all(names.map(request)) };
}

test("those who come together take each of their steps right after one another", async () => {
  const { steps, done } = requests(["a", "b", "c"], 0.01);
  await done;
  expect(steps).toEqual(["read", "validated", "written"].flatMap((step) => ["a", "b", "c"].map((name) => `${name} ${step}`)));
});

test("long steps leave the loop to others between them, and keep their order", async () => {
  const { steps, done } = requests(["a", "b", "c"], 2);
  await Promise.resolve();
  await Promise.resolve();
  expect(steps).toEqual(["a read", "b read", "c read"]);
  await setImmediate();
  expect(steps.slice(3)).toEqual(["a validated", "b validated", "c validated"]);
  await done;
  expect(steps.slice(6)).toEqual(["a written", "b written", "c written"]);
});

test("however many pause, few of them go on in one turn", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `${index}`);
  const { steps, done } = requests(names, 2);
  let most = 0;
  for (let seen = steps.length; steps.length < 120; seen = steps.length) {
    await setImmediate();
    // The first steps were all begun before anybody had paused.
    if (seen >= 40) most = Math.max(most, steps.length - seen);
  }
  await done;
  expect(most).toBe(8);
});

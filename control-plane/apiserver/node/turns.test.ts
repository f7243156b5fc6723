import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

/** Turns whose slices take as long as the work in them says. */
function world(): { readonly turns: Turns; work(lane: object, milliseconds: number, done: () => void): Promise<void> } {
  let now = 0;
  const turns = new Turns({ now: () => now });
  return {
    turns,
    async work(lane, milliseconds, done) {
      await turns.enter(lane);
      now += milliseconds;
      done();
    },
  };
}

test("whoever comes alone is let in at once", () => {
  const { turns } = world();
  expect(turns.enter({})).toBeUndefined();
});

test("a connection with a hundred requests doesn't make another one wait for them", async () => {
  const { work } = world();
  const done: string[] = [];
  const [busy, other] = [{}, {}];
  const all = Array.from({ length: 100 }, () => work(busy, 5, () => done.push("busy")));
  all.push(work(other, 5, () => done.push("other")));
  await Promise.all(all);
  expect(done.indexOf("other")).toBeLessThan(3);
  expect(done).toHaveLength(101);
});

test("between slices of long work the loop has a turn for others", async () => {
  const { work } = world();
  let finished = 0;
  const all = Array.from({ length: 20 }, () => work({}, 5, () => finished++));
  await setImmediate();
  expect(finished).toBeLessThan(5);
  await Promise.all(all);
});

test("short work is done many at a time", async () => {
  const { turns, work } = world();
  const loop = { turns: 0, ended: false };
  const all = Promise.all(Array.from({ length: 5000 }, () => work({}, 0.001, () => {}))).then(() => (loop.ended = true));
  for (; !loop.ended; loop.turns++) await setImmediate();
  await all;
  expect(loop.turns).toBeLessThan(60);
  // Learned slices are long: so much fits one now.
  expect(turns.enter({})).toBeUndefined();
});

test("who asks for a later turn never gets this one", async () => {
  const { turns } = world();
  let arrived = false;
  const later = turns.later({}).then(() => (arrived = true));
  await Promise.resolve();
  expect(arrived).toBe(false);
  await later;
});

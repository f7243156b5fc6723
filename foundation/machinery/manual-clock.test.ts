import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Clock, type Instant, sleep } from "./clock.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";
import { turn } from "./node/index.ts";
import { createTasks, type Tasks } from "./tasks.ts";

const noon = Date.UTC(2026, 0, 1, 12) as Instant;

function aClock(): { readonly clock: ManualClock; readonly tasks: Tasks } {
  const tasks = createTasks({ turn });
  return { clock: createManualClock({ start: noon, tasks, turn }), tasks };
}

/** Notes down when it fires. */
function logTimer(clock: Clock, log: string[], name: string, milliseconds: number): void {
  clock.after(milliseconds, () => log.push(`${name}@${clock.now() - noon}`));
}

test("time stands still until it is moved", async () => {
  const { clock, tasks } = aClock();
  await tasks.settle();
  expect([clock.now(), clock.monotonic()]).toEqual([noon, 0]);
  await clock.advance(1500);
  expect([clock.now(), clock.monotonic()]).toEqual([noon + 1500, 1500]);
});

test("timers fire in the order of their times, at their times", async () => {
  const { clock } = aClock();
  const log: string[] = [];
  logTimer(clock, log, "late", 30);
  logTimer(clock, log, "early", 10);
  logTimer(clock, log, "also early", 10);
  logTimer(clock, log, "too late", 31);
  await clock.advance(30);
  expect(log).toEqual(["early@10", "also early@10", "late@30"]);
  expect(clock.nextTimer()).toBe(noon + 31);
});

test("everything that a timer leads to happens before time goes on", async () => {
  const { clock, tasks } = aClock();
  const log: string[] = [];
  clock.after(10, () =>
    tasks.start("work", async () => {
      await turn();
      await turn();
      logTimer(clock, log, "follows", 5);
      log.push(`worked@${clock.now() - noon}`);
    }),
  );
  logTimer(clock, log, "second", 20);
  await clock.advance(60);
  expect(log).toEqual(["worked@10", "follows@15", "second@20"]);
});

test("a timer of no time fires in a later turn, without the clock being moved", async () => {
  const { clock, tasks } = aClock();
  const log: string[] = [];
  logTimer(clock, log, "now", 0);
  logTimer(clock, log, "past", -5);
  log.push("set");
  await tasks.settle();
  expect(log).toEqual(["set", "now@0", "past@0"]);
});

test("a timer of no time that a timer sets fires a turn later", async () => {
  const { clock, tasks } = aClock();
  const log: string[] = [];
  let turns = 0;
  clock.after(0, () => {
    void turn().then(() => turns++);
    clock.after(0, () => log.push(`after ${turns} turn`));
  });
  await tasks.settle();
  expect(log).toEqual(["after 1 turn"]);
});

test("a stopped timer does not fire, nor hold up anything", async () => {
  const { clock, tasks } = aClock();
  const fired: string[] = [];
  const due = clock.after(0, () => fired.push("due"));
  const future = clock.after(10, () => fired.push("future"));
  due[Symbol.dispose]();
  future[Symbol.dispose]();
  future[Symbol.dispose]();
  await tasks.settle();
  expect(clock.nextTimer()).toBeUndefined();
  await clock.advance(20);
  expect(fired).toEqual([]);
});

test("a timer that throws is a failure of its own and keeps no other from firing", async () => {
  const { clock, tasks } = aClock();
  const log: string[] = [];
  clock.after(10, () => {
    throw new Error("broken");
  });
  logTimer(clock, log, "next", 10);
  await clock.advance(10);
  expect(log).toEqual(["next@10"]);
  expect(tasks.failures.map(({ error }) => String(error))).toEqual(["Error: broken"]);
});

test("timers that are stopped long before they are due do not pile up", async () => {
  const { clock } = aClock();
  const log: string[] = [];
  logTimer(clock, log, "kept", 1000);
  for (let index = 0; index < 10_000; index++) clock.after(500, () => log.push("stopped"))[Symbol.dispose]();
  logTimer(clock, log, "first", 1);
  await clock.advance(1000);
  expect(log).toEqual(["first@1", "kept@1000"]);
});

test("time goes forward only, and one hand moves it", async () => {
  const { clock } = aClock();
  await expect(clock.advance(-1)).rejects.toThrow(RangeError);
  await expect(clock.advance(Infinity)).rejects.toThrow(RangeError);
  const first = clock.advance(10);
  await expect(clock.advance(5)).rejects.toThrow("is being advanced already");
  await first;
  expect(clock.now()).toBe(noon + 10);
});

test("moving the clock can be given up", async () => {
  const { clock, tasks } = aClock();
  clock.after(10, () => void tasks.begin("never ends"));
  const controller = new AbortController();
  const moving = clock.advance(20, { signal: controller.signal });
  await turn();
  await turn();
  await turn();
  controller.abort(new Error("given up"));
  await expect(moving).rejects.toThrow("given up");
  expect(tasks.pending()).toEqual([{ name: "never ends", count: 1 }]);
});

test("sleeping ends at its time, or with the signal", async () => {
  const { clock, tasks } = aClock();
  const log: string[] = [];
  tasks.start("sleeper", async (task) => {
    await task.idle(sleep(clock, 100));
    log.push(`woke@${clock.now() - noon}`);
  });
  await clock.advance(100);
  expect(log).toEqual(["woke@100"]);
  const controller = new AbortController();
  const sleeping = sleep(clock, 100, controller.signal);
  controller.abort(new Error("woken"));
  await expect(sleeping).rejects.toThrow("woken");
  await expect(sleep(clock, 1, controller.signal)).rejects.toThrow("woken");
  expect(clock.nextTimer()).toBeUndefined();
});

test("any timers fire in the order of (time, setting), whatever steps the clock takes", async () => {
  const timers = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 20 }), stopped: fc.boolean() }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(timers, fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 5 }), async (set, steps) => {
      const { clock } = aClock();
      const fired: number[] = [];
      for (const [index, { wait, stopped }] of set.entries()) {
        const timer = clock.after(wait, () => fired.push(index));
        if (stopped) timer[Symbol.dispose]();
      }
      for (const step of steps) await clock.advance(step);
      await clock.advance(20);
      const expected = [...set.entries()].filter(([, { stopped }]) => !stopped).sort(([, a], [, b]) => a.wait - b.wait);
      expect(fired).toEqual(expected.map(([index]) => index));
    }),
    { numRuns: 50 },
  );
});

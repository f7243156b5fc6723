import { type Metrics, sleep, unmeasured } from "@kubets/machinery";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWorld, type World } from "./testing/harness.ts";
import { createWorkQueue, type Work, type WorkQueue } from "./workqueue.ts";

function setting(): World & { readonly queue: WorkQueue<string> } {
  const world = createWorld();
  return { ...world, queue: createWorkQueue<string>({ name: "test", metrics: unmeasured, ...world }) };
}

async function take(queue: WorkQueue<string>): Promise<Work<string>> {
  const work = await queue.next();
  if (work === undefined) throw new Error("the queue is shut down");
  return work;
}

describe("a work queue", () => {
  test("hands out each key once, in the order in which they came", async () => {
    const { queue } = setting();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    const taken = [await take(queue), await take(queue), await take(queue)].map(({ key }) => key);
    expect({ taken, depth: queue.depth }).toEqual({ taken: ["a", "b", "c"], depth: 0 });
  });

  test("hands a key out again when it was added while it was worked on, and not before that work is done", async () => {
    const { queue } = setting();
    queue.add("a");
    const first = await take(queue);
    queue.add("a");
    expect(queue.depth).toBe(0);
    first[Symbol.dispose]();
    expect((await take(queue)).key).toBe("a");
  });

  test("counts a key as a task while it is queued or worked on, not while it waits for a later moment", async () => {
    const { queue, tasks, clock } = setting();
    const counts = () => tasks.pending().reduce((sum, { count }) => sum + count, 0);
    queue.addAfter("a", 1000);
    expect(counts()).toBe(0);
    const working = queue.next();
    expect(counts()).toBe(0);
    const advanced = clock.advance(1000);
    const work = (await working)!;
    expect(counts()).toBe(1);
    queue.add("a");
    work[Symbol.dispose]();
    expect(counts()).toBe(1);
    (await take(queue))[Symbol.dispose]();
    await advanced;
    expect(counts()).toBe(0);
  });

  test("adds a delayed key at the earliest of its times", async () => {
    const { queue, clock } = setting();
    queue.addAfter("a", 500);
    queue.addAfter("a", 100);
    queue.addAfter("a", 900);
    const working = take(queue);
    const advanced = clock.advance(10_000);
    const work = await working;
    expect(clock.monotonic()).toBe(100);
    work[Symbol.dispose]();
    await advanced;
    expect(queue.depth).toBe(0);
  });

  test("doubles the delay of a key with each failure, from 5 ms to 1000 s, until it is forgotten", () => {
    const { queue, clock } = setting();
    const delays: number[] = [];
    for (let failure = 0; failure < 20; failure++) {
      queue.addAfterFailure("a");
      delays.push(clock.nextTimer()! - clock.now());
      queue.cancelDelay("a");
    }
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.slice(17)).toEqual([655_360, 1_000_000, 1_000_000]);
    expect(queue.failures("a")).toBe(20);
    queue.forget("a");
    queue.addAfterFailure("a");
    expect(clock.nextTimer()! - clock.now()).toBe(5);
  });

  test("shut down, forgets what waits and tells its workers", async () => {
    const { queue, tasks, clock } = setting();
    const idle = queue.next();
    queue.addAfter("later", 10);
    queue.shutDown();
    queue.add("a");
    expect([await idle, await queue.next(), clock.nextTimer()]).toEqual([undefined, undefined, undefined]);
    expect(tasks.pending()).toEqual([]);
  });

  test("tells how long its work is under way, by upstream's names", async () => {
    const world = createWorld();
    const reads = new Map<string, () => number>();
    const gauge: Metrics["gauge"] = (name, _help, read) => {
      reads.set(name, () => {
        let told = NaN;
        read?.({ set: (value, labels) => void (told = labels?.["name"] === "test" ? value : NaN) });
        return told;
      });
      return { set() {} };
    };
    const queue = createWorkQueue<string>({ name: "test", metrics: { ...unmeasured, gauge }, ...world });
    const told = () =>
      ["workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds"].map((name) => reads.get(name)?.());
    expect(told()).toEqual([0, 0]);
    queue.add("a");
    const work = await take(queue);
    await work.idle(world.clock.advance(2_000));
    expect(told()).toEqual([2, 2]);
    work[Symbol.dispose]();
    expect(told()).toEqual([0, 0]);
  });

  test("served, has so many keys worked on at once, and ends when it is shut down and the last work has ended", async () => {
    const { queue, tasks } = setting();
    const begun: string[] = [];
    const finish = new Map<string, () => void>();
    queue.add("a");
    const ended = queue.serve(2, async (work) => {
      begun.push(work.key);
      await work.idle(new Promise<void>((resolve) => void finish.set(work.key, resolve)));
    });
    for (const key of ["b", "c", "d"]) queue.add(key);
    await tasks.turn();
    expect(begun).toEqual(["a", "b"]);
    finish.get("a")!();
    await tasks.turn();
    expect(begun).toEqual(["a", "b", "c"]);
    queue.shutDown();
    finish.get("b")!();
    finish.get("c")!();
    await ended;
    expect({ begun, pending: tasks.pending() }).toEqual({ begun: ["a", "b", "c"], pending: [] });
  });

  test("lets running work end after it was shut down", async () => {
    const { queue, tasks } = setting();
    queue.add("a");
    queue.add("b");
    const work = await take(queue);
    queue.add("a");
    queue.shutDown();
    work[Symbol.dispose]();
    expect(tasks.pending()).toEqual([]);
  });
});

test("whatever comes when, and however long work takes or fails, no change is lost and no key is worked on twice at once", async () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("change" as const), key }),
    fc.record({ kind: fc.constant("look later" as const), key, in: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant("time passes" as const), by: fc.integer({ min: 0, max: 40 }) }),
  );
  const work = fc.record({ takes: fc.integer({ min: 0, max: 30 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.array(work, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, works, workers) => {
        const { queue, clock, tasks } = setting();
        const truth = new Map<string, number>();
        const seen = new Map<string, number>();
        const running = new Set<string>();
        let passes = 0;
        const worker = async (): Promise<void> => {
          for (;;) {
            using next = await queue.next();
            if (next === undefined) return;
            expect(running).not.toContain(next.key);
            running.add(next.key);
            const observed = truth.get(next.key) ?? 0;
            const { takes, fails } = works[passes++ % works.length]!;
            await next.idle(sleep(clock, takes));
            running.delete(next.key);
            // Failures end some time, or the queue would never rest.
            if (fails && passes < 200) queue.addAfterFailure(next.key);
            else {
              queue.forget(next.key);
              seen.set(next.key, observed);
            }
          }
        };
        const ended = Promise.all(Array.from({ length: workers }, worker));
        for (const each of steps) {
          if (each.kind === "time passes") await clock.advance(each.by);
          else if (each.kind === "look later") queue.addAfter(each.key, each.in);
          else {
            truth.set(each.key, (truth.get(each.key) ?? 0) + 1);
            queue.add(each.key);
          }
        }
        for (let next = clock.nextTimer(); next !== undefined || queue.depth > 0; next = clock.nextTimer())
          await clock.advance((next ?? clock.now()) - clock.now());
        await tasks.settle();
        expect({ depth: queue.depth, running: running.size, pending: tasks.pending() }).toEqual({ depth: 0, running: 0, pending: [] });
        expect(Object.fromEntries(seen)).toMatchObject(Object.fromEntries(truth));
        queue.shutDown();
        await ended;
      },
    ),
    { numRuns: 100 },
  );
});

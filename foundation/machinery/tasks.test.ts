import { describe, expect, test } from "vitest";
import { turn } from "./node/index.ts";
import { createTasks, type TaskFailure } from "./tasks.ts";

const withTasks = (): ReturnType<typeof createTasks> => createTasks({ turn });

describe("a process is settled", () => {
  test("when nothing was ever started", async () => {
    await withTasks().settle();
  });

  test("only when the work that work started has ended too", async () => {
    const tasks = withTasks();
    const done: string[] = [];
    tasks.start("outer", async () => {
      await turn();
      tasks.start("inner", async () => {
        await turn();
        await turn();
        done.push("inner");
      });
      done.push("outer");
    });
    await tasks.settle();
    expect(done).toEqual(["outer", "inner"]);
  });

  test("while a task waits for something that is not ours to finish, and not once that has come", async () => {
    const tasks = withTasks();
    const event = Promise.withResolvers<string>();
    const seen: string[] = [];
    tasks.start("watch", async (task) => {
      seen.push(await task.idle(event.promise));
      await turn();
      seen.push("handled");
    });
    await tasks.settle();
    expect(seen).toEqual([]);
    event.resolve("event");
    await tasks.settle();
    expect(seen).toEqual(["event", "handled"]);
  });

  test("not before a task that was begun is disposed of", async () => {
    const tasks = withTasks();
    const task = tasks.begin("buffered event");
    let settled = false;
    const settling = tasks.settle().then(() => (settled = true));
    await turn();
    await turn();
    expect(settled).toBe(false);
    task[Symbol.dispose]();
    task[Symbol.dispose]();
    await settling;
    expect(tasks.pending()).toEqual([]);
  });

  test("for everyone who asked", async () => {
    const tasks = withTasks();
    const task = tasks.begin("work");
    const both = Promise.all([tasks.settle(), tasks.settle()]);
    task[Symbol.dispose]();
    await both;
  });
});

test("work that does not end is named, most frequent first", async () => {
  const tasks = withTasks();
  const open = [tasks.begin("timer"), tasks.begin("watch event"), tasks.begin("watch event")];
  const controller = new AbortController();
  const settling = tasks.settle({ signal: controller.signal });
  controller.abort(new Error("too long"));
  await expect(settling).rejects.toThrow("too long");
  expect(tasks.pending()).toEqual([
    { name: "watch event", count: 2 },
    { name: "timer", count: 1 },
  ]);
  for (const task of open) task[Symbol.dispose]();
});

test("settling with a signal that is aborted already rejects", async () => {
  const tasks = withTasks();
  using _task = tasks.begin("work");
  await expect(tasks.settle({ signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
});

test("an awaited task answers what its work answers, and rejects with what it throws", async () => {
  const tasks = withTasks();
  expect(await tasks.run("sum", async () => 3)).toBe(3);
  await expect(
    tasks.run("fails", async () => {
      throw new Error("disk full");
    }),
  ).rejects.toThrow("disk full");
  expect(tasks.failures).toEqual([]);
  expect(tasks.pending()).toEqual([]);
});

test("the error of work that nobody awaits is kept and told", async () => {
  const told: TaskFailure[] = [];
  const tasks = createTasks({ turn, onFailure: (failure) => told.push(failure) });
  const error = new Error("lost");
  tasks.start("sync", async () => {
    await turn();
    throw error;
  });
  await tasks.settle();
  expect(tasks.failures).toEqual([{ name: "sync", error }]);
  expect(told).toEqual(tasks.failures);
});

test("a task that ended while it was idle does not count again", async () => {
  const tasks = withTasks();
  const wait = Promise.withResolvers<void>();
  const task = tasks.begin("request");
  const idle = task.idle(wait.promise);
  task[Symbol.dispose]();
  wait.resolve();
  await idle;
  await task.idle(Promise.resolve());
  expect(tasks.pending()).toEqual([]);
});

test("a task may wait for several things at once", async () => {
  const tasks = withTasks();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  using task = tasks.begin("watch");
  const waits = [task.idle(first.promise), task.idle(second.promise)];
  first.resolve();
  await waits[0];
  expect(tasks.pending()).toEqual([]);
  second.resolve();
  await waits[1];
  expect(tasks.pending()).toEqual([{ name: "watch", count: 1 }]);
});

import type { Task } from "@kubets/machinery";

/** Calls `take` with each value; while the next one isn't there, `task` doesn't count. */
export async function forEachIdly<Value>(task: Task, values: AsyncIterable<Value>, take: (value: Value) => void): Promise<void> {
  const iterator = values[Symbol.asyncIterator]();
  for (;;) {
    // An iterator that throws has ended by itself.
    const next = await task.idle(iterator.next());
    if (next.done === true) return;
    try {
      take(next.value);
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}

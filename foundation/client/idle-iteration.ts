import type { Task } from "@kubets/machinery";

/** Iterates; while the next value isn't there, `task` doesn't count. */
export async function* idly<Value>(task: Task, values: AsyncIterable<Value>): AsyncGenerator<Value, void, undefined> {
  const iterator = values[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await task.idle(iterator.next());
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    // An iterator that threw has ended by itself.
    ended = true;
    throw error;
  } finally {
    if (!ended) await iterator.return?.();
  }
}

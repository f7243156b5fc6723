/** One piece of asynchronous work that is under way. Disposing of it ends it; doing so twice is harmless. */
export interface Task extends Disposable {
  /**
   * Awaits something that is not ours to finish (a future timer, the next watch event, a client's next byte) without
   * holding up {@link Tasks.settle}: the task does not count meanwhile.
   */
  idle<Value>(wait: PromiseLike<Value>): Promise<Value>;
}

/** A task that still counts: its name and how many there are of that name. */
export interface PendingTask {
  readonly name: string;
  readonly count: number;
}

/**
 * Every piece of asynchronous work of a process, counted (law 3 of the design).
 *
 * A request in `handle`, a store batch, a queued or running key, an undelivered watch event, a promise that leaves the
 * thread and a due timer are tasks from start to end. Asynchronous work is started only by {@link run} (or {@link begin},
 * for work that is not one function, such as an event waiting in a buffer).
 */
export interface Tasks {
  /** Runs `work` as a counted task and answers what it answers. `name` is a constant, such as `"store batch"`. */
  run<Value>(name: string, work: (task: Task) => Promise<Value>): Promise<Value>;
  /** Like {@link run} for work that nobody awaits: an error ends in {@link failures} instead of an unhandled rejection. */
  start(name: string, work: (task: Task) => Promise<void>): void;
  /** Counts one piece of work until the returned task is disposed of. */
  begin(name: string): Task;
  /** What counts now, most frequent first. */
  pending(): readonly PendingTask[];
  /** Errors of started work that nobody awaited, oldest first. Empty in a healthy process. */
  readonly failures: readonly TaskFailure[];
  /**
   * Resolves when no task counts, and still none does after one turn of the macrotask queue.
   *
   * Rejects with the signal's reason when `signal` is aborted first; the caller then names {@link pending}.
   */
  settle(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

export interface TaskFailure {
  readonly name: string;
  readonly error: unknown;
}

export interface TasksOptions {
  /** Resolves after one turn of the macrotask queue: everything that was ready has run. */
  readonly turn: () => Promise<void>;
  /** Told of the errors of started work as they happen. */
  readonly onFailure?: (failure: TaskFailure) => void;
}

export function createTasks({ turn, onFailure }: TasksOptions): Tasks {
  const counts = new Map<string, number>();
  const failures: TaskFailure[] = [];
  let total = 0;
  // Resolved and replaced whenever the total falls to zero, so that settling does not spin while a disk works.
  let rest = Promise.withResolvers<void>();

  const add = (name: string): void => {
    total++;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const remove = (name: string): void => {
    total--;
    const left = counts.get(name)! - 1;
    if (left === 0) counts.delete(name);
    else counts.set(name, left);
    if (total === 0) {
      rest.resolve();
      rest = Promise.withResolvers();
    }
  };

  const begin = (name: string): Task => {
    let ended = false;
    let waits = 0;
    add(name);
    return {
      async idle(wait) {
        if (ended) return wait;
        if (waits++ === 0) remove(name);
        try {
          return await wait;
        } finally {
          if (--waits === 0 && !ended) add(name);
        }
      },
      [Symbol.dispose]() {
        if (ended) return;
        ended = true;
        if (waits === 0) remove(name);
      },
    };
  };

  const run: Tasks["run"] = async (name, work) => {
    using task = begin(name);
    return await work(task);
  };

  return {
    begin,
    run,
    start(name, work) {
      run(name, work).catch((error: unknown) => {
        const failure = { name, error };
        failures.push(failure);
        onFailure?.(failure);
      });
    },
    pending: () => [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
    failures,
    async settle({ signal } = {}) {
      const aborted = Promise.withResolvers<never>();
      const onAbort = (): void => aborted.reject(signal?.reason);
      aborted.promise.catch(() => {});
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        for (;;) {
          signal?.throwIfAborted();
          if (total > 0) await Promise.race([rest.promise, aborted.promise]);
          await turn();
          if (total === 0) return;
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },
  };
}

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
  /** Resolves when everything that was ready has run: what takes long lets others have their turn. */
  readonly turn: () => Promise<void>;
  /**
   * Awaited between two steps of work that many do abreast, such as writes that came together: so they take each step right after one another,
   * while its code and tables are in the processor's caches; a step costs the first of them about three times what it costs the next ones.
   * Resolves at once as long as the steps haven't kept others waiting for long, else when those had their turn.
   */
  readonly breathe: () => Promise<void>;
}

export interface TaskFailure {
  readonly name: string;
  readonly error: unknown;
}

export interface TasksOptions {
  /** Resolves after one turn of the macrotask queue: everything that was ready has run. */
  readonly turn: () => Promise<void>;
  /** {@link Tasks.breathe} of an event loop that others wait for; never pauses when absent. */
  readonly breathe?: () => Promise<void>;
  /** Told of the errors of started work as they happen. */
  readonly onFailure?: (failure: TaskFailure) => void;
}

export function createTasks({ turn, breathe = untroubled, onFailure }: TasksOptions): Tasks {
  const count = new TaskCount();
  const failures: TaskFailure[] = [];
  const begin = (name: string): Task => new CountedTask(count, name);
  const run: Tasks["run"] = async (name, work) => {
    const task = begin(name);
    // What `using` says, at a third of its price: every request passes here.
    try {
      return await work(task);
    } finally {
      task[Symbol.dispose]();
    }
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
    pending: () => count.pending(),
    failures,
    turn,
    breathe,
    async settle({ signal } = {}) {
      const aborted = Promise.withResolvers<never>();
      const onAbort = (): void => aborted.reject(signal?.reason);
      aborted.promise.catch(() => {});
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        for (;;) {
          signal?.throwIfAborted();
          if (count.total > 0) await Promise.race([count.rest(), aborted.promise]);
          await turn();
          if (count.total === 0) return;
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },
  };
}

const goOn = Promise.resolve();

function untroubled(): Promise<void> {
  return goOn;
}

/** How many tasks of one name count. It stays when there are none: names are constants, and tasks of them come again. */
interface Tally {
  readonly name: string;
  count: number;
}

class TaskCount {
  total = 0;
  readonly #tallies = new Map<string, Tally>();
  #rest: PromiseWithResolvers<void> | undefined;

  tallyOf(name: string): Tally {
    let tally = this.#tallies.get(name);
    if (tally === undefined) this.#tallies.set(name, (tally = { name, count: 0 }));
    return tally;
  }

  add(tally: Tally): void {
    this.total++;
    tally.count++;
  }

  remove(tally: Tally): void {
    tally.count--;
    if (--this.total > 0) return;
    this.#rest?.resolve();
    this.#rest = undefined;
  }

  /** Resolves when the total falls to zero the next time, so that settling does not spin while a disk works. */
  rest(): Promise<void> {
    return (this.#rest ??= Promise.withResolvers()).promise;
  }

  pending(): readonly PendingTask[] {
    return [...this.#tallies.values()]
      .filter(({ count }) => count > 0)
      .map(({ name, count }) => ({ name, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }
}

class CountedTask implements Task {
  readonly #count: TaskCount;
  readonly #tally: Tally;
  #waits = 0;
  #ended = false;

  constructor(count: TaskCount, name: string) {
    this.#count = count;
    this.#tally = count.tallyOf(name);
    count.add(this.#tally);
  }

  async idle<Value>(wait: PromiseLike<Value>): Promise<Value> {
    if (this.#ended) return wait;
    if (this.#waits++ === 0) this.#count.remove(this.#tally);
    try {
      return await wait;
    } finally {
      if (--this.#waits === 0 && !this.#ended) this.#count.add(this.#tally);
    }
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#waits === 0) this.#count.remove(this.#tally);
  }
}

import type { Clock, Metrics, Task, Tasks, Timer } from "@kubets/machinery";

/**
 * Keys that need work, each at most once, in the order in which they came.
 *
 * A key in `queued` is always dirty. A key that becomes dirty while it is being worked on is queued again when that work is
 * done: so one key is never worked on twice at once, and no change is ever lost.
 *
 * Queued and running keys count as tasks; keys that wait for a later moment don't, nor do running keys whose work idles, and
 * what is queued behind them when all workers do.
 */
export interface WorkQueue<Key> {
  /** Says that `key` needs work. */
  add(key: Key): void;
  /** Like {@link add}, `milliseconds` from now. Of several such times the earliest counts. */
  addAfter(key: Key, milliseconds: number): void;
  /** Like {@link addAfter}, after the key's back-off: 5 ms after the first failure, doubled with each, up to 1000 s. */
  addAfterFailure(key: Key, options?: { readonly atLeast?: number }): void;
  /** It worked: the key's next failure is a first one again. */
  forget(key: Key): void;
  /** How often the key failed since it was last forgotten. */
  failures(key: Key): number;
  /** Drops a time set by {@link addAfter} for the key. */
  cancelDelay(key: Key): void;
  /** The next key to work on; `undefined` once the queue is shut down. Dispose of the work when it is done. */
  next(): Promise<Work<Key> | undefined>;
  /**
   * Has up to `workers` keys worked on at once until the queue is shut down; resolves when the last of that work has ended, and rejects when a
   * `pass` does. A worker that finds nothing to do ends, and another begins with the next key: many queues stay empty for ever.
   */
  serve(workers: number, pass: (work: Work<Key>) => Promise<void>): Promise<void>;
  /** How many keys wait to be worked on. */
  readonly depth: number;
  /** Forgets everything that waits, takes nothing more, and tells whoever asks for work so. */
  shutDown(): void;
}

/** A key that is being worked on. Disposing of it says that the work is done, well or not. */
export interface Work<Key> extends Disposable {
  readonly key: Key;
  /** Awaits what counts on its own, or is not ours to finish; see {@link Task.idle}. */
  idle<Value>(wait: PromiseLike<Value>): Promise<Value>;
}

export interface WorkQueueOptions {
  /** The label of the metrics, and of the tasks. */
  readonly name: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly metrics: Metrics;
}

const firstDelay = 5;
const longestDelay = 1_000_000;

export function createWorkQueue<Key>({ name, clock, tasks, metrics }: WorkQueueOptions): WorkQueue<Key> {
  // Every key that is being worked on, with the moment at which that began.
  const running = new Map<Key, number>();
  const durations = (): readonly number[] => [...running.values()].map((began) => (clock.monotonic() - began) / 1000);
  const measure = measureOf(name, metrics, durations);
  // Every key that needs work, with the moment at which it was found to.
  const dirty = new Map<Key, number>();
  const queued = createFifo<Key>();
  const delayed = new Map<Key, Timer>();
  const failed = new Map<Key, number>();
  // Workers that wait. One that is woken takes its key a moment later: what is added in the same breath is one piece of work.
  const workers: (() => void)[] = [];
  let woken = 0;
  let server: Server<Key> | undefined;
  let idling = 0;
  let counted: Task | undefined;
  let open = true;

  /** Brings the task of all queued keys in line: to be called whenever a key is queued or taken, or a worker waits or goes on. */
  const count = (): void => {
    const free = workers.length + woken + (server?.spare ?? 0);
    const stalled = running.size > 0 && idling === running.size && free === 0;
    if (queued.length > 0 && !stalled) {
      counted ??= tasks.begin(`${name} queue`);
    } else {
      counted?.[Symbol.dispose]();
      counted = undefined;
    }
  };
  const enqueue = (key: Key): void => {
    queued.push(key);
    measure.depth.set(queued.length, measure.labels);
    const wake = workers.shift();
    if (wake !== undefined) {
      woken++;
      wake();
    } else if (server !== undefined && server.spare > 0) {
      server.spare--;
      woken++;
      void work(server);
    }
    count();
  };
  const work = async (of: Server<Key>): Promise<void> => {
    try {
      // As a worker that was waiting: what is added in the same breath is one piece of work.
      await Promise.resolve();
      woken--;
      for (;;) {
        if (!open || queued.length === 0) return;
        const next = begin();
        // What `using` says, at a third of its price.
        try {
          await of.pass(next);
        } finally {
          next[Symbol.dispose]();
        }
      }
    } catch (error) {
      of.ended.reject(error);
    } finally {
      of.spare++;
      endIfRested(of);
    }
  };
  const endIfRested = (of: Server<Key>): void => {
    if (!open && of.spare === of.workers) of.ended.resolve();
  };
  const begin = (): Work<Key> => {
    const key = queued.shift()!;
    const task = tasks.begin(`${name} key`);
    const began = clock.monotonic();
    let waits = 0;
    measure.depth.set(queued.length, measure.labels);
    measure.waited.observe((began - dirty.get(key)!) / 1000, measure.labels);
    dirty.delete(key);
    running.set(key, began);
    count();
    return {
      key,
      async idle(wait) {
        if (waits++ === 0) idling++;
        count();
        try {
          return await task.idle(wait);
        } finally {
          if (--waits === 0) idling--;
          count();
        }
      },
      [Symbol.dispose]() {
        if (!running.delete(key)) return;
        measure.worked.observe((clock.monotonic() - began) / 1000, measure.labels);
        if (dirty.has(key)) enqueue(key);
        else count();
        task[Symbol.dispose]();
      },
    };
  };

  const queue: WorkQueue<Key> = {
    add(key) {
      if (!open || dirty.has(key)) return;
      measure.adds.add(1, measure.labels);
      dirty.set(key, clock.monotonic());
      if (!running.has(key)) enqueue(key);
    },
    addAfter(key, milliseconds) {
      if (!open) return;
      if (milliseconds <= 0) return queue.add(key);
      const present = delayed.get(key);
      if (present !== undefined && present.due <= clock.now() + milliseconds) return;
      present?.[Symbol.dispose]();
      const timer = clock.after(milliseconds, () => {
        delayed.delete(key);
        queue.add(key);
      });
      delayed.set(key, timer);
    },
    addAfterFailure(key, { atLeast = 0 } = {}) {
      const failures = failed.get(key) ?? 0;
      failed.set(key, failures + 1);
      measure.retries.add(1, measure.labels);
      queue.addAfter(key, Math.max(Math.min(firstDelay * 2 ** failures, longestDelay), atLeast));
    },
    forget(key) {
      failed.delete(key);
    },
    failures: (key) => failed.get(key) ?? 0,
    cancelDelay(key) {
      delayed.get(key)?.[Symbol.dispose]();
      delayed.delete(key);
    },
    async next() {
      for (;;) {
        if (!open) return undefined;
        if (queued.length > 0) return begin();
        await new Promise<void>((resolve) => void workers.push(resolve));
        woken--;
      }
    },
    serve(workers, pass) {
      const ended = Promise.withResolvers<void>();
      server = { workers, spare: workers, pass, ended };
      while (server.spare > 0 && workers - server.spare < queued.length) {
        server.spare--;
        woken++;
        void work(server);
      }
      endIfRested(server);
      return ended.promise;
    },
    get depth() {
      return queued.length;
    },
    shutDown() {
      open = false;
      for (const timer of delayed.values()) timer[Symbol.dispose]();
      delayed.clear();
      dirty.clear();
      queued.clear();
      for (const wake of workers.splice(0)) {
        woken++;
        wake();
      }
      count();
      if (server !== undefined) endIfRested(server);
    },
  };
  return queue;
}

/** Who works on the keys of a queue. */
interface Server<Key> {
  readonly workers: number;
  /** How many more may work now. */
  spare: number;
  readonly pass: (work: Work<Key>) => Promise<void>;
  readonly ended: PromiseWithResolvers<void>;
}

/** What upstream measures of its queues, under the same names. */
function measureOf(name: string, metrics: Metrics, running: () => readonly number[]) {
  const labels = { name };
  metrics.gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads.",
    (gauge) =>
      gauge.set(
        running().reduce((sum, seconds) => sum + seconds, 0),
        labels,
      ),
  );
  metrics.gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running.",
    (gauge) => gauge.set(Math.max(0, ...running()), labels),
  );
  return {
    labels,
    depth: metrics.gauge("workqueue_depth", "Current depth of workqueue"),
    adds: metrics.counter("workqueue_adds_total", "Total number of adds handled by workqueue"),
    retries: metrics.counter("workqueue_retries_total", "Total number of retries handled by workqueue"),
    waited: metrics.histogram("workqueue_queue_duration_seconds", "How long in seconds an item stays in workqueue before being requested"),
    worked: metrics.histogram("workqueue_work_duration_seconds", "How long in seconds processing an item from workqueue takes."),
  };
}

interface Fifo<Item> {
  readonly length: number;
  push(item: Item): void;
  shift(): Item | undefined;
  clear(): void;
}

/** A queue whose `shift` costs the same however long it is. */
function createFifo<Item>(): Fifo<Item> {
  let items: Item[] = [];
  let first = 0;
  return {
    get length() {
      return items.length - first;
    },
    push(item) {
      items.push(item);
    },
    shift() {
      if (first === items.length) return undefined;
      const item = items[first++];
      if (first > 1024 && first * 2 > items.length) {
        items = items.slice(first);
        first = 0;
      }
      return item;
    },
    clear() {
      items = [];
      first = 0;
    },
  };
}

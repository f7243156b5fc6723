import type { Clock, Metrics, Task, Tasks, Timer } from "@kubets/machinery";
import { Fifo } from "./fifo.ts";
import { measureOf, type WorkQueueMeasure } from "./workqueue-metrics.ts";

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

export function createWorkQueue<Key>(options: WorkQueueOptions): WorkQueue<Key> {
  return new CountedWorkQueue(options);
}

class CountedWorkQueue<Key> implements WorkQueue<Key> {
  readonly #clock: Clock;
  readonly #tasks: Tasks;
  readonly #taskOfQueue: string;
  readonly #taskOfKey: string;
  readonly #measure: WorkQueueMeasure;
  // Every key that is being worked on, with the moment at which that began.
  readonly #running = new Map<Key, number>();
  // Every key that needs work, with the moment at which it was found to.
  readonly #dirty = new Map<Key, number>();
  readonly #queued = new Fifo<Key>();
  readonly #delayed = new Map<Key, Timer>();
  readonly #failed = new Map<Key, number>();
  // Workers that wait. One that is woken takes its key a moment later: what is added in the same breath is one piece of work.
  readonly #workers: (() => void)[] = [];
  #woken = 0;
  #server: Server<Key> | undefined;
  #idling = 0;
  #counted: Task | undefined;
  #open = true;

  constructor({ name, clock, tasks, metrics }: WorkQueueOptions) {
    this.#clock = clock;
    this.#tasks = tasks;
    this.#taskOfQueue = `${name} queue`;
    this.#taskOfKey = `${name} key`;
    this.#measure = measureOf(name, metrics, () => [...this.#running.values()].map((began) => (clock.monotonic() - began) / 1000));
  }

  add(key: Key): void {
    if (!this.#open || this.#dirty.has(key)) return;
    this.#measure.adds.add(1, this.#measure.labels);
    this.#dirty.set(key, this.#clock.monotonic());
    if (!this.#running.has(key)) this.#enqueue(key);
  }

  addAfter(key: Key, milliseconds: number): void {
    if (!this.#open) return;
    if (milliseconds <= 0) return this.add(key);
    const present = this.#delayed.get(key);
    if (present !== undefined && present.due <= this.#clock.now() + milliseconds) return;
    present?.[Symbol.dispose]();
    const timer = this.#clock.after(milliseconds, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, timer);
  }

  addAfterFailure(key: Key, { atLeast = 0 }: { readonly atLeast?: number } = {}): void {
    const failures = this.failures(key);
    this.#failed.set(key, failures + 1);
    this.#measure.retries.add(1, this.#measure.labels);
    this.addAfter(key, Math.max(Math.min(firstDelay * 2 ** failures, longestDelay), atLeast));
  }

  forget(key: Key): void {
    this.#failed.delete(key);
  }

  failures(key: Key): number {
    return this.#failed.get(key) ?? 0;
  }

  cancelDelay(key: Key): void {
    this.#delayed.get(key)?.[Symbol.dispose]();
    this.#delayed.delete(key);
  }

  async next(): Promise<Work<Key> | undefined> {
    for (;;) {
      if (!this.#open) return undefined;
      if (this.#queued.length > 0) return this.#begin();
      await new Promise<void>((resolve) => void this.#workers.push(resolve));
      this.#woken--;
    }
  }

  serve(workers: number, pass: (work: Work<Key>) => Promise<void>): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const server = { workers, spare: workers, pass, ended };
    this.#server = server;
    while (server.spare > 0 && workers - server.spare < this.#queued.length) this.#employ(server);
    this.#endIfRested(server);
    return ended.promise;
  }

  get depth(): number {
    return this.#queued.length;
  }

  shutDown(): void {
    this.#open = false;
    for (const timer of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    this.#dirty.clear();
    this.#queued.clear();
    for (const wake of this.#workers.splice(0)) {
      this.#woken++;
      wake();
    }
    this.#count();
    if (this.#server !== undefined) this.#endIfRested(this.#server);
  }

  /** One more running key idles, or one fewer. */
  idles(change: 1 | -1): void {
    this.#idling += change;
    this.#count();
  }

  /** The work on a key that began then has ended. */
  done(key: Key, began: number): void {
    this.#running.delete(key);
    this.#measure.worked.observe((this.#clock.monotonic() - began) / 1000, this.#measure.labels);
    if (this.#dirty.has(key)) this.#enqueue(key);
    else this.#count();
  }

  /** Brings the task of all queued keys in line: to be called whenever a key is queued or taken, or a worker waits or goes on. */
  #count(): void {
    if (this.#queued.length > 0 && !this.#isStalled()) {
      this.#counted ??= this.#tasks.begin(this.#taskOfQueue);
    } else {
      this.#counted?.[Symbol.dispose]();
      this.#counted = undefined;
    }
  }

  #isStalled(): boolean {
    const free = this.#workers.length + this.#woken + (this.#server?.spare ?? 0);
    return this.#running.size > 0 && this.#idling === this.#running.size && free === 0;
  }

  #enqueue(key: Key): void {
    this.#queued.push(key);
    this.#measure.depth.set(this.#queued.length, this.#measure.labels);
    const wake = this.#workers.shift();
    if (wake !== undefined) {
      this.#woken++;
      wake();
    } else if (this.#server !== undefined && this.#server.spare > 0) this.#employ(this.#server);
    this.#count();
  }

  #employ(server: Server<Key>): void {
    server.spare--;
    this.#woken++;
    void this.#work(server);
  }

  async #work(of: Server<Key>): Promise<void> {
    try {
      // As a worker that was waiting: what is added in the same breath is one piece of work.
      await Promise.resolve();
      this.#woken--;
      for (;;) {
        if (!this.#open || this.#queued.length === 0) return;
        const next = this.#begin();
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
      this.#endIfRested(of);
    }
  }

  #endIfRested(of: Server<Key>): void {
    if (!this.#open && of.spare === of.workers) of.ended.resolve();
  }

  #begin(): Work<Key> {
    const key = this.#queued.shift()!;
    const task = this.#tasks.begin(this.#taskOfKey);
    const began = this.#clock.monotonic();
    this.#measure.depth.set(this.#queued.length, this.#measure.labels);
    this.#measure.waited.observe((began - this.#dirty.get(key)!) / 1000, this.#measure.labels);
    this.#dirty.delete(key);
    this.#running.set(key, began);
    this.#count();
    return new RunningKey(this, key, task, began);
  }
}

class RunningKey<Key> implements Work<Key> {
  readonly key: Key;
  readonly #queue: CountedWorkQueue<Key>;
  readonly #task: Task;
  readonly #began: number;
  #waits = 0;
  #ended = false;

  constructor(queue: CountedWorkQueue<Key>, key: Key, task: Task, began: number) {
    this.#queue = queue;
    this.key = key;
    this.#task = task;
    this.#began = began;
  }

  async idle<Value>(wait: PromiseLike<Value>): Promise<Value> {
    if (this.#waits++ === 0) this.#queue.idles(1);
    try {
      return await this.#task.idle(wait);
    } finally {
      if (--this.#waits === 0) this.#queue.idles(-1);
    }
  }

  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.done(this.key, this.#began);
    this.#task[Symbol.dispose]();
  }
}

/** Who works on the keys of a queue. */
interface Server<Key> {
  readonly workers: number;
  /** How many more may work now. */
  spare: number;
  readonly pass: (work: Work<Key>) => Promise<void>;
  readonly ended: PromiseWithResolvers<void>;
}

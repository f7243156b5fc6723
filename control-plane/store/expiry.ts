import type { Cause, Clock, Instant, Tasks, Timer } from "@kubets/machinery";
import type { Revision } from "./store.ts";
import { isStoreError } from "./store.ts";

/** Who deletes keys whose time to live is over. */
export const expiryCause: Cause = { user: "system:store", timer: "time-to-live" };

/** A deletion that failed for want of room or connection is tried again after this long. */
const retryMilliseconds = 1000;
/** The longest that timers of common systems can wait; what is due later is looked at again then. */
const longestWait = 2 ** 31 - 1;

export interface Expiring {
  readonly due: Instant;
  readonly key: string;
  readonly revision: Revision;
}

export interface ExpiryOptions {
  readonly clock: Clock;
  readonly tasks: Tasks;
  /** Deletes the key if it is still at `revision`; rejects as `Store.delete` does. */
  readonly expire: (key: string, revision: Revision) => Promise<unknown>;
}

/** Deletes keys when their time to live is over, unless they were written again meanwhile. One timer, however many keys. */
export class Expiry {
  readonly #options: ExpiryOptions;
  // A binary heap by due time. What was written again stays until it is due and then turns out to be of an old revision.
  readonly #heap: Expiring[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  add(key: string, revision: Revision, due: Instant): void {
    if (this.#closed) return;
    push(this.#heap, { due, key, revision });
    if (this.#heap[0]!.revision === revision) this.#arm();
  }

  /** What is waiting, in no order. */
  get pending(): readonly Expiring[] {
    return this.#heap.slice();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#heap.length = 0;
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const next = this.#heap[0];
    if (next === undefined || this.#closed) return;
    const { clock, tasks } = this.#options;
    this.#timer = clock.after(Math.min(next.due - clock.now(), longestWait), () => {
      const now = clock.now();
      const due: Expiring[] = [];
      while (this.#heap[0] !== undefined && this.#heap[0].due <= now) due.push(pop(this.#heap)!);
      this.#arm();
      if (due.length > 0) tasks.start("store expiry", () => this.#expire(due));
    });
  }

  async #expire(due: readonly Expiring[]): Promise<void> {
    const { clock, expire } = this.#options;
    const expireOne = async ({ key, revision }: Expiring): Promise<void> => {
      try {
        await expire(key, revision);
      } catch (error) {
        if (isStoreError(error, "Conflict", "NotFound") || this.#closed) return;
        if (!isStoreError(error, "Unavailable")) throw error;
        this.add(key, revision, (clock.now() + retryMilliseconds) as Instant);
      }
    };
    await Promise.all(due.map(expireOne));
  }
}

function push(heap: Expiring[], entry: Expiring): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (heap[parent]!.due <= entry.due) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Expiring[]): Expiring | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.due < heap[child]!.due) child++;
    if (heap[child]!.due >= last.due) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}

import type { Clock, Instant } from "./clock.ts";
import type { Task, Tasks } from "./tasks.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /**
   * Moves time forward, stopping at every timer on the way: all timers due at one moment fire, then everything settles,
   * then time goes on. So a thing that a timer starts sees the time at which it started. Throws `RangeError` when
   * `milliseconds` is negative or not finite, and when the clock is being advanced already.
   */
  advance(milliseconds: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** When the next timer is due, or `undefined` when none is set. */
  nextTimer(): Instant | undefined;
}

export interface ManualClockOptions {
  readonly start: Instant;
  readonly tasks: Tasks;
  /** Resolves after one turn of the macrotask queue. */
  readonly turn: () => Promise<void>;
}

interface Entry {
  readonly due: Instant;
  readonly order: number;
  readonly fire: () => void;
  /** Counts from the moment at which the timer is due until it has fired. */
  task: Task | undefined;
  stopped: boolean;
}

export function createManualClock({ start, tasks, turn }: ManualClockOptions): ManualClock {
  let now = start;
  let order = 0;
  // A binary heap by (due, order): equal moments fire in the order in which they were set.
  const heap: Entry[] = [];
  let firing = false;
  let advancing = false;
  // About how many entries of the heap are stopped: those that left it since are counted too.
  let stopped = 0;

  const fireDue = (): void => {
    if (firing) return;
    firing = true;
    tasks.start("timer", async () => {
      // `after(0)` must not fire in the turn that set it.
      await turn();
      firing = false;
      const later = order;
      for (let entry = heap[0]; entry !== undefined && entry.due <= now && entry.order < later; entry = heap[0]) {
        popEntry(heap);
        fire(entry);
      }
    });
  };

  /** Apart from the others: a timer that throws must not keep them from firing. */
  const fire = (entry: Entry): void => {
    if (!entry.stopped) tasks.start("timer", async () => entry.fire());
    entry.task?.[Symbol.dispose]();
  };

  /** Most timers are stopped long before they are due, and must not fill the heap until then. */
  const sweep = (): void => {
    const left = heap.filter((entry) => !entry.stopped).sort((a, b) => (before(a, b) ? -1 : 1));
    heap.length = 0;
    for (const entry of left) heap.push(entry);
    stopped = 0;
  };

  const nextTimer = (): Instant | undefined => {
    while (heap[0]?.stopped === true) popEntry(heap);
    return heap[0]?.due;
  };

  return {
    now: () => now,
    monotonic: () => now - start,
    after(milliseconds, fire) {
      // NaN counts as no time at all.
      const due = (now + (milliseconds > 0 ? milliseconds : 0)) as Instant;
      const entry: Entry = { due, order: order++, fire, task: undefined, stopped: false };
      pushEntry(heap, entry);
      if (due <= now) {
        entry.task = tasks.begin("due timer");
        fireDue();
      }
      return {
        due,
        [Symbol.dispose]() {
          if (entry.stopped) return;
          entry.stopped = true;
          entry.task?.[Symbol.dispose]();
          if (++stopped > heap.length / 2 && stopped > leastSwept) sweep();
        },
      };
    },
    nextTimer,
    async advance(milliseconds, options = {}) {
      if (!(milliseconds >= 0) || !Number.isFinite(milliseconds)) {
        throw new RangeError(`Cannot advance the clock by ${milliseconds} ms: time only goes forward`);
      }
      if (advancing) throw new RangeError("Cannot advance the clock: it is being advanced already");
      advancing = true;
      try {
        const end = (now + milliseconds) as Instant;
        await tasks.settle(options);
        for (let next = nextTimer(); next !== undefined && next <= end; next = nextTimer()) {
          now = next;
          fireDue();
          await tasks.settle(options);
        }
        now = end;
      } finally {
        advancing = false;
      }
    },
  };
}

/** Below this many, stopped timers cost nothing worth sweeping for. */
const leastSwept = 64;

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

function pushEntry(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function popEntry(heap: Entry[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
}

/** A slice of work longer than this keeps others waiting; a shorter one than half of it could have been longer. */
const longestSlice = 2;
/** How many are let in by one slice at most. */
const mostAtOnce = 512;

type Waiting = () => void;

/**
 * Shares the event loop between its callers: what hundreds of requests or watchers have to do at one moment is done in slices of a
 * few milliseconds, between which the loop looks at its sockets again. Each lane (a connection) gets its turn, however many wait
 * in another.
 *
 * How much fits a slice is learned from how long the last ones took.
 */
export class Turns {
  readonly #lanes = new Map<object, Waiting[]>();
  readonly #now: () => number;
  readonly #least: number;
  #atOnce: number;
  /** How many this turn of the loop has let in. */
  #entered = 0;
  #isScheduled = false;
  #began = 0;

  /** `least`: so many are let in at once however long they take; `now` is in milliseconds. */
  constructor({ least = 1, now = () => performance.now() }: { readonly least?: number; readonly now?: () => number } = {}) {
    this.#least = least;
    this.#atOnce = least;
    this.#now = now;
  }

  /** Resolves in this turn of the loop while it has room, otherwise when it is the lane's turn. */
  enter(lane: object): Promise<void> | undefined {
    if (this.#lanes.size > 0 || this.#entered >= this.#atOnce) return this.later(lane);
    this.#entered++;
    this.#schedule();
    return undefined;
  }

  /** Resolves in a later turn of the loop, when it is the lane's turn. */
  later(lane: object): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, [resolve]);
      else waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
    // Comes right after the slice and all that follows from it in promises, before the loop goes on.
    setImmediate(this.#learn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    this.#entered = 0;
    this.#began = this.#now();
    while (this.#entered < this.#atOnce) {
      const next = this.#lanes.entries().next();
      if (next.done === true) break;
      const [lane, waiting] = next.value;
      // To the end of the row.
      this.#lanes.delete(lane);
      const enter = waiting.shift()!;
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      this.#entered++;
      enter();
    }
    if (this.#entered > 0) this.#schedule();
  };

  readonly #learn = (): void => {
    const took = this.#now() - this.#began;
    if (took > longestSlice) this.#atOnce = Math.max(this.#least, this.#atOnce >> 1);
    else if (this.#entered >= this.#atOnce && took < longestSlice / 2) this.#atOnce = Math.min(mostAtOnce, this.#atOnce * 2);
  };
}

import type { Clock, Instant, Logger, Tasks, Timer } from "@kubets/machinery";
import type { Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import { BlockWriter, blockOf } from "./block.ts";
import type { Disk } from "./disk.ts";

/** Says how long superseded revisions of a key are kept, in milliseconds; undefined: as long as the history is. */
export type Retention = (key: string) => number | undefined;

export interface SweeperOptions {
  readonly disk: Disk;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly historyMilliseconds: number;
  readonly historyBytes: number;
  /** The last revision on the disk. */
  readonly current: () => Revision;
}

export interface SweeperState {
  readonly compacted: Revision;
  /** What was superseded up to here is deleted from the file. */
  readonly swept: Revision;
  /** The bytes of values that are in the file only because they were there once. */
  readonly supersededBytes: number;
}

interface Superseded {
  readonly key: string;
  readonly by: Revision;
  readonly due: Instant;
}

/** Revisions at a time: a few milliseconds of the disk's thread, which a batch may have to wait for. */
const stepRevisions = 256;
/** Revisions of briefly kept keys at a time; they cause no step of their own before there are so many. */
const forgetKeys = 128;
/** The age of the history is first looked at this long after the start, when nobody waits for the start any more. */
const firstLookMilliseconds = 60_000;

/** Deletes what the history no longer keeps, in steps between the batches. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #compacted: Revision;
  #swept: Revision;
  #supersededBytes: number;
  /** Revisions that are being read, each with the number of its readers. */
  readonly #pins = new Map<Revision, number>();
  /** One queue for each retention, each in the order in which it comes due. */
  readonly #superseded = new Map<number, Superseded[]>();
  /** Keys whose past has been forgotten before compaction came that far, and the oldest revision that is still known. */
  readonly #horizons = new Map<string, Revision>();
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SweeperOptions, { compacted, swept, supersededBytes }: SweeperState) {
    this.#options = options;
    this.#compacted = compacted;
    this.#swept = swept;
    this.#supersededBytes = supersededBytes;
    this.#watchTheClock(firstLookMilliseconds);
    // Whatever ended the last process may have come in between.
    if (swept < compacted) this.#run();
  }

  get compacted(): Revision {
    return this.#compacted;
  }

  /** The oldest revision at which `key` can be read. */
  horizonOf(key: string): Revision {
    return Math.max(this.#horizons.get(key) ?? 0, this.#compacted) as Revision;
  }

  /** The oldest revision from which all keys of a prefix can be read. */
  horizonOfAll(prefix: string): Revision {
    let horizon = this.#compacted;
    for (const [key, oldest] of this.#horizons) if (oldest > horizon && key.startsWith(prefix)) horizon = oldest;
    return horizon;
  }

  /** While the pin is held, what was there at `revision` stays in the file. */
  pin(revision: Revision): Disposable {
    this.#pins.set(revision, (this.#pins.get(revision) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = this.#pins.get(revision)! - 1;
        if (left > 0) this.#pins.set(revision, left);
        else this.#pins.delete(revision);
        if (this.#swept < this.#compacted) this.#run();
      },
    };
  }

  /** Resolves when the compaction is on the disk; deleting goes on after that. */
  async compact(revision: Revision): Promise<void> {
    this.#compacted = revision;
    await this.#sweepOnce();
    for (const [key, horizon] of this.#horizons) if (horizon <= revision) this.#horizons.delete(key);
    this.#run();
  }

  /** Counts what a write superseded. */
  count(bytes: number): void {
    this.#supersededBytes += bytes;
    if (this.#supersededBytes > this.#options.historyBytes) this.#run();
  }

  /** A value of a key that is kept `retained` milliseconds once it is superseded was superseded by a revision. */
  supersede(key: string, by: Revision, retained: number): void {
    const superseded = { key, by, due: (this.#options.clock.now() + retained) as Instant };
    const queue = this.#superseded.get(retained);
    if (queue === undefined) this.#superseded.set(retained, [superseded]);
    else queue.push(superseded);
    if (this.#forgettable(this.#superseded.get(retained)!) >= forgetKeys) this.#run();
  }

  /** Nothing of `key` before `revision` is in the file. */
  setHorizon(key: string, revision: Revision): void {
    this.#horizons.set(key, revision);
  }

  /** Stops deleting; resolves when the step under way is over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#running;
  }

  #run(): void {
    if (this.#running !== undefined || this.#closed) return;
    const over = Promise.withResolvers<void>();
    this.#running = over.promise;
    this.#options.tasks.start("store compaction", async () => {
      try {
        while (!this.#closed && (await this.#step()));
      } catch (error) {
        // It stays to be deleted; the next write or compaction tries again.
        this.#warn(error);
      } finally {
        this.#running = undefined;
        over.resolve();
      }
    });
  }

  #warn(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (!this.#closed) this.#options.logger.warn("Old revisions not deleted", { error });
  }

  /** Deletes a little; answers whether there is more. */
  async #step(): Promise<boolean> {
    const { historyBytes, current } = this.#options;
    for (const queue of this.#superseded.values()) {
      const count = this.#forgettable(queue);
      if (count >= forgetKeys) {
        await this.#forget(queue, count);
        return true;
      }
    }
    if (this.#swept >= this.#compacted && this.#supersededBytes > historyBytes) {
      // The newest revisions stay, so that who reads the present finds its past for a moment.
      const next = Math.min(this.#compacted + stepRevisions, current() - stepRevisions);
      if (next > this.#compacted) this.#compacted = next as Revision;
    }
    if (this.#sweepTarget() <= this.#swept) return false;
    await this.#sweepOnce();
    return true;
  }

  #sweepTarget(): Revision {
    let target = this.#compacted;
    for (const pinned of this.#pins.keys()) if (pinned < target) target = pinned;
    return target;
  }

  async #sweepOnce(): Promise<void> {
    const upTo = Math.max(this.#sweepTarget(), this.#swept) as Revision;
    // Larger steps when there is much to do, or busy writers would leave more than the steps between their batches take away.
    const limit = Math.min(Math.max(stepRevisions, (upTo - this.#swept) >> 4), 8 * stepRevisions);
    const step = { compacted: this.#compacted, upTo, limit };
    const { swept, freedBytes } = await this.#options.disk.call("sweep", step);
    this.#swept = Math.max(swept, this.#swept) as Revision;
    this.#supersededBytes -= freedBytes;
  }

  /** How many at the head of the queue are due and read by no one. */
  #forgettable(queue: readonly Superseded[]): number {
    const now = this.#options.clock.now();
    let oldestPin = Infinity;
    for (const pinned of this.#pins.keys()) oldestPin = Math.min(oldestPin, pinned);
    let count = 0;
    while (count < forgetKeys && count < queue.length && queue[count]!.due <= now && queue[count]!.by <= oldestPin) count++;
    return count;
  }

  async #forget(queue: Superseded[], count: number): Promise<void> {
    const block = new BlockWriter(new ArrayBuffer(8 * count));
    for (const { key, by } of queue.splice(0, count)) {
      block.number(by);
      // Before it is deleted, so that no read that begins now misses it unknowingly.
      if (by > this.#compacted) this.#horizons.set(key, by);
    }
    await this.#options.disk.call("forget", { superseded: blockOf(block) }, [block.buffer]);
  }

  /** The history has a limit in time; looking at it now and then is enough. */
  #watchTheClock(milliseconds: number): void {
    const { clock, tasks, historyMilliseconds } = this.#options;
    this.#timer = clock.after(milliseconds, () => {
      if (this.#closed) return;
      this.#watchTheClock(Math.min(historyMilliseconds / 4, 3_600_000));
      tasks.start("store compaction", () => this.#compactByAge());
    });
  }

  async #compactByAge(): Promise<void> {
    const { clock, disk, historyMilliseconds } = this.#options;
    try {
      const { revision } = await disk.call("newestUntil", { instant: clock.now() - historyMilliseconds });
      if (revision > this.#compacted && !this.#closed) await this.compact(revision);
    } catch (error) {
      this.#warn(error);
    }
  }
}

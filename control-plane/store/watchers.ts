import type { Task, Tasks } from "@kubets/machinery";
import { assertRevision, closed, slow } from "./errors.ts";
import type { Revision, Store, StoreError, WatchBatch } from "./store.ts";

/** What watchers read from: the history of a store. */
export interface EventSource {
  /** The last revision that may be shown. */
  current(): Revision;
  /** Throws `Compacted` when a watch can't begin so far back. */
  assertKept(prefix: string, after: Revision): void;
  /**
   * The next events of the prefix after `after`, a bounded number of them, and the revision up to which they are complete, which is
   * after `after`. Fails with `Compacted` when it can't be complete.
   */
  read(prefix: string, after: Revision): WatchBatch | Promise<WatchBatch>;
  /** Whether a watcher that has read up to `delivered` has fallen too far behind to go on. */
  isTooFarBehind(delivered: Revision): boolean;
}

type WatchOptions = Parameters<Store["watch"]>[0];

interface Watcher {
  readonly prefix: string;
  /** Everything up to here was handed over. */
  delivered: Revision;
  /** Has once read up to the present. Until then it reads history at its own pace and can't be too slow. */
  live: boolean;
  /** Counts while there is something that the watcher hasn't been handed. */
  undelivered: Task | undefined;
  wake: PromiseWithResolvers<void> | undefined;
  end: { readonly error?: StoreError } | undefined;
}

/**
 * The watchers of one store. A watcher is a place in the history, not a buffer: what it hasn't read costs nothing but the history
 * that is kept anyway, and what was written between two of its looks comes in one batch.
 */
export class Watchers {
  readonly #tasks: Tasks;
  readonly #source: EventSource;
  readonly #watchers = new Set<Watcher>();
  #closed: StoreError | undefined;

  constructor({ tasks, source }: { readonly tasks: Tasks; readonly source: EventSource }) {
    this.#tasks = tasks;
    this.#source = source;
  }

  get count(): number {
    return this.#watchers.size;
  }

  watch({ prefix, after, signal }: WatchOptions): AsyncIterable<WatchBatch> {
    assertRevision(after);
    return { [Symbol.asyncIterator]: () => this.#read({ prefix, after, signal }) };
  }

  /** To be called when revisions have become visible. */
  advanced(): void {
    const current = this.#source.current();
    for (const watcher of this.#watchers) {
      if (watcher.delivered >= current) continue;
      if (watcher.live && this.#source.isTooFarBehind(watcher.delivered)) {
        this.#finish(watcher, { error: slow(watcher.prefix, watcher.delivered, current) });
        continue;
      }
      watcher.undelivered ??= this.#tasks.begin("watch event");
      watcher.wake?.resolve();
    }
  }

  close(): void {
    this.#closed = closed();
    for (const watcher of this.#watchers) this.#finish(watcher, { error: this.#closed });
  }

  async *#read({ prefix, after, signal }: WatchOptions): AsyncGenerator<WatchBatch, void> {
    if (this.#closed !== undefined) throw this.#closed;
    const watcher: Watcher = { prefix, delivered: after, live: false, undelivered: undefined, wake: undefined, end: undefined };
    const onAbort = (): void => this.#finish(watcher, {});
    if (signal.aborted) return;
    this.#source.assertKept(prefix, after);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#watchers.add(watcher);
    try {
      for (;;) {
        if (watcher.end?.error !== undefined) throw watcher.end.error;
        if (watcher.end !== undefined) return;
        const current = this.#source.current();
        if (watcher.delivered >= current) {
          watcher.live = true;
          watcher.wake = Promise.withResolvers();
          await watcher.wake.promise;
          watcher.wake = undefined;
          continue;
        }
        watcher.undelivered ??= this.#tasks.begin("watch event");
        const read = this.#source.read(prefix, watcher.delivered);
        const batch = read instanceof Promise ? await read : read;
        if (watcher.end !== undefined) continue;
        watcher.delivered = batch.revision;
        if (batch.revision >= this.#source.current()) {
          watcher.live = true;
          watcher.undelivered[Symbol.dispose]();
          watcher.undelivered = undefined;
        }
        yield batch;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#finish(watcher, {});
    }
  }

  #finish(watcher: Watcher, end: NonNullable<Watcher["end"]>): void {
    watcher.end ??= end;
    this.#watchers.delete(watcher);
    watcher.undelivered?.[Symbol.dispose]();
    watcher.undelivered = undefined;
    watcher.wake?.resolve();
  }
}

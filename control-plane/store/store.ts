import type { Cause } from "@kubets/machinery";

/** A point in the one history of all keys. Counts up by one with every write; 0 is the empty store. */
export type Revision = number & { readonly [revisionBrand]: "Revision" };
declare const revisionBrand: unique symbol;

/** A key and its value at one revision. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the write that made this value. */
  readonly revision: Revision;
  /** The revision of the write that created the key. */
  readonly created: Revision;
  readonly cause: Cause;
}

/** One write, as a watcher sees it. */
export type StoreEvent =
  | {
      readonly type: "put";
      readonly entry: Entry;
      /** The value before; absent when the key was created. */ readonly previous?: Uint8Array;
    }
  | { readonly type: "delete"; readonly key: string; readonly revision: Revision; readonly cause: Cause; readonly previous: Uint8Array };

/** What was written between two looks, in the order of revisions, without gaps within the prefix. */
export interface WatchBatch {
  readonly events: readonly StoreEvent[];
  /** Every event of the prefix up to this revision has been delivered. Batches without events tell progress. */
  readonly revision: Revision;
}

export interface WriteOptions {
  readonly cause: Cause;
  /** The key is deleted this many seconds after the write, unless written again. The deletion is a revision like any other. */
  readonly ttlSeconds?: number;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  /** The revision at which the list is consistent. */
  readonly revision: Revision;
  /** How many more keys of the prefix there are after the last entry. 0 when not limited. */
  readonly remaining: number;
}

/**
 * Where objects live: keys with values, every revision kept until compaction, a watch over all of it.
 *
 * One key per write; no transactions. Expected revisions are checked against committed and pending writes of the batch. A write
 * resolves when it is durable (law 8), and is shown to readers and watchers only then. Errors are {@link StoreError}s.
 */
export interface Store {
  /** The value of `key`, now or at a revision; `undefined` when it isn't there. `Compacted` when the revision is too old. */
  get(key: string, options?: { readonly revision?: Revision }): Promise<Entry | undefined>;
  /** Keys that begin with `prefix`, in the order of their bytes, now or at a revision. */
  list(options: {
    readonly prefix: string;
    readonly revision?: Revision;
    readonly limit?: number;
    /** Only keys after this one. */
    readonly after?: string;
  }): Promise<ListResult>;
  /** Writes a key that must not exist. `Exists` when it does. */
  create(key: string, value: Uint8Array, options: WriteOptions): Promise<Revision>;
  /** Writes a key that must be at `expected`. `Conflict` when it is at another revision, `NotFound` when it isn't there. */
  update(key: string, value: Uint8Array, options: WriteOptions & { readonly expected: Revision }): Promise<Revision>;
  /** Deletes a key that must be at `expected`. Errors as for {@link update}. Resolves with the revision of the deletion. */
  delete(key: string, options: { readonly cause: Cause; readonly expected: Revision }): Promise<Revision>;
  /**
   * Every write of keys that begin with `prefix` after the revision `after`, in order, until `signal` is aborted (the iteration
   * then ends). Rejects with `Compacted` when `after` is older than what is kept, and with `Slow` when the watcher has fallen
   * further behind than the bound of its buffer; it may start again from the last revision that it saw.
   */
  watch(options: { readonly prefix: string; readonly after: Revision; readonly signal: AbortSignal }): AsyncIterable<WatchBatch>;
  /** The revision of the last durable write. */
  currentRevision(): Promise<Revision>;
  /** The oldest revision at which reads are still answered. */
  compactedRevision(): Promise<Revision>;
  /** Forgets what was superseded before `revision`. Reads at `revision` and later stay possible. `Compacted` when done already. */
  compact(revision: Revision): Promise<void>;
  /** Waits for pending writes, then frees everything. Calls after it reject with `Unavailable`. */
  close(): Promise<void>;
}

export type StoreErrorReason =
  | "Compacted"
  | "Conflict"
  | "Exists"
  | "NotFound"
  /** Disk full, quota, no leader, closed, or the outcome of a write is unknown: see {@link StoreError.outcomeUnknown}. */
  | "Unavailable"
  /** What was read back is not what was written. */
  | "Corrupt"
  /** A watcher that didn't keep up. */
  | "Slow";

export class StoreError extends Error {
  readonly reason: StoreErrorReason;
  /** The key's revision now, for `Conflict` and `Exists`; the oldest kept, for `Compacted`. */
  readonly revision: Revision | undefined;
  /** For `Unavailable`: the write may or may not have happened. */
  readonly outcomeUnknown: boolean;

  constructor(
    reason: StoreErrorReason,
    message: string,
    {
      cause,
      revision,
      outcomeUnknown = false,
    }: { readonly cause?: unknown; readonly revision?: Revision; readonly outcomeUnknown?: boolean } = {},
  ) {
    super(message, { cause });
    this.name = "StoreError";
    this.reason = reason;
    this.revision = revision;
    this.outcomeUnknown = outcomeUnknown;
  }
}

export function isStoreError(error: unknown, ...reasons: readonly StoreErrorReason[]): error is StoreError {
  return error instanceof StoreError && reasons.includes(error.reason);
}

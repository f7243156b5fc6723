import { closeSync, fsyncSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { isIntact, seal, valueOf } from "../../envelope.ts";
import { endOfPrefix } from "../../keys.ts";
import type { Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { Block } from "./block.ts";
import { BlockReader, BlockWriter, blockOf } from "./block.ts";
import type { ChangesRequest, Committed, EventsRequest, OpenRequest, Opened, SweepRequest } from "./disk.ts";
import { openingError, writingError } from "./errors.ts";
import { loadKeys } from "./load-keys.ts";
import { readRecord } from "./records.ts";
import { prepareFile } from "./schema.ts";
import type { Statements } from "./statements.ts";
import { prepareStatements } from "./statements.ts";

/** A block of entries ends here: small, because a value that is kept keeps its whole block. */
const blockBytes = 64 * 1024;
/** Who reads more revisions than this gets larger blocks: most of what is in them stays in use. */
const largeRead = 256;
const largeBlockBytes = 512 * 1024;
/** A read looks at this many revisions at once, so that a batch needn't wait long. */
const stepRevisions = 20_000;
/** The log is copied into the tables after about this much was written to it. */
const checkpointBytes = 8 * 2 ** 20;

/** The file of a store, as its thread sees it. Every call is done when it returns. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #syncDelayMilliseconds: number;
  readonly #statements: Statements;
  #bytesInLog = 0;

  constructor({ path, synchronous, syncDelayMilliseconds, distrusted }: OpenRequest) {
    this.#syncDelayMilliseconds = syncDelayMilliseconds;
    try {
      createPrivately(path);
      this.#db = new DatabaseSync(path, { timeout: 0 });
    } catch (error) {
      throw openingError(path, error);
    }
    try {
      prepareFile(this.#db, path, synchronous);
      // A system may answer a second sync of the same bytes without having written them. Copies of them it has to write.
      if (distrusted) this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      else if (synchronous === "FULL") syncLog(path);
      this.#statements = prepareStatements(this.#db);
    } catch (error) {
      this.#db.close();
      throw openingError(path, error);
    }
  }

  load(): Opened {
    const { horizon, newest, revisionsAfter } = this.#statements;
    const [compacted, swept] = horizon.get() as unknown as [Revision, Revision];
    const [, lastInstant = 0] = (newest.get() ?? []) as unknown as [number?, number?];
    return { last: this.#last() as Revision, lastInstant, compacted, swept, ...loadKeys(revisionsAfter) };
  }

  commit(batch: Block): Committed {
    const { begin, insertRevision, insertEnvelope, commit } = this.#statements;
    const reader = new BlockReader(batch);
    const first = reader.number();
    const instant = reader.number();
    let previousValues: BlockWriter | undefined;
    let phase: "write" | "commit" = "write";
    try {
      begin.run();
      for (let revision = first; !reader.done; revision++) {
        const { key, created, previous, expires, size, wantsPrevious, envelope } = readRecord(reader);
        if (wantsPrevious) {
          previousValues ??= new BlockWriter(new ArrayBuffer(blockBytes));
          previousValues.bytes(this.#valueIfIntact(previous));
        }
        seal(placeOf(revision), envelope, crc32);
        insertRevision.run(revision, key, created, previous, expires, size, instant);
        insertEnvelope.run(revision, created, envelope);
      }
      phase = "commit";
      commit.run();
    } catch (error) {
      throw writingError(error, { phase, rolledBack: this.#rollback(first) });
    }
    this.#bytesInLog += 3 * 4096 + batch.length * 1.2;
    this.#delay();
    return { buffer: batch.buffer, previous: previousValues === undefined ? undefined : blockOf(previousValues) };
  }

  /** Copies the log into the tables when it has become long. To be called when nobody waits. */
  checkpoint(): void {
    if (this.#bytesInLog < checkpointBytes) return;
    try {
      this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)");
      this.#bytesInLog = 0;
    } catch {
      // No room for the tables to grow: the log keeps everything until there is, and the next batch says what is wrong if it must.
    }
  }

  entries(revisions: readonly Revision[]): { readonly entries: Block; readonly count: number } {
    const bytes = revisions.length > largeRead ? largeBlockBytes : blockBytes;
    const block = new BlockWriter(new ArrayBuffer(bytes));
    let count = 0;
    for (const revision of revisions) {
      const row = this.#statements.envelope.get(revision) as unknown as EnvelopeRow | undefined;
      if (row === undefined) throw new StoreError("Corrupt", `Cannot read revision ${revision}: it is missing from the file`);
      const [created, envelope] = row;
      if (count > 0 && block.length + envelope.length + 16 > bytes) break;
      block.number(created);
      block.bytes(assertIntact(revision, envelope));
      count++;
    }
    return { entries: blockOf(block), count };
  }

  changes({ after, upTo, keys }: ChangesRequest): { readonly changes: Block; readonly revision: Revision } {
    const block = new BlockWriter(new ArrayBuffer(4096));
    const { from, end } = "only" in keys ? rangeOfOne(keys.only) : rangeOf(keys.prefix);
    const revision = Math.min(after + stepRevisions, upTo) as Revision;
    for (const row of this.#statements.changes.iterate(after, revision, from, end)) {
      const [key, previous] = row as unknown as [Uint8Array, number];
      block.bytes(key);
      block.number(previous);
      if ("only" in keys) break;
    }
    return { changes: blockOf(block), revision };
  }

  events({ prefix, after, upTo }: EventsRequest): { readonly events: Block; readonly revision: Revision } {
    const block = new BlockWriter(new ArrayBuffer(blockBytes));
    const { from, end } = rangeOf(prefix);
    const lastOfStep = Math.min(after + stepRevisions, upTo) as Revision;
    for (const row of this.#statements.events.iterate(after, lastOfStep, from, end)) {
      const [revision, key, created, previous, expires, envelope] = row as unknown as EventRow;
      block.bytes(key);
      block.number(revision);
      block.number(created);
      block.bytes(assertIntact(revision, envelope));
      const [, before] = (previous === 0 ? [] : (this.#statements.envelope.get(previous) ?? [])) as unknown as Partial<EnvelopeRow>;
      block.byte(before === undefined ? 0 : 1);
      block.bytes(before === undefined ? nothing : valueOf(assertIntact(previous, before)));
      block.number(expires);
      if (block.length > blockBytes) return { events: blockOf(block), revision: revision as Revision };
    }
    return { events: blockOf(block), revision: lastOfStep };
  }

  sweep({ compacted, upTo, limit }: SweepRequest): { readonly swept: Revision; readonly freedBytes: number } {
    return this.#change(() => {
      const { horizon, setHorizon, sweepable } = this.#statements;
      let [, swept] = horizon.get() as unknown as [number, number];
      let freedBytes = 0;
      const last = this.#last();
      const rows = sweepable.all(swept, upTo, limit) as unknown as [number, number, number][];
      for (const [revision, created, previous] of rows) {
        if (previous !== 0) freedBytes += this.#remove(previous);
        if (created === 0) freedBytes += this.#remove(revision);
        swept = revision;
      }
      if (rows.length < limit) swept = upTo;
      setHorizon.run(compacted, swept, last);
      return { swept: swept as Revision, freedBytes };
    });
  }

  forget(superseded: Block): void {
    const reader = new BlockReader(superseded);
    this.#change(() => {
      const before = (revision: number): number => {
        const [previous = 0] = (this.#statements.previous.get(revision) ?? []) as unknown as [number?];
        return previous;
      };
      while (!reader.done) {
        let revision = before(reader.number());
        while (revision !== 0) {
          const older = before(revision);
          this.#remove(revision);
          revision = older;
        }
      }
    });
  }

  newestUntil(instant: number): Revision {
    // Instants never go back, so the place can be found by halves.
    const { newest, atOrAfter } = this.#statements;
    const [last = 0] = (newest.get() ?? []) as unknown as [number?];
    let low = 0;
    let high = last + 1;
    let found = 0;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = atOrAfter.get(middle) as unknown as [number, number] | undefined;
      if (row === undefined || row[1] > instant) high = middle;
      else {
        found = row[0];
        low = row[0] + 1;
      }
    }
    return found as Revision;
  }

  close(): void {
    this.#db.close();
  }

  /** A transaction beside the batches. */
  #change<Result>(work: () => Result): Result {
    try {
      this.#statements.begin.run();
      const result = work();
      this.#statements.commit.run();
      this.#bytesInLog += 64 * 1024;
      return result;
    } catch (error) {
      throw writingError(error, { phase: "write", rolledBack: this.#rollback(undefined) });
    }
  }

  /** Deletes a revision if it is there; answers what it counted for. */
  #remove(revision: number): number {
    const [size = 0] = (this.#statements.removeRevision.get(revision) ?? []) as unknown as [number?];
    this.#statements.removeEnvelope.run(revision);
    return size;
  }

  #valueIfIntact(revision: number): Uint8Array {
    const [, envelope] = (this.#statements.envelope.get(revision) ?? []) as unknown as Partial<EnvelopeRow>;
    return envelope !== undefined && isIntact(placeOf(revision), envelope, crc32) ? valueOf(envelope) : nothing;
  }

  /** Whether the file is as it was before the revision `first` (when one is given), for certain. */
  #rollback(first: number | undefined): boolean {
    try {
      if (this.#db.isTransaction) this.#statements.rollback.run();
      return first === undefined || this.#last() < first;
    } catch {
      return false;
    }
  }

  /** The last revision that was ever written, though its row may be deleted since. */
  #last(): number {
    const [, , last] = this.#statements.horizon.get() as unknown as [number, number, number];
    const [row = 0] = (this.#statements.newest.get() ?? []) as unknown as [number?];
    return Math.max(last, row);
  }

  /** As if the device were slower, for benchmarks. */
  #delay(): void {
    if (this.#syncDelayMilliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#syncDelayMilliseconds);
  }
}

type EnvelopeRow = [created: number, envelope: Uint8Array];
type EventRow = [revision: number, key: Uint8Array, created: number, previous: number, expires: number, envelope: Uint8Array];

const nothing = new Uint8Array(0);
/** After the last key that UTF-8 can write. */
const endOfKeys = new Uint8Array([0xff]);
const encoder = new TextEncoder();

function assertIntact(revision: number, envelope: Uint8Array): Uint8Array {
  if (isIntact(placeOf(revision), envelope, crc32)) return envelope;
  throw new StoreError("Corrupt", `Cannot read what was written at revision ${revision}: what is on the disk is something else`);
}

/** What the checksum of a revision begins with. */
function placeOf(revision: number): number {
  return revision % 2 ** 32;
}

interface KeyRange {
  readonly from: Uint8Array;
  readonly end: Uint8Array;
}

function rangeOf(prefix: string): KeyRange {
  const from = encoder.encode(prefix);
  return { from, end: from.length === 0 ? endOfKeys : endOfPrefix(from) };
}

function rangeOfOne(key: string): KeyRange {
  return { from: encoder.encode(key), end: encoder.encode(`${key}\0`) };
}

/** Secrets are in the file: nobody else may read it. What SQLite puts beside it gets the same mode. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch {
    // It is there already, or can't be made, which SQLite is about to say.
  }
}

/**
 * What is in the log may have been written by a process that died before it was synced. It is read as if it were on the disk, so it
 * has to be there. (Only the log: closing any handle of the main file would give up the lock on it.)
 */
function syncLog(path: string): void {
  let handle: number;
  try {
    handle = openSync(`${path}-wal`, "r+");
  } catch {
    return; // No log, nothing to sync.
  }
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

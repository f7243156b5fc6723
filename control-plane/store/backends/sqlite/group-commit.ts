import { setImmediate } from "node:timers";
import type { Cause, Clock, Instant, Metrics, Task, Tasks } from "@kubets/machinery";
import { alreadyExists, conflict, notFound } from "../../errors.ts";
import type { KeyTree } from "../../key-tree.ts";
import type { Revision, StoreEvent } from "../../store.ts";
import { StoreError } from "../../store.ts";
import { BlockReader, BlockWriter, blockOf } from "./block.ts";
import type { Committed, Disk } from "./disk.ts";
import { packRecord } from "./records.ts";

/** What is known of a key without reading its value. */
export interface KeyState {
  readonly revision: Revision;
  readonly created: Revision;
  /** What the value counts for in the history once it is superseded. */
  readonly size: number;
}

/** A write that has been decided: `expected` is undefined for a creation, `value` for a deletion. */
export interface WriteRequest {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly expected: Revision | undefined;
  readonly cause: Cause;
  readonly expires: Instant | undefined;
  readonly size: number;
}

/** A write that is on the disk. */
export interface CommittedWrite {
  readonly event: StoreEvent;
  readonly before: KeyState | undefined;
  readonly size: number;
  readonly expires: Instant | undefined;
}

export interface GroupCommitOptions {
  readonly disk: Disk;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** The value that was written at a revision, when it is at hand. */
  readonly valueAt: (revision: Revision) => Uint8Array | undefined;
  /** Told of a batch once it is on the disk, before its writers are. */
  readonly onCommitted: (writes: readonly CommittedWrite[]) => void;
  /** Told after the first of the writers: what is committed may be shown. */
  readonly onAnswered: () => void;
  /** Told when nobody knows whether the last batch was written. */
  readonly onLost: () => void;
}

interface Write extends WriteRequest {
  readonly revision: Revision;
  readonly before: KeyState | undefined;
  /** The value before, when it is at hand. */
  readonly previous: Uint8Array | undefined;
  readonly wantsPrevious: boolean;
  /** What the key is once this is written. */
  readonly state: KeyState | undefined;
  readonly answer: PromiseWithResolvers<Revision>;
}

interface Batch {
  readonly writes: Write[];
  /** Those who were refused because of a write of this batch. They hear of it when that write is certain. */
  readonly refused: { readonly answer: PromiseWithResolvers<Revision>; readonly error: StoreError }[];
  readonly block: BlockWriter;
  readonly task: Task;
  /** When its first write came, by the monotonic clock. */
  readonly began: number;
}

/**
 * While writes keep coming turn after turn of the event loop, a batch is filled until it has so many, but for no longer than that (in
 * milliseconds): the loop is busy, so nothing is lost by waiting, and every batch costs a sync, a message to another thread and a round
 * of all who watch the store. A writer that is alone never waits.
 */
const enoughWrites = 32;
const longestFilling = 15;

/** Writers that are answered in one turn of the event loop: what each of them does next may take a while. */
const answersAtOnce = 8;

/** A batch isn't made larger than this, so that it isn't on its way to the disk for too long. */
const batchBytes = 8 * 2 ** 20;

/**
 * Collects writes into batches, one on its way to the disk at a time. What arrives meanwhile makes up the next batch, so the disk's own
 * pace sets their size, and a single writer never waits for company.
 *
 * Whether a write is right is decided when it arrives, by what is committed and what is pending; no round trip is needed. Who is refused
 * because of a pending write is told when that write is committed: until then a read wouldn't show what refused it.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #committed: KeyTree<KeyState>;
  /** The last write of every key that is not on the disk yet. */
  readonly #pending = new Map<string, { readonly write: Write; readonly batch: Batch }>();
  readonly #queue: Batch[] = [];
  #inFlight: Batch | undefined;
  #flushing = false;
  /** Batches on the disk whose writers haven't all been told, and what they are to be told. */
  readonly #unanswered: { readonly batch: Batch; readonly answers: (() => void)[] }[] = [];
  /** The last revision on the disk, and the last one that was given to a write. */
  #revision: Revision;
  #last: Revision;
  #instant: number;
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #measures: { readonly seconds: ReturnType<Metrics["histogram"]>; readonly writes: ReturnType<Metrics["histogram"]> };

  constructor(
    options: GroupCommitOptions,
    { keys, revision, instant }: { readonly keys: KeyTree<KeyState>; readonly revision: Revision; readonly instant: number },
  ) {
    this.#options = options;
    this.#committed = keys;
    this.#revision = revision;
    this.#last = revision;
    this.#instant = instant;
    this.#measures = {
      seconds: options.metrics.histogram("kubets_store_commit_duration_seconds", "From handing a batch to the disk to its sync."),
      writes: options.metrics.histogram(
        "kubets_store_batch_writes",
        "Writes in a batch.",
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048],
      ),
    };
  }

  /** The last revision on the disk. */
  get revision(): Revision {
    return this.#revision;
  }
  /** What is on the disk. */
  get keys(): KeyTree<KeyState> {
    return this.#committed;
  }

  write(request: WriteRequest): Promise<Revision> {
    const pending = this.#pending.get(request.key);
    const before = pending === undefined ? this.#committed.get(request.key) : pending.write.state;
    const refusal = refusalOf(request, before);
    if (refusal !== undefined) {
      if (pending === undefined) return Promise.reject(refusal);
      const answer = Promise.withResolvers<Revision>();
      pending.batch.refused.push({ answer, error: refusal });
      return answer.promise;
    }
    // Before anything is packed, because it may throw, and half a record would spoil the batch.
    const cause = JSON.stringify(request.cause);
    const revision = (this.#last + 1) as Revision;
    const previous =
      before === undefined ? undefined : pending === undefined ? this.#options.valueAt(before.revision) : pending.write.value;
    const write: Write = {
      ...request,
      revision,
      before,
      previous,
      wantsPrevious: before !== undefined && previous === undefined,
      state: request.value === undefined ? undefined : { revision, created: before?.created ?? revision, size: request.size },
      answer: Promise.withResolvers(),
    };
    const batch = this.#collecting();
    packRecord(batch.block, {
      key: request.key,
      created: write.state?.created ?? 0,
      previous: before?.revision ?? 0,
      expires: request.expires ?? 0,
      size: request.size,
      wantsPrevious: write.wantsPrevious,
      cause,
      value: request.value ?? nothing,
    });
    this.#last = revision;
    batch.writes.push(write);
    this.#pending.set(request.key, { write, batch });
    this.#flushSoon();
    return write.answer.promise;
  }

  /** Resolves when no write is pending. */
  async idle(): Promise<void> {
    while (this.#inFlight !== undefined || this.#queue.length > 0 || this.#unanswered.length > 0) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
  }

  /** Takes over the next write that was found on the disk though nobody was told of it. */
  adopt(write: CommittedWrite): void {
    this.#apply(write);
    this.#last = this.#revision;
    this.#options.onCommitted([write]);
    this.#options.onAnswered();
  }

  #collecting(): Batch {
    const last = this.#queue.at(-1);
    if (last !== undefined && last.block.length < batchBytes) return last;
    const { tasks, clock } = this.#options;
    this.#instant = Math.max(this.#instant, Math.floor(clock.now()));
    const block = new BlockWriter(this.#buffers.pop() ?? new ArrayBuffer(64 * 1024));
    block.number(this.#last + 1);
    block.number(this.#instant);
    const batch: Batch = { writes: [], refused: [], block, task: tasks.begin("store batch"), began: clock.monotonic() };
    this.#queue.push(batch);
    return batch;
  }

  /** Once a turn of the event loop brings no more writes: what comes together belongs into one batch. */
  #flushSoon(): void {
    if (this.#flushing || this.#inFlight !== undefined || this.#queue.length === 0) return;
    this.#flushing = true;
    let seen = 0;
    const look = (): void => {
      const batch = this.#queue[0];
      const writes = batch?.writes.length ?? 0;
      const isFull = batch === undefined || writes >= enoughWrites || this.#options.clock.monotonic() - batch.began >= longestFilling;
      if (writes > seen && !isFull) {
        seen = writes;
        setImmediate(look);
        return;
      }
      this.#flushing = false;
      this.#flush();
    };
    setImmediate(look);
  }

  #flush(): void {
    if (this.#inFlight !== undefined) return;
    const batch = this.#queue.shift();
    if (batch === undefined) return this.#rest();
    this.#inFlight = batch;
    const { clock, disk } = this.#options;
    const start = clock.monotonic();
    this.#measures.writes.observe(batch.writes.length);
    disk.call("commit", { batch: blockOf(batch.block) }, [batch.block.buffer]).then(
      (committed) => {
        this.#measures.seconds.observe((clock.monotonic() - start) / 1000);
        this.#succeed(batch, committed);
      },
      (error: unknown) => this.#fail(batch, error),
    );
  }

  #succeed(batch: Batch, { buffer, previous }: Committed): void {
    if (this.#buffers.length < 4 && buffer.byteLength <= batchBytes) this.#buffers.push(buffer);
    const previousValues = previous === undefined ? undefined : new BlockReader(previous);
    const writes = batch.writes.map((write) => committedOf(write, write.wantsPrevious ? previousValues?.bytes() : write.previous));
    for (const write of writes) this.#apply(write);
    for (const write of batch.writes) {
      if (this.#pending.get(write.key)?.write === write) this.#pending.delete(write.key);
    }
    this.#options.onCommitted(writes);
    // The disk goes on while the writers are answered.
    this.#inFlight = undefined;
    this.#flushSoon();
    const answers = [
      ...batch.writes.map(
        ({ answer, revision }) =>
          () =>
            answer.resolve(revision),
      ),
      ...batch.refused.map(
        ({ answer, error }) =>
          () =>
            answer.reject(error),
      ),
    ];
    this.#unanswered.push({ batch, answers });
    if (this.#unanswered.length === 1) this.#answer();
    // The writers come first, but a reader must not wait for the last of them.
    this.#options.onAnswered();
  }

  #answer(): void {
    const { batch, answers } = this.#unanswered[0]!;
    for (const answer of answers.splice(0, answersAtOnce)) answer();
    if (answers.length === 0) {
      this.#unanswered.shift();
      batch.task[Symbol.dispose]();
    }
    if (this.#unanswered.length > 0) setImmediate(() => this.#answer());
    else this.#rest();
  }

  #rest(): void {
    if (this.#inFlight !== undefined || this.#queue.length > 0 || this.#unanswered.length > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Fails all that is pending: what was collected behind the batch was decided as if the batch were written. */
  #fail(batch: Batch, reason: unknown): void {
    const error =
      reason instanceof StoreError
        ? reason
        : new StoreError("Unavailable", "Cannot write to the store", { cause: reason, outcomeUnknown: true });
    const unwritten = error.outcomeUnknown ? new StoreError(error.reason, error.message, { cause: error }) : error;
    const behind = this.#queue.splice(0);
    this.#inFlight = undefined;
    this.#pending.clear();
    this.#last = this.#revision;
    if (error.outcomeUnknown) this.#options.onLost();
    for (const failed of [batch, ...behind]) {
      for (const { answer } of failed.writes) answer.reject(failed === batch ? error : unwritten);
      for (const { answer } of failed.refused) answer.reject(unwritten);
      failed.task[Symbol.dispose]();
    }
    this.#rest();
  }

  #apply({ event, size }: CommittedWrite): void {
    if (event.type === "delete") {
      this.#committed.delete(event.key);
      this.#revision = event.revision;
      return;
    }
    const { key, revision, created } = event.entry;
    this.#committed.set(key, { revision, created, size });
    this.#revision = revision;
  }
}

const nothing = new Uint8Array(0);

function refusalOf({ key, value, expected }: WriteRequest, before: KeyState | undefined): StoreError | undefined {
  if (expected === undefined) return before === undefined ? undefined : alreadyExists(key, before.revision);
  const verb = value === undefined ? "delete" : "update";
  if (before === undefined) return notFound(verb, key);
  return before.revision === expected ? undefined : conflict(verb, key, expected, before.revision);
}

function committedOf(
  { key, value, cause, revision, before, state, size, expires }: Write,
  previous: Uint8Array | undefined,
): CommittedWrite {
  const put = value !== undefined && state !== undefined;
  const entry = put ? { key, value, revision, created: state.created, cause } : undefined;
  const event: StoreEvent =
    entry === undefined
      ? { type: "delete", key, revision, cause, previous: previous ?? nothing }
      : before === undefined
        ? { type: "put", entry }
        : { type: "put", entry, previous: previous ?? nothing };
  return { event, before, size, expires };
}

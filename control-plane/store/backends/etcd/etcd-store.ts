import type { Cause, Clock, Instant, Logger, Tasks, Timer } from "@kubets/machinery";
import { silent } from "@kubets/machinery";
import { alreadyExists, assertRevision, closed, compacted, conflict, futureCompaction, futureRevision, notFound } from "../../errors.ts";
import { Expiry, expiryCause } from "../../expiry.ts";
import { assertKey } from "../../keys.ts";
import { RecentEvents } from "../../recent-events.ts";
import type { Entry, ListResult, Revision, Store, WatchBatch, WriteOptions } from "../../store.ts";
import { StoreError, isStoreError } from "../../store.ts";
import { Watchers } from "../../watchers.ts";
import type { EtcdTls } from "./connection.ts";
import { EtcdConnection } from "./connection.ts";
import { isCompacted, isFuture } from "./errors.ts";
import { Follower } from "./follower.ts";
import { Keyspace, revisionOf } from "./keyspace.ts";
import { Leases } from "./leases.ts";
import type { RangeResponse } from "./messages.ts";
import type { Written } from "./transaction.ts";
import { guardedTransaction, neverThere, writtenOf } from "./transaction.ts";

export interface EtcdStoreOptions {
  /** Such as `https://10.0.0.1:2379`; tried in turn. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  /** What the keys of the store begin with in etcd, such as `/registry`. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger?: Logger;
  /** How long superseded revisions are kept; 0: until somebody else compacts. */
  readonly historyMilliseconds?: number;
  /** How many bytes of events a watcher may be behind before it is told that it is too slow. */
  readonly watchWindowBytes?: number;
}

/**
 * A store in an etcd cluster, which other processes may use at the same time. Its revisions are etcd's own, so they may leave out
 * numbers when others write to the same etcd. Rejects with `Unavailable` when no endpoint answers.
 */
export async function createEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const { tasks, endpoints, tls } = options;
  return tasks.run("store opening", async () => {
    const connection = new EtcdConnection({ endpoints, tasks, ...(tls === undefined ? {} : { tls }) });
    try {
      const keyspace = new Keyspace(options.prefix);
      const start = await writeMark(connection, keyspace);
      return new EtcdStore(options, { connection, keyspace, start });
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

/** A list is fetched in parts, so that no message is too large to be read at once. */
const keysAtOnce = 2000;
/** Watchers that don't hear of a revision within this time are behind because somebody else wrote it. */
const nudgeMilliseconds = 100;

interface Parts {
  readonly connection: EtcdConnection;
  readonly keyspace: Keyspace;
  /** A revision at which there is an event. */
  readonly start: Revision;
}

class EtcdStore implements Store {
  readonly #clock: Clock;
  readonly #tasks: Tasks;
  readonly #logger: Logger;
  readonly #connection: EtcdConnection;
  readonly #keyspace: Keyspace;
  readonly #leases: Leases;
  readonly #recent: RecentEvents;
  readonly #follower: Follower;
  readonly #watchers: Watchers;
  readonly #expiry: Expiry;
  /** The oldest revision that is known to be kept; another process may have compacted since. */
  #compacted = 0 as Revision;
  #compactionTimer: Timer | undefined;
  #nudgeTimer: Timer | undefined;
  readonly #writing = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: EtcdStoreOptions, { connection, keyspace, start }: Parts) {
    const { clock, tasks, logger = silent, historyMilliseconds = 5 * 60_000, watchWindowBytes = 32 * 2 ** 20 } = options;
    this.#clock = clock;
    this.#tasks = tasks;
    this.#logger = logger;
    this.#connection = connection;
    this.#keyspace = keyspace;
    this.#leases = new Leases({ connection, clock });
    this.#recent = new RecentEvents({ start, bytes: watchWindowBytes });
    this.#watchers = new Watchers({
      tasks,
      source: {
        current: () => this.#recent.current,
        assertKept: (prefix, after) => {
          if (after < this.#compacted) throw compacted(`watch "${prefix}" after revision ${after}`, this.#compacted);
        },
        read: (prefix, after) => this.#readEvents(prefix, after),
        isTooFarBehind: (delivered) => delivered < this.#recent.start,
      },
    });
    this.#follower = new Follower({
      connection,
      keyspace,
      clock,
      tasks,
      logger,
      recent: this.#recent,
      onNews: () => this.#watchers.advanced(),
      onCompacted: (revision) => this.#learnCompacted(revision),
      writeMark: () => writeMark(connection, keyspace),
    });
    this.#follower.start();
    this.#expiry = new Expiry({ clock, tasks, expire: (key, revision) => this.delete(key, { expected: revision, cause: expiryCause }) });
    if (historyMilliseconds > 0) this.#compactEvery(historyMilliseconds, start);
  }

  async get(key: string, { revision }: { readonly revision?: Revision } = {}): Promise<Entry | undefined> {
    const { kvs } = await this.#range({ key: this.#keyspace.keyOf(key), rangeEnd: nothing, limit: 0 }, revision);
    return kvs[0] === undefined ? undefined : this.#keyspace.entryOf(kvs[0]);
  }

  async list({ prefix, revision, limit = Infinity, after }: Parameters<Store["list"]>[0]): Promise<ListResult> {
    const entries: Entry[] = [];
    let at = revision;
    for (;;) {
      const range = this.#keyspace.range(prefix, entries.at(-1)?.key ?? after);
      const { kvs, count, header } = await this.#range({ ...range, limit: Math.min(keysAtOnce, limit - entries.length) }, at);
      at ??= revisionOf(header?.revision);
      for (const kv of kvs) entries.push(this.#keyspace.entryOf(kv));
      const remaining = Number(count) - kvs.length;
      if (remaining === 0 || entries.length >= limit) return { entries, revision: at, remaining };
    }
  }

  async create(key: string, value: Uint8Array, options: WriteOptions): Promise<Revision> {
    assertKey(key);
    const { revision, current } = await this.#write(key, { verb: "create", expected: 0 as Revision, value, ...options });
    if (current !== undefined) throw alreadyExists(key, current);
    return revision;
  }

  async update(key: string, value: Uint8Array, options: WriteOptions & { readonly expected: Revision }): Promise<Revision> {
    return this.#guarded(key, { verb: "update", value, ...options });
  }

  async delete(key: string, options: { readonly cause: Cause; readonly expected: Revision }): Promise<Revision> {
    return this.#guarded(key, { verb: "delete", value: undefined, ...options });
  }

  watch(options: Parameters<Store["watch"]>[0]): AsyncIterable<WatchBatch> {
    return this.#watchers.watch(options);
  }

  async currentRevision(): Promise<Revision> {
    const { header } = await this.#range({ key: this.#keyspace.mark, rangeEnd: nothing, limit: 0 }, undefined);
    const revision = revisionOf(header?.revision);
    this.#nudge(revision);
    return revision;
  }

  async compactedRevision(): Promise<Revision> {
    this.#assertOpen();
    try {
      // Nothing but a watch from the beginning is told where the history begins.
      await this.#follower.readOld("", 1 as Revision, 1 as Revision);
    } catch (error) {
      if (!isStoreError(error, "Compacted")) throw error;
    }
    return this.#compacted;
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    assertRevision(revision);
    const attempt = `compact at revision ${revision}`;
    try {
      await this.#track(
        this.#connection.request(attempt, {
          kind: "write",
          isAnswer: (error) => isCompacted(error) || isFuture(error),
          make: ({ kv }, options) => kv.compact({ revision: BigInt(revision) }, options),
        }),
      );
      this.#learnCompacted(revision);
    } catch (error) {
      if (isCompacted(error)) throw compacted(attempt, await this.compactedRevision());
      if (isFuture(error)) throw futureCompaction(revision, await this.currentRevision());
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#tasks.run("store closing", async () => {
      this.#compactionTimer?.[Symbol.dispose]();
      this.#nudgeTimer?.[Symbol.dispose]();
      this.#expiry.close();
      while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
      this.#watchers.close();
      await this.#follower.stop();
      this.#connection.close();
    });
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  async #range(
    range: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array; readonly limit: number },
    revision: Revision | undefined,
  ): Promise<RangeResponse> {
    this.#assertOpen();
    if (revision !== undefined) assertRevision(revision);
    const attempt = revision === undefined ? "read from etcd" : `read at revision ${revision}`;
    try {
      return await this.#connection.request(attempt, {
        kind: "read",
        isAnswer: (error) => isCompacted(error) || isFuture(error),
        make: ({ kv }, options) => kv.range({ ...range, limit: BigInt(range.limit), revision: BigInt(revision ?? 0) }, options),
      });
    } catch (error) {
      if (isCompacted(error)) throw compacted(attempt, await this.compactedRevision());
      if (isFuture(error)) throw futureRevision(revision!, await this.currentRevision());
      throw error;
    }
  }

  async #guarded(key: string, write: GuardedWrite & { readonly verb: "update" | "delete" }): Promise<Revision> {
    // etcd calls it revision 0 when a key isn't there, but nobody can have read it at 0.
    const expected = write.expected === 0 ? neverThere : write.expected;
    const { revision, current, missing } = await this.#write(key, { ...write, expected });
    if (missing) throw notFound(write.verb, key);
    if (current !== undefined) throw conflict(write.verb, key, write.expected, current);
    return revision;
  }

  /** Writes if the key is at the expected revision (0: isn't there); otherwise tells at which it is. */
  async #write(key: string, write: GuardedWrite): Promise<Written> {
    this.#assertOpen();
    return this.#track(this.#tasks.run("store batch", () => this.#transact(key, write)));
  }

  async #transact(key: string, { verb, expected, value, cause, ttlSeconds }: GuardedWrite): Promise<Written> {
    const name = this.#keyspace.keyOf(key);
    const lease = ttlSeconds === undefined ? 0n : await this.#leases.leaseFor(ttlSeconds);
    const due = ttlSeconds === undefined ? undefined : ((this.#clock.now() + ttlSeconds * 1000) as Instant);
    const request = guardedTransaction(this.#keyspace, { name, expected, value, cause, lease });
    const response = await this.#connection.request(`${verb} "${key}" in etcd`, {
      kind: "write",
      make: ({ kv }, options) => kv.txn(request, options),
    });
    const written = writtenOf(response);
    if (response.succeeded && due !== undefined) this.#expiry.add(key, written.revision, due);
    return written;
  }

  async #track<Value>(work: Promise<Value>): Promise<Value> {
    this.#writing.add(work);
    try {
      return await work;
    } finally {
      this.#writing.delete(work);
    }
  }

  #readEvents(prefix: string, after: Revision): WatchBatch | Promise<WatchBatch> {
    if (after >= this.#recent.start) return this.#recent.read(prefix, after);
    return this.#follower.readOld(prefix, after, this.#recent.start);
  }

  #learnCompacted(revision: Revision): void {
    if (revision > this.#compacted) this.#compacted = revision;
  }

  /**
   * Whoever asks for the current revision may wait for a watch to reach it. When it was somebody else's write, of which no event comes,
   * an event of our own is made.
   */
  #nudge(revision: Revision): void {
    if (this.#nudgeTimer !== undefined || this.#closing !== undefined || revision <= this.#recent.current) return;
    this.#nudgeTimer = this.#clock.after(nudgeMilliseconds, () => {
      this.#nudgeTimer = undefined;
      if (this.#closing !== undefined || this.#recent.current >= revision) return;
      this.#tasks.start("etcd watch", async () => {
        try {
          await writeMark(this.#connection, this.#keyspace);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          this.#logger.warn("Watchers can't be told of progress", { error });
        }
      });
    });
  }

  /** Compacts to where the store was one interval ago. */
  #compactEvery(interval: number, past: Revision): void {
    this.#compactionTimer = this.#clock.after(interval, () => {
      this.#tasks.start("store compaction", async () => {
        let next = past;
        try {
          if (past > this.#compacted) await this.compact(past);
          next = await this.currentRevision();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          // Another process of the same cluster has compacted already; anything else is tried again.
          if (error.reason === "Compacted") next = await this.currentRevision().catch(() => past);
          else if (this.#closing === undefined) this.#logger.warn("Old revisions not deleted", { error });
        }
        if (this.#closing === undefined) this.#compactEvery(interval, next);
      });
    });
  }
}

interface GuardedWrite extends WriteOptions {
  readonly verb: "create" | "update" | "delete";
  readonly expected: Revision;
  readonly value: Uint8Array | undefined;
}

const nothing = new Uint8Array(0);
const markCause: Cause = { user: "system:store" };

async function writeMark(connection: EtcdConnection, keyspace: Keyspace): Promise<Revision> {
  const value = keyspace.seal(keyspace.mark, { cause: markCause, value: nothing });
  const { header } = await connection.request("write to etcd", {
    kind: "read", // To write it twice does no harm.
    make: ({ kv }, options) => kv.put({ key: keyspace.mark, value }, options),
  });
  return revisionOf(header?.revision);
}

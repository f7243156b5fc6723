import type { Cause, Clock, Instant, Logger, Metrics, Tasks } from "@kubets/machinery";
import { silent, unmeasured } from "@kubets/machinery";
import { assertRevision, closed, compacted, futureCompaction, futureRevision } from "../../errors.ts";
import { Expiry, expiryCause } from "../../expiry.ts";
import { assertKey } from "../../keys.ts";
import { RecentEvents } from "../../recent-events.ts";
import type { Entry, ListResult, Revision, Store, WatchBatch, WriteOptions } from "../../store.ts";
import { Watchers } from "../../watchers.ts";
import type { Disk, OpenRequest } from "./disk.ts";
import type { CommittedWrite } from "./group-commit.ts";
import { GroupCommit } from "./group-commit.ts";
import { loadStore } from "./load.ts";
import type { Changes, PageOfPast } from "./past.ts";
import { pageOfPast, readChanges } from "./past.ts";
import { Recovery } from "./recovery.ts";
import type { RecoveredEvent, Wanted } from "./replies.ts";
import { readEntries, readEvents } from "./replies.ts";
import type { Retention } from "./sweeper.ts";
import { Sweeper } from "./sweeper.ts";
import { WorkerDisk } from "./worker-disk.ts";

export interface SqliteStoreOptions {
  /** The file; it is made when it isn't there, its directory must be. */
  readonly path: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** How long, and how many bytes of superseded values, are kept; whichever is less. */
  readonly historyMilliseconds?: number;
  readonly historyBytes?: number;
  /** Superseded revisions that go earlier than the history does, and never count as history. */
  readonly retention?: Retention;
  /** How many bytes of events a watcher may be behind before it is told that it is too slow. */
  readonly watchWindowBytes?: number;
  /** Makes every sync take this much longer, for benchmarks. */
  readonly syncDelayMilliseconds?: number;
  /** `OFF` acknowledges what is not on the disk: only to show that the tests of durability notice. */
  readonly synchronous?: "FULL" | "OFF";
}

/**
 * A store in one SQLite file, for one process at a time.
 *
 * Rejects with `Unavailable` when the file is open elsewhere, can't be opened or is of a newer format, and with `Corrupt` when it is not
 * a store.
 */
export function createSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return openSqliteStore(options, new WorkerDisk(options.tasks));
}

/** The same on any {@link Disk}. */
export async function openSqliteStore(options: SqliteStoreOptions, disk: Disk): Promise<Store> {
  const { path, synchronous = "FULL", syncDelayMilliseconds = 0 } = options;
  const file = { path, synchronous, syncDelayMilliseconds, distrusted: false };
  return options.tasks.run("store opening", async () => {
    try {
      const { load, sweeperState, horizons } = await loadStore(disk, file, options.retention);
      return new SqliteStore(options, { disk, file, load, sweeperState, horizons });
    } catch (error) {
      await disk.stop();
      throw error;
    }
  });
}

/** Revisions whose values are fetched with one request; how many come back is a matter of their size. */
const entriesAtOnce = 512;
const unchanged: Changes = new Map();

type Loaded = Awaited<ReturnType<typeof loadStore>>;

class SqliteStore implements Store {
  readonly #clock: Clock;
  readonly #tasks: Tasks;
  readonly #logger: Logger;
  readonly #retention: Retention;
  readonly #disk: Disk;
  readonly #commits: GroupCommit;
  readonly #recent: RecentEvents;
  readonly #watchers: Watchers;
  readonly #expiry: Expiry;
  readonly #sweeper: Sweeper;
  readonly #recovery: Recovery;
  #closing: Promise<void> | undefined;

  constructor(
    options: SqliteStoreOptions,
    { disk, file, load, sweeperState, horizons }: { readonly disk: Disk; readonly file: OpenRequest } & Loaded,
  ) {
    const { clock, tasks, logger = silent, metrics = unmeasured, retention = () => undefined } = options;
    const { historyMilliseconds = 24 * 3_600_000, historyBytes = 2 ** 30, watchWindowBytes = 32 * 2 ** 20 } = options;
    this.#clock = clock;
    this.#tasks = tasks;
    this.#logger = logger.with({ store: file.path });
    this.#retention = retention;
    this.#disk = disk;
    this.#recent = new RecentEvents({ start: load.revision, bytes: watchWindowBytes });
    this.#sweeper = new Sweeper(
      { disk, tasks, clock, logger: this.#logger, historyMilliseconds, historyBytes, current: () => this.#commits.revision },
      sweeperState,
    );
    this.#commits = new GroupCommit(
      {
        disk,
        tasks,
        clock,
        metrics,
        valueAt: (revision) => this.#recent.entryAt(revision)?.value,
        onCommitted: (writes) => this.#committed(writes),
        onAnswered: () => this.#watchers.advanced(),
        onLost: () => this.#recovery.lose(),
      },
      load,
    );
    this.#recovery = new Recovery({
      disk,
      file,
      tasks,
      logger: this.#logger,
      current: () => this.#commits.revision,
      adopt: (event) => this.#adopt(event),
    });
    this.#watchers = new Watchers({
      tasks,
      source: {
        current: () => this.#recent.current,
        assertKept: (prefix, after) => this.#assertKept(prefix, after),
        read: (prefix, after) => this.#readEvents(prefix, after),
        isTooFarBehind: (delivered) => delivered < this.#recent.start,
      },
    });
    this.#expiry = new Expiry({ clock, tasks, expire: (key, revision) => this.delete(key, { expected: revision, cause: expiryCause }) });
    for (const { key, revision, due } of load.expiring) this.#expiry.add(key, revision, due);
    for (const { key, oldest } of horizons.forgotten) this.#sweeper.setHorizon(key, oldest);
    for (const { key, newest, retained } of horizons.superseded) this.#sweeper.supersede(key, newest, retained);
  }

  async get(key: string, { revision }: { readonly revision?: Revision } = {}): Promise<Entry | undefined> {
    this.#assertOpen();
    if (revision !== undefined && revision !== this.#commits.revision) return this.#getAt(key, revision);
    const state = this.#commits.keys.get(key);
    if (state === undefined) return undefined;
    using _pin = this.#sweeper.pin(state.revision);
    const [entry] = await this.#entriesOf([{ key, revision: state.revision }]);
    return entry;
  }

  async list(options: Parameters<Store["list"]>[0]): Promise<ListResult> {
    this.#assertOpen();
    const { prefix, revision = this.#commits.revision, limit = Infinity, after } = options;
    if (revision !== this.#commits.revision) this.#assertReadable(revision, this.#sweeper.horizonOfAll(prefix));
    using _pin = this.#sweeper.pin(revision);
    const { remaining, found } = await this.#page({ prefix, revision, limit, after });
    return { entries: await this.#entriesOf(found), revision, remaining };
  }

  async create(key: string, value: Uint8Array, options: WriteOptions): Promise<Revision> {
    assertKey(key);
    return this.#write(key, value, undefined, options);
  }

  async update(
    key: string,
    value: Uint8Array,
    { expected, ...options }: WriteOptions & { readonly expected: Revision },
  ): Promise<Revision> {
    return this.#write(key, value, expected, options);
  }

  async delete(key: string, { cause, expected }: { readonly cause: Cause; readonly expected: Revision }): Promise<Revision> {
    return this.#write(key, undefined, expected, { cause });
  }

  watch(options: Parameters<Store["watch"]>[0]): AsyncIterable<WatchBatch> {
    return this.#watchers.watch(options);
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#commits.revision;
  }

  async compactedRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#sweeper.compacted;
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    assertRevision(revision);
    if (revision > this.#commits.revision) throw futureCompaction(revision, this.#commits.revision);
    if (revision <= this.#sweeper.compacted) throw compacted(`compact at revision ${revision}`, this.#sweeper.compacted);
    await this.#recovery.done();
    await this.#sweeper.compact(revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#tasks.run("store closing", async () => {
      this.#expiry.close();
      await this.#commits.idle();
      this.#watchers.close();
      await this.#sweeper.close();
      await this.#recovery.stopped();
      if (this.#disk.isOpen) await this.#disk.call("close", {});
      else await this.#disk.stop();
    });
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  #assertReadable(revision: Revision, horizon: Revision): void {
    assertRevision(revision);
    if (revision > this.#commits.revision) throw futureRevision(revision, this.#commits.revision);
    if (revision < horizon) throw compacted(`read at revision ${revision}`, horizon);
  }

  async #write(key: string, value: Uint8Array | undefined, expected: Revision | undefined, options: WriteOptions): Promise<Revision> {
    this.#assertOpen();
    const { cause, ttlSeconds } = options;
    if (this.#recovery.isNeeded) {
      await this.#recovery.done();
      this.#assertOpen();
    }
    const size = this.#sizeOf(key, value);
    const expires = ttlSeconds === undefined ? undefined : ((this.#clock.now() + ttlSeconds * 1000) as Instant);
    return this.#commits.write({ key, value, expected, cause, expires, size });
  }

  /** Before anyone is told of the writes. */
  #committed(writes: readonly CommittedWrite[]): void {
    this.#recent.add(
      writes.map(({ event }) => event),
      this.#commits.revision,
    );
    for (const { event, before, size, expires } of writes) {
      const [key, revision] = event.type === "put" ? [event.entry.key, event.entry.revision] : [event.key, event.revision];
      if (expires !== undefined) this.#expiry.add(key, revision, expires);
      const bytes = (before?.size ?? 0) + (event.type === "delete" ? size : 0);
      if (bytes > 0) this.#sweeper.count(bytes);
      const retained = before === undefined ? undefined : this.#retention(key);
      if (retained !== undefined) this.#sweeper.supersede(key, revision, retained);
    }
  }

  async #getAt(key: string, revision: Revision): Promise<Entry | undefined> {
    this.#assertReadable(revision, this.#sweeper.horizonOf(key));
    using _pin = this.#sweeper.pin(revision);
    const state = this.#commits.keys.get(key);
    let found = state !== undefined && state.revision <= revision ? state.revision : undefined;
    if (found === undefined) {
      await this.#recovery.done();
      const changes = await readChanges(this.#disk, { after: revision, upTo: this.#commits.revision, keys: { only: key } });
      found = changes.get(key);
    }
    if (found === undefined || found === 0) return undefined;
    const [entry] = await this.#entriesOf([{ key, revision: found }]);
    return entry;
  }

  /** The revisions of the keys of a page, and how many keys come after it. */
  async #page(page: {
    readonly prefix: string;
    readonly revision: Revision;
    readonly limit: number;
    readonly after: string | undefined;
  }): Promise<PageOfPast> {
    const { prefix, revision } = page;
    const upTo = this.#commits.revision;
    if (revision === upTo) return pageOfPast(this.#commits.keys, unchanged, page);
    // The keys as they are now, whatever is written while the changes are read.
    const now = this.#commits.keys.fork();
    await this.#recovery.done();
    return pageOfPast(now, await readChanges(this.#disk, { after: revision, upTo, keys: { prefix } }), page);
  }

  /** What was written at some revisions: the recent ones are at hand, the others come from the file. */
  async #entriesOf(wanted: readonly Wanted[]): Promise<readonly Entry[]> {
    const entries = wanted.map(({ revision }) => this.#recent.entryAt(revision));
    const missing = wanted.flatMap((one, index) => (entries[index] === undefined ? [{ ...one, index }] : []));
    for (let next = 0; next < missing.length;) {
      await this.#recovery.done();
      const asked = missing.slice(next, next + entriesAtOnce);
      const reply = await this.#disk.call("entries", { revisions: asked.map(({ revision }) => revision) });
      for (const entry of readEntries(reply.entries, asked)) entries[missing[next++]!.index] = entry;
    }
    return entries as readonly Entry[];
  }

  #assertKept(prefix: string, after: Revision): void {
    const horizon = this.#sweeper.horizonOfAll(prefix);
    if (after < horizon) throw compacted(`watch "${prefix}" after revision ${after}`, horizon);
  }

  #readEvents(prefix: string, after: Revision): WatchBatch | Promise<WatchBatch> {
    if (after >= this.#recent.start) return this.#recent.read(prefix, after);
    this.#assertKept(prefix, after);
    return this.#recovery
      .done()
      .then(() => this.#disk.call("events", { prefix, after, upTo: this.#recent.start }))
      .then(({ events, revision }) => ({ events: readEvents(events).map(({ event }) => event), revision }));
  }

  /** A write that is on the disk though its writer was told that nobody knows. */
  #adopt({ event, expires }: RecoveredEvent): void {
    const [key, value] = event.type === "put" ? [event.entry.key, event.entry.value] : [event.key, undefined];
    this.#commits.adopt({ event, before: this.#commits.keys.get(key), size: this.#sizeOf(key, value), expires });
  }

  /** What a value counts for in the history once it is superseded. */
  #sizeOf(key: string, value: Uint8Array | undefined): number {
    return this.#retention(key) === undefined ? overheadBytes + (value?.length ?? 0) : 0;
  }
}

/** What a revision costs beside its value. */
const overheadBytes = 200;

import type { Cause, Clock, Instant, Tasks } from "@kubets/machinery";
import { alreadyExists, assertRevision, closed, compacted, conflict, futureCompaction, futureRevision, notFound } from "../../errors.ts";
import { Expiry, expiryCause } from "../../expiry.ts";
import type { KeyTree } from "../../key-tree.ts";
import { assertKey, beforePage, compareKeys, throughPrefix } from "../../keys.ts";
import type { Entry, ListResult, Revision, Store, WatchBatch, WriteOptions } from "../../store.ts";
import { Watchers } from "../../watchers.ts";
import { copyQueues, emptyImage, type Forgetting, type MemoryImage } from "./image.ts";
import { type History, type Retention, type Version, versionAt } from "./history.ts";

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly tasks: Tasks;
  /** How many bytes of superseded values are kept; the oldest go first. */
  readonly historyBytes?: number;
  /** Superseded revisions that go earlier than the history does, and never count as history. */
  readonly retention?: Retention;
  /** How many bytes of events a watcher may be behind before it is told that it is too slow. */
  readonly watchWindowBytes?: number;
  /** What the store begins with; nothing when absent. */
  readonly image?: MemoryImage;
}

/** A store that lives and dies with the process. Every call is answered in a microtask. */
export interface MemoryStore extends Store {
  /** Everything in it as it is now, at no cost that grows with it but a list of revisions: what comes later isn't in the image. */
  image(): MemoryImage;
}

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  return new StoreInMemory(options);
}

class StoreInMemory implements MemoryStore {
  readonly #clock: Clock;
  readonly #historyBytes: number;
  readonly #retention: Retention;
  readonly #history: History;
  /** The newest version of every key that is there. */
  readonly #present: KeyTree<Version>;
  /** The deletion of every key that isn't there, while the history remembers it. */
  readonly #deleted: KeyTree<Version>;
  /** One queue for each retention, each in the order in which it comes due. */
  readonly #forgetting: Map<number, Forgetting[]>;
  readonly #watchers: Watchers;
  readonly #expiry: Expiry;
  #closed = false;

  constructor({
    clock,
    tasks,
    historyBytes = 64 * 2 ** 20,
    retention = () => undefined,
    watchWindowBytes = 32 * 2 ** 20,
    image = emptyImage(),
  }: MemoryStoreOptions) {
    this.#clock = clock;
    this.#history = image.history.fork();
    this.#present = image.present.fork();
    this.#deleted = image.deleted.fork();
    this.#forgetting = copyQueues(image.forgetting);
    this.#historyBytes = historyBytes;
    this.#retention = retention;
    this.#watchers = new Watchers({
      tasks,
      source: {
        current: () => this.#history.current,
        assertKept: (prefix, after) => this.#history.assertKept(prefix, after),
        read: (prefix, after) => this.#readEvents(prefix, after),
        isTooFarBehind: (delivered) => this.#history.isBehind(delivered, watchWindowBytes),
      },
    });
    this.#expiry = new Expiry({
      clock,
      tasks,
      expire: (key, revision) => this.delete(key, { expected: revision, cause: expiryCause }),
    });
    for (const { key, revision, due } of image.expiring) this.#expiry.add(key, revision, due);
  }

  image(): MemoryImage {
    this.#assertOpen();
    return {
      history: this.#history.fork(),
      present: this.#present.fork(),
      deleted: this.#deleted.fork(),
      forgetting: copyQueues(this.#forgetting),
      expiring: this.#expiry.pending,
    };
  }

  async get(key: string, { revision }: { readonly revision?: Revision } = {}): Promise<Entry | undefined> {
    this.#assertOpen();
    if (revision === undefined) return this.#present.get(key)?.entry;
    this.#assertReadable(revision);
    const newest = this.#present.get(key) ?? this.#deleted.get(key);
    return newest === undefined ? undefined : versionAt(newest, revision)?.entry;
  }

  async list({ prefix, revision, limit = Infinity, after }: Parameters<Store["list"]>[0]): Promise<ListResult> {
    this.#assertOpen();
    const current = this.#history.current;
    const start = beforePage(prefix, after);
    if (revision === undefined || revision === current) {
      const entries: Entry[] = [];
      this.#present.visit(start, (key, { entry }) => {
        if (entries.length >= limit || !key.startsWith(prefix)) return false;
        entries.push(entry!);
        return true;
      });
      const matching = this.#present.count(throughPrefix(prefix)) - this.#present.count(start);
      return { entries, revision: current, remaining: Math.max(0, matching - entries.length) };
    }
    this.#assertReadable(revision);
    const entries: Entry[] = [];
    for (const tree of [this.#present, this.#deleted]) {
      tree.visit(start, (key, newest) => {
        if (!key.startsWith(prefix)) return false;
        const entry = versionAt(newest, revision)?.entry;
        if (entry !== undefined) entries.push(entry);
        return true;
      });
    }
    entries.sort((a, b) => compareKeys(a.key, b.key));
    return { entries: entries.slice(0, limit), revision, remaining: Math.max(0, entries.length - limit) };
  }

  async create(key: string, value: Uint8Array, options: WriteOptions): Promise<Revision> {
    this.#assertOpen();
    assertKey(key);
    const current = this.#present.get(key);
    if (current !== undefined) throw alreadyExists(key, current.revision);
    return this.#put(key, value, undefined, options);
  }

  async update(
    key: string,
    value: Uint8Array,
    { expected, ...options }: WriteOptions & { readonly expected: Revision },
  ): Promise<Revision> {
    return this.#put(key, value, this.#expect("update", key, expected), options);
  }

  async delete(key: string, { cause, expected }: { readonly cause: Cause; readonly expected: Revision }): Promise<Revision> {
    const previous = this.#expect("delete", key, expected);
    const deletion = this.#history.append(key, undefined, { previous, cause, brief: this.#retention(key) !== undefined });
    this.#present.delete(key);
    this.#deleted.set(key, deletion);
    return this.#written(deletion);
  }

  watch(options: Parameters<Store["watch"]>[0]): AsyncIterable<WatchBatch> {
    return this.#watchers.watch(options);
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#history.current;
  }

  async compactedRevision(): Promise<Revision> {
    this.#assertOpen();
    return this.#history.compacted;
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen();
    assertRevision(revision);
    if (revision > this.#history.current) throw futureCompaction(revision, this.#history.current);
    if (revision <= this.#history.compacted) throw compacted(`compact at revision ${revision}`, this.#history.compacted);
    this.#compactTo(revision);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#expiry.close();
    this.#watchers.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw closed();
  }

  #assertReadable(revision: Revision): void {
    assertRevision(revision);
    if (revision > this.#history.current) throw futureRevision(revision, this.#history.current);
    if (revision < this.#history.compacted) throw compacted(`read at revision ${revision}`, this.#history.compacted);
    this.#forgetWhatIsDue();
  }

  #expect(verb: "update" | "delete", key: string, expected: Revision): Version {
    this.#assertOpen();
    const current = this.#present.get(key);
    if (current === undefined) throw notFound(verb, key);
    if (current.revision !== expected) throw conflict(verb, key, expected, current.revision);
    return current;
  }

  #put(key: string, value: Uint8Array, current: Version | undefined, { cause, ttlSeconds }: WriteOptions): Revision {
    const revision = (this.#history.current + 1) as Revision;
    const entry: Entry = { key, value, revision, created: current?.entry?.created ?? revision, cause };
    const previous = current ?? this.#deleted.get(key);
    const version = this.#history.append(key, entry, { previous, cause, brief: this.#retention(key) !== undefined });
    if (current === undefined && previous !== undefined) this.#deleted.delete(key);
    this.#present.set(key, version);
    if (ttlSeconds !== undefined) this.#expiry.add(key, revision, (this.#clock.now() + ttlSeconds * 1000) as Instant);
    return this.#written(version);
  }

  #written(version: Version): Revision {
    const retained = this.#retention(version.key);
    if (retained !== undefined && version.previous !== undefined) {
      const queue = this.#forgetting.get(retained);
      const forgetting = { version, due: (this.#clock.now() + retained) as Instant };
      if (queue === undefined) this.#forgetting.set(retained, [forgetting]);
      else queue.push(forgetting);
    }
    this.#forgetWhatIsDue(256);
    // Compacts further than needed, so that not every write compacts; never what this very write made.
    if (this.#history.supersededBytes > this.#historyBytes) {
      const target = this.#historyBytes * 0.9;
      while (this.#history.supersededBytes > target && this.#history.compacted < version.revision - 1) {
        this.#compactTo((this.#history.compacted + 1) as Revision);
      }
    }
    this.#watchers.advanced();
    return version.revision;
  }

  #compactTo(revision: Revision): void {
    this.#history.compact(revision, {
      isBrief: (key) => this.#retention(key) !== undefined,
      onGone: (deletion) => {
        if (this.#deleted.get(deletion.key) === deletion) this.#deleted.delete(deletion.key);
      },
    });
  }

  /** No timer does this: what nobody reads may stay a little longer, until it is worth moving the queue. */
  #forgetWhatIsDue(atLeast = 1): void {
    const now = this.#clock.now();
    for (const queue of this.#forgetting.values()) {
      const last = queue[atLeast - 1];
      if (last === undefined || last.due > now) continue;
      let due = atLeast;
      for (let index = 0; index < due; index++) this.#history.forgetBefore(queue[index]!.version);
      while (due < queue.length && queue[due]!.due <= now) this.#history.forgetBefore(queue[due++]!.version);
      queue.splice(0, due);
    }
  }

  #readEvents(prefix: string, after: Revision): WatchBatch {
    this.#forgetWhatIsDue();
    return this.#history.read(prefix, after);
  }
}

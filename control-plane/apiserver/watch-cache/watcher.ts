import type { KubernetesObject, Task, Tasks } from "@kubets/machinery";
import type { CachedObject } from "./cached-object.ts";

/** One event for one watcher. The object of a deletion is what it was, at the revision of the deletion. */
export interface Delivery<T extends KubernetesObject = KubernetesObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: CachedObject<T>;
}

/** Which objects of a kind a list or watch is about. */
export interface Selection {
  /** `""` for all. */
  readonly namespace: string;
  /** From `metadata.name=`; `""` for all. */
  readonly name: string;
  /** The value of the kind's indexed field (`spec.nodeName` of Pods), when it is asked for by equality. */
  readonly indexed?: string;
  /** What is left of the selectors; absent when there are none, so that nothing has to be decoded. */
  readonly matches?: (object: KubernetesObject) => boolean;
  /** Where somebody else converts to the version that the selectors speak of, so that not all of them can be asked of what is stored. */
  readonly served?: {
    readonly shared?: (object: KubernetesObject) => boolean;
    readonly matches: (object: KubernetesObject) => boolean;
  };
}

/**
 * When a watch is told which revision it has come to: `regularly`; `if needed`, that is when it has been told nothing for so long that it could
 * not be begun again where it is; or `never`.
 */
export type Bookmarks = "regularly" | "if needed" | "never";

/** Who has its events brought, instead of asking for them by {@link Watcher.next}. */
export interface WatchReader {
  /** What has come, in one piece. It is delivered when this returns; what it throws closes the watcher. */
  take(deliveries: readonly Delivery[]): void;
  /** Nothing comes any more, by an error or because the watch was ended. Not called by {@link Watcher.close}. */
  end(error?: unknown): void;
}

export interface WatcherOptions {
  readonly selection: Selection;
  /** Only changes after this revision are delivered. */
  readonly after: number;
  /** Delivered as ADDED before anything else; already of the namespace and name, not yet matched. */
  readonly initial: readonly CachedObject[];
  /** Delivered when all of `initial` has been. */
  readonly afterInitial: Delivery | undefined;
  readonly bookmarks: Bookmarks;
  readonly tasks: Tasks;
  readonly onClose: (watcher: Watcher) => void;
}

// A watcher that is this many events behind is ended: its client watches again from where it was, or lists.
const mostPending = 8192;
const chunkBytes = 256 * 1024;

const afterThis = Promise.resolve();

/**
 * The events of one watch between the cache and its reader: what arrives while the reader is busy is taken by it in one piece. A reader in the
 * same process is never busy: it has brought to it what came of one commit, once all of that is in the caches.
 *
 * From the moment at which there is something to deliver until it has been delivered the watcher counts as a task (law 3).
 */
export class Watcher {
  readonly selection: Selection;
  readonly #bookmarks: Bookmarks;
  /** Only changes after this revision are delivered. */
  readonly after: number;
  /** Begins with the objects that were there. */
  readonly isFromStart: boolean;
  readonly #tasks: Tasks;
  readonly #onClose: (watcher: Watcher) => void;
  #initial: readonly CachedObject[];
  #initialTaken = 0;
  #afterInitial: Delivery | undefined;
  /** The last revision that was offered. */
  #offered: number;
  #pending: Delivery[] = [];
  #task: Task | undefined;
  #wake: PromiseWithResolvers<void> | undefined;
  #reader: WatchReader | undefined;
  #isBringing = false;
  #closed = false;
  #ended = false;
  #inFlight = false;

  constructor({ selection, after, initial, afterInitial, bookmarks, tasks, onClose }: WatcherOptions) {
    this.selection = selection;
    this.#bookmarks = bookmarks;
    this.#offered = after;
    this.after = after;
    this.isFromStart = initial.length > 0 || afterInitial !== undefined;
    this.#tasks = tasks;
    this.#onClose = onClose;
    this.#initial = initial;
    this.#afterInitial = afterInitial;
    if (initial.length > 0 || afterInitial !== undefined) this.#task = tasks.begin("watch event");
  }

  /** Whether everything of the state at the start has been taken: bookmarks before that would be wrong. */
  get isLive(): boolean {
    return this.#initialTaken === this.#initial.length && this.#afterInitial === undefined;
  }

  /** `oldest`: the revision from which watches can begin. */
  wantsBookmark(oldest: number): boolean {
    if (this.#bookmarks === "never" || !this.isLive) return false;
    return this.#bookmarks === "regularly" || this.#offered < oldest;
  }

  offer(delivery: Delivery): void {
    if (this.#closed || this.#ended || delivery.object.revision <= this.after) return;
    this.#offered = delivery.object.revision;
    if (this.#pending.length >= mostPending) return this.end();
    this.#pending.push(delivery);
    this.#task ??= this.#tasks.begin("watch event");
    this.#tell();
  }

  /** Lets the reader have what is there, then no more. */
  end(last?: Delivery): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    if (last !== undefined) this.#pending.push(last);
    this.#tell();
    this.#onClose(this);
  }

  /** The reader has gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#initial = [];
    this.#initialTaken = 0;
    this.#afterInitial = undefined;
    this.#task?.[Symbol.dispose]();
    this.#task = undefined;
    this.#wake?.resolve();
    if (!this.#ended) this.#onClose(this);
  }

  /** From now on `reader` is brought everything: at once what is there already. */
  bringTo(reader: WatchReader): void {
    this.#reader = reader;
    this.#bring(reader);
  }

  /** The next events, all that there are up to a chunk's size; `undefined` at the end. Asking says that the last ones were delivered. */
  async next(): Promise<readonly Delivery[] | undefined> {
    this.delivered();
    for (;;) {
      if (this.#closed) return undefined;
      const deliveries = this.#take();
      if (deliveries.length > 0) {
        this.#inFlight = true;
        this.#task ??= this.#tasks.begin("watch event");
        return deliveries;
      }
      this.#rest();
      if (this.#ended) return undefined;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
      this.#wake = undefined;
    }
  }

  /** What {@link next} gave has reached its reader. */
  delivered(): void {
    this.#inFlight = false;
    this.#rest();
  }

  /** Lets the reader know that there is something. */
  #tell(): void {
    if (this.#reader === undefined) return this.#wake?.resolve();
    if (this.#isBringing) return;
    this.#isBringing = true;
    // Not at once: the cache is in the middle of a commit.
    void afterThis.then(() => this.#bring(this.#reader!));
  }

  #bring(reader: WatchReader): void {
    this.#isBringing = false;
    try {
      for (let deliveries = this.#take(); deliveries.length > 0; deliveries = this.#take()) reader.take(deliveries);
    } catch (error) {
      return this.#leave(reader, error);
    }
    this.#rest();
    if (this.#ended) this.#leave(reader);
  }

  #leave(reader: WatchReader, error?: unknown): void {
    if (this.#closed) return;
    this.close();
    reader.end(error);
  }

  #rest(): void {
    if (this.#inFlight || this.#pending.length > 0 || !this.isLive) return;
    this.#task?.[Symbol.dispose]();
    this.#task = undefined;
  }

  #take(): Delivery[] {
    const taken: Delivery[] = [];
    let bytes = 0;
    while (this.#initialTaken < this.#initial.length && bytes < chunkBytes) {
      const object = this.#initial[this.#initialTaken++]!;
      if (this.selection.matches?.(object.object) === false) continue;
      taken.push({ type: "ADDED", object });
      bytes += object.size;
    }
    if (this.#initialTaken < this.#initial.length) return taken;
    this.#initial = [];
    this.#initialTaken = 0;
    if (this.#afterInitial !== undefined) taken.push(this.#afterInitial);
    this.#afterInitial = undefined;
    if (this.#pending.length === 0 || bytes >= chunkBytes) return taken;
    if (taken.length === 0) {
      const all = this.#pending;
      this.#pending = [];
      return all;
    }
    for (const delivery of this.#pending) taken.push(delivery);
    this.#pending = [];
    return taken;
  }
}

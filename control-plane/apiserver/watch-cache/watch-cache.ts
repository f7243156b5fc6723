import {
  type Clock,
  groupResourceOf,
  type Kind,
  type KubernetesObject,
  type Logger,
  sleep,
  type Tasks,
  timeout,
  type Timer,
} from "@kubets/machinery";
import { type Entry, isStoreError, type Revision, type Store, type StoreEvent, type WatchBatch } from "@kubets/store";
import type { RequestContext } from "../contracts.ts";
import { CachedObject, type StoredForm } from "./cached-object.ts";
import { KindCache } from "./kind-cache.ts";
import { createOrderedMap, type OrderedMap } from "./ordered-map.ts";

export interface WatchCacheOptions {
  readonly store: Store;
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** How many bytes of recent changes are kept per kind for watches that begin in the past; 8 MiB when absent. */
  readonly windowBytes?: number;
  /** Objects of another server over the same past, which needn't be decoded again. */
  readonly shared?: SharedObjects | undefined;
  readonly decoded?: DecodedObjects | undefined;
}

/** What the store holds when a server begins with it, where somebody has decoded it: the object of a key as it is read, deep-frozen. */
export type DecodedObjects = (key: string) => KubernetesObject | undefined;

/** All objects of a server at one revision. */
export interface SharedObjects {
  readonly revision: number;
  /** By what the keys of a kind begin with, then by key. */
  readonly kinds: ReadonlyMap<string, OrderedMap<CachedObject>>;
}

/** The newest revision of every object, kept up to date by one watch of the whole store (laws 6 and 7). */
export interface WatchCache {
  /** Loads everything, then follows the store until closed. Resolves when loaded. */
  start(): Promise<void>;
  /** Everything written up to this revision is in the caches. */
  readonly revision: number;
  readonly isLoaded: boolean;
  of(kind: Kind): KindCache;
  /** All objects as they are now, for another server that begins with them. */
  objects(): SharedObjects;
  /** Begins to keep the objects of a kind that is declared at run time, or takes its new declaration. Resolves when they are loaded. */
  add(kind: Kind): Promise<KindCache>;
  /** Ends the watches of a kind and forgets its objects. */
  remove(kind: Kind): void;
  /** Resolves when {@link revision} has reached `revision`; `false` when it hasn't after `milliseconds`. */
  reached(revision: number, milliseconds?: number): Promise<boolean>;
  /**
   * Resolves when every write that was acknowledged before the call is in the caches; rejects with `Timeout` when they have lost
   * the store. What is still on its way from the store is counted there, so the wait itself need not be: hence `idle`.
   */
  current(idle: RequestContext["idle"]): Promise<void>;
  endWatches(): void;
  /** Ends all watches and the following of the store. */
  close(): Promise<void>;
}

/** What all keys begin with. */
export const storePrefix = "/registry/";

/** What all keys of a kind begin with. */
export function keyPrefixOf(kind: Pick<Kind, "group" | "resource">): string {
  return `${storePrefix}${groupResourceOf(kind)}/`;
}

const pageSize = 5000;
const bookmarkPeriod = 60_000;
const retryAfter = 1000;
// A cache that is this far behind the store has lost it: the client is told rather than kept waiting.
const longestWait = 10_000;

export function createWatchCache({
  store,
  kinds,
  clock,
  tasks,
  logger,
  shared,
  decoded,
  windowBytes = 8 * 1024 * 1024,
}: WatchCacheOptions): WatchCache {
  const caches = new Map<string, KindCache>();
  for (const kind of kinds) {
    const prefix = keyPrefixOf(kind);
    if (!caches.has(prefix)) caches.set(prefix, new KindCache({ kind, prefix, windowBytes }));
  }
  /** What has come for caches that are being loaded. */
  const loading = new Map<KindCache, StoreEvent[]>();
  const added = new Map<KindCache, Promise<void>>();
  const closing = new AbortController();
  const stopped = Promise.withResolvers<void>();
  let started = false;
  let revision = 0;
  let isLoaded = false;
  let waiters: { readonly revision: number; readonly resolve: (reached: boolean) => void }[] = [];
  let bookmarkTimer: Timer | undefined;

  const cacheOfKey = (key: string): KindCache | undefined => caches.get(key.slice(0, key.indexOf("/", storePrefix.length) + 1));

  const advance = (to: number): void => {
    revision = to;
    if (waiters.length === 0) return;
    const ready = waiters.filter((waiter) => waiter.revision <= to);
    if (ready.length === 0) return;
    waiters = waiters.filter((waiter) => waiter.revision > to);
    for (const { resolve } of ready) resolve(true);
  };

  const load = async (): Promise<void> => {
    if (!isLoaded && shared !== undefined && (await store.currentRevision()) === shared.revision) {
      for (const cache of caches.values()) cache.adopt(shared.kinds.get(cache.prefix)?.fork() ?? createOrderedMap(), shared.revision);
      return advance(shared.revision);
    }
    const found = new Map<KindCache, CachedObject[]>([...caches.values()].map((cache) => [cache, []]));
    let at: Revision | undefined;
    for (let after: string | undefined; ;) {
      const page = await store.list({
        prefix: storePrefix,
        limit: pageSize,
        ...(at === undefined ? {} : { revision: at }),
        ...(after === undefined ? {} : { after }),
      });
      at = page.revision;
      for (const entry of page.entries) {
        const cache = cacheOfKey(entry.key);
        if (cache === undefined) continue;
        const known = shared?.kinds.get(cache.prefix)?.get(entry.key);
        found.get(cache)!.push(known?.revision === entry.revision ? known : firstCached(cache, entry));
      }
      after = page.entries.at(-1)?.key;
      if (page.remaining === 0 || after === undefined) break;
    }
    for (const [cache, objects] of found) cache.load(objects, at);
    advance(at);
  };

  const firstCached = (cache: KindCache, entry: Entry): CachedObject => {
    const object = isLoaded ? undefined : decoded?.(entry.key);
    if (object === undefined) return cache.cached(entry.key, entry.value, entry.revision);
    return cache.known(entry.key, entry, entry.revision, object);
  };

  const apply = (batch: WatchBatch): void => {
    for (const event of batch.events) {
      const cache = cacheOfKey(event.type === "put" ? event.entry.key : event.key);
      if (cache === undefined) continue;
      const early = loading.get(cache);
      if (early === undefined) applyTo(cache, event);
      else early.push(event);
    }
    advance(batch.revision);
  };

  /** Loads a cache that was added while the others follow the store already. */
  const loadOne = async (cache: KindCache): Promise<void> => {
    const early: StoreEvent[] = [];
    loading.set(cache, early);
    const objects: CachedObject[] = [];
    let at: Revision | undefined;
    for (let after: string | undefined; ;) {
      const page = await store.list({
        prefix: cache.prefix,
        limit: pageSize,
        ...(at === undefined ? {} : { revision: at }),
        ...(after === undefined ? {} : { after }),
      });
      at = page.revision;
      for (const { key, value, revision: written } of page.entries) objects.push(cache.cached(key, value, written));
      after = page.entries.at(-1)?.key;
      if (page.remaining === 0 || after === undefined) break;
    }
    cache.load(objects, at);
    loading.delete(cache);
    for (const event of early) applyTo(cache, event);
  };

  /** Follows the store until the watch breaks; answers why. */
  const follow = async (idle: <Value>(wait: PromiseLike<Value>) => Promise<Value>): Promise<unknown> => {
    const batches = store.watch({ prefix: storePrefix, after: revision as Revision, signal: closing.signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await idle(batches.next());
        if (next.done === true) return undefined;
        apply(next.value);
      }
    } catch (error) {
      return error;
    }
  };

  /** Waits a moment, or until closed. */
  const pause = (): Promise<void> => sleep(clock, retryAfter, closing.signal).catch(() => {});

  const sendBookmarks = (): void => {
    for (const cache of caches.values()) cache.bookmark(revision, (reached) => bookmarkOf(cache.kind, reached));
    bookmarkTimer = clock.after(bookmarkPeriod, sendBookmarks);
  };

  const endWatches = (): void => {
    for (const cache of caches.values()) cache.endWatches();
  };

  return {
    get revision() {
      return revision;
    },
    get isLoaded() {
      return isLoaded;
    },
    of(kind) {
      const cache = caches.get(keyPrefixOf(kind));
      if (cache === undefined) throw new Error(`Cannot read ${groupResourceOf(kind)}: the watch cache was not made for this kind`);
      return cache;
    },
    objects: () => ({ revision, kinds: new Map([...caches.values()].map((cache) => [cache.prefix, cache.objects()])) }),
    async add(kind) {
      const prefix = keyPrefixOf(kind);
      let cache = caches.get(prefix);
      if (cache === undefined) {
        cache = new KindCache({ kind, prefix, windowBytes });
        caches.set(prefix, cache);
        added.set(cache, loadOne(cache));
      } else cache.become(kind);
      await added.get(cache);
      return cache;
    },
    remove(kind) {
      const cache = caches.get(keyPrefixOf(kind));
      if (cache === undefined) return;
      caches.delete(cache.prefix);
      loading.delete(cache);
      added.delete(cache);
      cache.close();
    },
    async start() {
      await load();
      isLoaded = true;
      started = true;
      bookmarkTimer = clock.after(bookmarkPeriod, sendBookmarks);
      tasks.start("watch cache", async (task) => {
        const idle = <Value>(wait: PromiseLike<Value>): Promise<Value> => task.idle(wait);
        while (!closing.signal.aborted) {
          const error = await follow(idle);
          if (closing.signal.aborted) break;
          if (!isStoreError(error, "Slow")) {
            logger.warn("The watch of the store broke; it starts again", { revision, error });
            await idle(pause());
          }
          if (isStoreError(error, "Compacted"))
            await load().catch((cause: unknown) => logger.warn("Objects could not be loaded again", { cause }));
        }
        stopped.resolve();
      });
    },
    async reached(wanted, milliseconds) {
      if (revision >= wanted) return true;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const waiter = { revision: wanted, resolve };
      waiters.push(waiter);
      if (milliseconds === undefined) return promise;
      using _timer = clock.after(milliseconds, () => {
        waiters = waiters.filter((each) => each !== waiter);
        resolve(false);
      });
      return await promise;
    },
    async current(idle) {
      const durable = await store.currentRevision();
      if (revision >= durable || (await idle(this.reached(durable, longestWait)))) return;
      throw timeout(`the watch cache did not reach revision ${durable} of the store, it is at ${revision}`, 1);
    },
    endWatches,
    async close() {
      bookmarkTimer?.[Symbol.dispose]();
      for (const cache of caches.values()) cache.close();
      closing.abort();
      for (const { resolve } of waiters) resolve(false);
      waiters = [];
      if (started) await stopped.promise;
    },
  };
}

/** Takes an event over, unless the cache was loaded at a later revision already. */
function applyTo(cache: KindCache, event: StoreEvent): void {
  const { revision } = event.type === "put" ? event.entry : event;
  if (revision <= cache.oldest) return;
  if (event.type === "delete") cache.delete(event.key, revision);
  else cache.put(cache.kept(event.entry.key, event.entry.value, revision));
}

const encoder = new TextEncoder();

// Nothing is filled in: a bookmark has nothing but metadata.
const bareForm: StoredForm = { metadataOffset: 0, revisionHead: new Uint8Array(), typeLength: 0, complete: (object) => object };

/** An object without anything but the revision up to which its reader has seen all events. */
export function bookmarkOf(kind: Kind, revision: number, annotations?: Readonly<Record<string, string>>): CachedObject {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  const object = { kind: kind.kind, apiVersion, metadata } as unknown as KubernetesObject;
  return new CachedObject("", revision, encoder.encode(JSON.stringify(object)), bareForm, object);
}

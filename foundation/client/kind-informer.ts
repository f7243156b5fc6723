import type { Follower, Kind, KubernetesObject, Logger, WatchEvent } from "@kubets/machinery";
import { untilAborted } from "./abort-scope.ts";
import { objectKey } from "./controller.ts";
import type { IndexFunction, Informer, Lister, ObjectChange, ObjectKey } from "./informer.ts";
import { ObjectCache } from "./object-cache.ts";
import type { Reflection } from "./reflector.ts";

type Listener<T extends KubernetesObject> = (change: ObjectChange<T>) => void;

/** What is known of one kind by what a reflector learns of it, and who is told. */
export class KindInformer<T extends KubernetesObject> implements Informer<T>, Reflection<T>, Follower {
  readonly kind: Kind<T>;
  readonly #log: Logger;
  readonly #cache: ObjectCache<T>;
  readonly #firstList: PromiseWithResolvers<void> = Promise.withResolvers();
  #waiters: Set<RevisionWaiter> | undefined;
  #doubt: AbortController | undefined;
  #refreshed: PromiseWithResolvers<void> | undefined;
  #stopped: { readonly reason: unknown } | undefined;
  #isSynced = false;
  #revision = 0;
  // Replaced, never changed: a listener may come or go while others are being told.
  #listeners: readonly { readonly listener: Listener<T> }[] = [];

  constructor(kind: Kind<T>, log: Logger) {
    this.kind = kind;
    this.#log = log;
    this.#cache = new ObjectCache(kind.resource);
    // Whoever waits is told; nobody has to wait.
    this.#firstList.promise.catch(() => {});
  }

  synced(until?: AbortSignal): Promise<void> {
    return untilAborted(this.#firstList.promise, until);
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get revision(): number {
    return this.#revision;
  }

  async reached(revision: number, until?: AbortSignal): Promise<void> {
    if (this.#revision >= revision) return;
    if (this.#stopped !== undefined) throw this.#stopped.reason;
    const waiter = { revision, promise: Promise.withResolvers<void>() };
    const waiters = (this.#waiters ??= new Set());
    waiters.add(waiter);
    try {
      await untilAborted(waiter.promise.promise, until);
    } finally {
      waiters.delete(waiter);
    }
  }

  async refresh(until?: AbortSignal): Promise<void> {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
    // Not by watches: what follows within the server's process has all there is.
    if (this.#doubt === undefined) return;
    const { promise } = (this.#refreshed ??= Promise.withResolvers());
    this.#doubt.abort(new Error("The cache is read anew"));
    await untilAborted(promise, until);
  }

  /** For the reflector's next watch: aborted when it is to list everything again. */
  doubt(): AbortSignal {
    if (this.#doubt === undefined || this.#doubt.signal.aborted) this.#doubt = new AbortController();
    return this.#doubt.signal;
  }

  onChange(listener: Listener<T>): Disposable {
    // A listener may be added twice; each is told, and taken away, on its own.
    const own = { listener };
    this.#cache.forEach((object, key) => this.#tellOne(listener, { key, object }));
    this.#listeners = [...this.#listeners, own];
    return { [Symbol.dispose]: () => void (this.#listeners = this.#listeners.filter((each) => each !== own)) };
  }

  addIndex(name: string, index: IndexFunction<T>): void {
    this.#cache.addIndex(name, index);
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(key);
  }

  list(options?: Parameters<Lister<T>["list"]>[0]): readonly T[] {
    return this.#cache.list(options);
  }

  byIndex(name: string, value: string): readonly T[] {
    return this.#cache.byIndex(name, value);
  }

  begin(objects: readonly KubernetesObject[], resourceVersion: string): void {
    const byKey = new Map<ObjectKey, T>();
    for (const object of objects) byKey.set(objectKey(object), object as T);
    this.replace(byKey, resourceVersion);
  }

  replace(objects: Map<ObjectKey, T>, resourceVersion: string): void {
    if (this.#cache.isEmpty && this.#listeners.length === 0) return this.#fill(objects, resourceVersion);
    const changes: ObjectChange<T>[] = [];
    const note = (change: ObjectChange<T>): void => void changes.push(change);
    this.#cache.forEach((_, key) => !objects.has(key) && this.#remove(key, undefined, note));
    for (const [key, object] of objects) this.#put(key, object, note);
    this.#advance(resourceVersion);
    this.#isSynced = true;
    // Everything is there before anybody is told of any of it.
    changes.forEach(this.#tell);
    this.#listed();
  }

  /** The same where there was nothing, and nobody to tell. */
  #fill(objects: Map<ObjectKey, T>, resourceVersion: string): void {
    this.#cache.fill(objects);
    this.#advance(resourceVersion);
    this.#isSynced = true;
    this.#listed();
  }

  #listed(): void {
    this.#firstList.resolve();
    this.#arrived();
    this.#refreshed?.resolve();
    this.#refreshed = undefined;
  }

  apply(events: readonly WatchEvent<T>[]): void {
    for (const { type, object } of events) {
      this.#advance(object.metadata.resourceVersion);
      if (type === "ADDED" || type === "MODIFIED") this.#put(objectKey(object), object, this.#tell);
      else if (type === "DELETED") this.#remove(objectKey(object), object, this.#tell);
    }
    this.#arrived();
  }

  /** Nothing is learned any more: whoever waits is told why. */
  stopped(reason: unknown): void {
    this.#stopped = { reason };
    this.#firstList.reject(reason);
    this.#refreshed?.reject(reason);
    for (const { promise } of this.#waiters ?? []) promise.reject(reason);
  }

  /** Brings the cache to what is known of one key, and tells what that changed, in order. */
  #put(key: ObjectKey, object: T, tell: Listener<T>): void {
    const previous = this.#cache.get(key);
    if (previous === undefined) {
      this.#cache.set(key, object);
      tell({ key, object });
    } else if (previous.metadata.uid !== object.metadata.uid) {
      // Another object of the same name: the deletion of the first was not seen.
      this.#cache.set(key, object);
      tell({ key, previous });
      tell({ key, object });
    } else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) {
      this.#cache.set(key, object);
      tell({ key, object, previous });
    }
  }

  /** `last`: as it was when it was deleted. */
  #remove(key: ObjectKey, last: T | undefined, tell: Listener<T>): void {
    const previous = this.#cache.get(key);
    if (previous === undefined) return;
    this.#cache.delete(key);
    tell({ key, previous: last ?? previous });
  }

  #advance(resourceVersion: string): void {
    const revision = Number(resourceVersion);
    if (Number.isSafeInteger(revision)) this.#revision = revision;
  }

  #arrived(): void {
    if (this.#waiters === undefined) return;
    for (const { revision, promise } of this.#waiters) if (revision <= this.#revision) promise.resolve();
  }

  readonly #tell: Listener<T> = (change) => {
    for (const { listener } of this.#listeners) this.#tellOne(listener, change);
  };

  #tellOne(listener: Listener<T>, change: ObjectChange<T>): void {
    try {
      listener(change);
    } catch (error) {
      this.#log.error("A listener of an informer failed", { key: change.key, error });
    }
  }
}

interface RevisionWaiter {
  readonly revision: number;
  readonly promise: PromiseWithResolvers<void>;
}

import type { Kind, KubernetesObject, LabelSelector } from "@kubets/machinery";

/** `namespace/name`, or `name` for objects of cluster scope. */
export type ObjectKey = string;

/** What is known of all objects of one kind, read synchronously. Objects are shared and deep-frozen. */
export interface Lister<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined;
  list(options?: { readonly namespace?: string; readonly selector?: LabelSelector }): readonly T[];
  /** Objects whose {@link IndexFunction} of that name gives `value`. Throws for an unknown index. */
  byIndex(index: string, value: string): readonly T[];
}

/** The values under which an object is found in an index. */
export type IndexFunction<T extends KubernetesObject> = (object: T) => readonly string[];

/** Indexes that every informer has: `namespace`, and `owner` by the uid of the controlling owner reference. */
export const builtInIndexes = ["namespace", "owner"] as const;

export interface ObjectChange<T extends KubernetesObject> {
  readonly key: ObjectKey;
  /** Absent when the object is gone. */
  readonly object?: T;
  /** Absent when the object is new to the cache. */
  readonly previous?: T;
}

/**
 * A cache of one kind that follows the server: it survives dropped watches, 410 and restarts, relists, backs off and says so.
 * It never stops silently.
 */
export interface Informer<T extends KubernetesObject> extends Lister<T> {
  readonly kind: Kind<T>;
  /** Every object of the first list is in the cache. Rejects only when the informer is stopped before. */
  synced(signal?: AbortSignal): Promise<void>;
  readonly isSynced: boolean;
  /** The cache shows every write of this kind up to this revision. */
  readonly revision: number;
  /** Resolves when {@link revision} has reached `revision`. */
  reached(revision: number, signal?: AbortSignal): Promise<void>;
  /**
   * Reads everything anew, for who knows of something that the watch should have brought and hasn't. Resolves when the cache shows what was read;
   * rejects when the informer is stopped before.
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Called synchronously for every change after it is in the cache; first, at once, for every object already there. */
  onChange(listener: (change: ObjectChange<T>) => void): Disposable;
  /** Idempotent for the same function; throws when the name is taken by another. */
  addIndex(name: string, index: IndexFunction<T>): void;
}

/** One informer per kind (and field selector), started at first use, shared by all who ask: the caches of a process. */
export interface Informers {
  of<T extends KubernetesObject>(kind: Kind<T>, options?: { readonly fieldSelector?: string; readonly namespace?: string }): Informer<T>;
  /** Ends the watch of a kind that isn't served any more; who asks for it again begins anew. */
  forget(kind: Kind): Promise<void>;
  /** All informers asked for so far have synced. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Ends all watches. */
  stop(): Promise<void>;
}

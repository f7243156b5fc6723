import { type KubernetesObject, selectorMatches } from "@kubets/machinery";
import type { IndexFunction, Lister, ObjectKey } from "./informer.ts";

/** All objects of one kind by key, and by indexes that are built when they are first asked for. */
export interface ObjectCache<T extends KubernetesObject> extends Lister<T> {
  readonly size: number;
  entries(): IterableIterator<[ObjectKey, T]>;
  set(key: ObjectKey, object: T): void;
  delete(key: ObjectKey): void;
  addIndex(name: string, index: IndexFunction<T>): void;
}

export function createObjectCache<T extends KubernetesObject>(describe: string): ObjectCache<T> {
  const objects = new Map<ObjectKey, T>();
  const indexes = new Map<string, Index<T>>([
    ["namespace", createIndex<T>(byNamespace)],
    ["owner", createIndex<T>(byController)],
  ]);
  // The whole list, until something changes: most passes of a controller over everything find nothing new.
  let all: readonly T[] | undefined;

  const indexNamed = (name: string): Index<T> => {
    const index = indexes.get(name);
    if (index === undefined)
      throw new Error(`Cannot look up ${describe} by "${name}": there is no such index, only ${[...indexes.keys()].join(", ")}`);
    return index;
  };
  const byIndex = (name: string, value: string): readonly T[] => indexNamed(name).find(value, objects);

  return {
    get size() {
      return objects.size;
    },
    entries: () => objects.entries(),
    get: (key) => objects.get(key),
    list({ namespace, selector } = {}) {
      const inScope = namespace === undefined ? (all ??= [...objects.values()]) : byIndex("namespace", namespace);
      return selector === undefined ? inScope : inScope.filter(({ metadata }) => selectorMatches(selector, metadata.labels));
    },
    byIndex,
    set(key, object) {
      const previous = objects.get(key);
      objects.set(key, object);
      all = undefined;
      for (const index of indexes.values()) index.replace(previous, object);
    },
    delete(key) {
      const previous = objects.get(key);
      if (previous === undefined) return;
      objects.delete(key);
      all = undefined;
      for (const index of indexes.values()) index.replace(previous, undefined);
    },
    addIndex(name, valuesOf) {
      const present = indexes.get(name);
      if (present === undefined) indexes.set(name, createIndex(valuesOf));
      else if (present.valuesOf !== valuesOf) throw new Error(`Cannot index ${describe} by "${name}": another index has that name`);
    },
  };
}

function byNamespace({ metadata }: KubernetesObject): readonly string[] {
  return metadata.namespace === undefined ? [] : [metadata.namespace];
}

function byController({ metadata }: KubernetesObject): readonly string[] {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller === undefined ? [] : [controller.uid];
}

interface Index<T extends KubernetesObject> {
  readonly valuesOf: IndexFunction<T>;
  find(value: string, objects: ReadonlyMap<ObjectKey, T>): readonly T[];
  replace(previous: T | undefined, object: T | undefined): void;
}

const none: readonly never[] = [];

function createIndex<T extends KubernetesObject>(valuesOf: IndexFunction<T>): Index<T> {
  // Absent until the first look-up: an index that nobody uses costs nothing.
  let buckets: Map<string, Set<T>> | undefined;

  const add = (into: Map<string, Set<T>>, object: T): void => {
    for (const value of valuesOf(object)) {
      const bucket = into.get(value);
      if (bucket === undefined) into.set(value, new Set([object]));
      else bucket.add(object);
    }
  };
  const remove = (from: Map<string, Set<T>>, object: T): void => {
    for (const value of valuesOf(object)) {
      const bucket = from.get(value);
      if (bucket?.delete(object) === true && bucket.size === 0) from.delete(value);
    }
  };

  return {
    valuesOf,
    find(value, objects) {
      if (buckets === undefined) {
        buckets = new Map();
        for (const object of objects.values()) add(buckets, object);
      }
      const bucket = buckets.get(value);
      return bucket === undefined ? none : [...bucket];
    },
    replace(previous, object) {
      if (buckets === undefined) return;
      if (previous !== undefined) remove(buckets, previous);
      if (object !== undefined) add(buckets, object);
    },
  };
}

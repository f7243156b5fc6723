import { type KubernetesObject, selectorMatches } from "@kubets/machinery";
import type { IndexFunction, Lister, ObjectKey } from "./informer.ts";

/** All objects of one kind by key, and by indexes that are built when they are first asked for. */
export class ObjectCache<T extends KubernetesObject> implements Lister<T> {
  readonly #described: string;
  #objects = new Map<ObjectKey, T>();
  readonly #indexes: Index<T>[] = [new Index<T>("namespace", byNamespace), new Index<T>("owner", byController)];
  // The whole list, until something changes: most passes of a controller over everything find nothing new.
  #all: readonly T[] | undefined;

  /** `described`: what errors call the objects. */
  constructor(described: string) {
    this.#described = described;
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0;
  }

  /** Calls `visit` with each; what is deleted meanwhile isn't visited any more. */
  forEach(visit: (object: T, key: ObjectKey) => void): void {
    this.#objects.forEach(visit);
  }

  /** Begins with these; the map becomes the cache's own. */
  fill(objects: Map<ObjectKey, T>): void {
    this.#objects = objects;
    this.#all = undefined;
    for (const index of this.#indexes) index.forget();
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list({ namespace, selector }: Parameters<Lister<T>["list"]>[0] = {}): readonly T[] {
    const inScope = namespace === undefined ? (this.#all ??= [...this.#objects.values()]) : this.byIndex("namespace", namespace);
    return selector === undefined ? inScope : inScope.filter(({ metadata }) => selectorMatches(selector, metadata.labels));
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexNamed(name);
    if (index === undefined) {
      const names = this.#indexes.map((each) => each.name).join(", ");
      throw new Error(`Cannot look up ${this.#described} by "${name}": there is no such index, only ${names}`);
    }
    return index.find(value, this.#objects);
  }

  set(key: ObjectKey, object: T): void {
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    this.#all = undefined;
    for (const index of this.#indexes) index.replace(previous, object);
  }

  delete(key: ObjectKey): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#all = undefined;
    for (const index of this.#indexes) index.replace(previous, undefined);
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    const present = this.#indexNamed(name);
    if (present === undefined) this.#indexes.push(new Index(name, valuesOf));
    else if (present.valuesOf !== valuesOf) throw new Error(`Cannot index ${this.#described} by "${name}": another index has that name`);
  }

  // There are a handful: looking through them is quicker than a map.
  #indexNamed(name: string): Index<T> | undefined {
    for (const index of this.#indexes) if (index.name === name) return index;
    return undefined;
  }
}

function byNamespace({ metadata }: KubernetesObject): readonly string[] {
  return metadata.namespace === undefined ? [] : [metadata.namespace];
}

function byController({ metadata }: KubernetesObject): readonly string[] {
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller === undefined ? [] : [controller.uid];
}

const none: readonly never[] = [];

class Index<T extends KubernetesObject> {
  readonly name: string;
  readonly valuesOf: IndexFunction<T>;
  // Absent until the first look-up: an index that nobody uses costs nothing.
  #buckets: Map<string, Set<T>> | undefined;

  constructor(name: string, valuesOf: IndexFunction<T>) {
    this.name = name;
    this.valuesOf = valuesOf;
  }

  find(value: string, objects: ReadonlyMap<ObjectKey, T>): readonly T[] {
    if (this.#buckets === undefined) {
      this.#buckets = new Map();
      for (const object of objects.values()) this.#add(this.#buckets, object);
    }
    const bucket = this.#buckets.get(value);
    return bucket === undefined ? none : [...bucket];
  }

  /** It is built anew when it is asked for next. */
  forget(): void {
    this.#buckets = undefined;
  }

  replace(previous: T | undefined, object: T | undefined): void {
    if (this.#buckets === undefined) return;
    if (previous !== undefined) this.#remove(this.#buckets, previous);
    if (object !== undefined) this.#add(this.#buckets, object);
  }

  #add(into: Map<string, Set<T>>, object: T): void {
    for (const value of this.valuesOf(object)) {
      const bucket = into.get(value);
      if (bucket === undefined) into.set(value, new Set([object]));
      else bucket.add(object);
    }
  }

  #remove(from: Map<string, Set<T>>, object: T): void {
    for (const value of this.valuesOf(object)) {
      const bucket = from.get(value);
      if (bucket?.delete(object) === true && bucket.size === 0) from.delete(value);
    }
  }
}

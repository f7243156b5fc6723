import type { Kind, KubernetesObject } from "@kubets/machinery";
import { CachedObject, type StoredForm, storedFormOf, type StoredValue } from "./cached-object.ts";
import { createOrderedMap, type OrderedMap } from "./ordered-map.ts";
import type { Delivery, Selection, Watcher } from "./watcher.ts";

/** One write of a kind's object, kept in the window of events for watches that begin in the past. */
interface Change {
  readonly revision: number;
  /** Absent for a deletion. */
  readonly object: CachedObject | undefined;
  /** Absent for a creation. */
  readonly previous: CachedObject | undefined;
}

type WatcherIndex = Map<string, Set<Watcher>>;

/** A change as the watchers see it, each form made once for all of them. */
interface Events {
  added?: Delivery;
  modified?: Delivery;
  deleted?: Delivery;
}

export interface KindCacheOptions {
  readonly kind: Kind;
  /** Begins every key of the kind, such as `/registry/pods/`. */
  readonly prefix: string;
  /** How many bytes of superseded and present objects the window of events may hold. */
  readonly windowBytes: number;
}

// The one field besides name and namespace by which watches are indexed: every kubelet watches the Pods of its Node.
const indexedField = "spec.nodeName";

/** The objects of one kind, newest revision, with their recent changes and their watchers. */
export class KindCache {
  readonly prefix: string;
  #kind: Kind;
  #form: StoredForm;
  /** The revision of the last change of this kind. */
  lastChange = 0;
  #objects: OrderedMap<CachedObject> = createOrderedMap();
  readonly #windowBytes: number;
  #window: Change[] = [];
  #windowStart = 0;
  #bytes = 0;
  /** Watches may begin at this revision or later. */
  #oldest = 0;
  #isClosed = false;
  /** The last revision that all watchers were offered as a bookmark. */
  #bookmarked: number | undefined;
  readonly #watchers = new Set<Watcher>();
  readonly #wholeKind = new Set<Watcher>();
  // Made for the first watcher of their sort: most watchers are of the whole kind.
  #byNamespace: WatcherIndex | undefined;
  #byKey: WatcherIndex | undefined;
  #byField: WatcherIndex | undefined;
  readonly #listeners = new Set<(key: string) => void>();
  readonly #fieldOf: ((object: KubernetesObject) => string) | undefined;

  constructor({ kind, prefix, windowBytes }: KindCacheOptions) {
    this.#kind = kind;
    this.prefix = prefix;
    this.#form = storedFormOf(kind);
    this.#windowBytes = windowBytes;
    this.#fieldOf = kind.selectableFields[indexedField];
  }

  /** The kind in the version that objects are stored in now. */
  get kind(): Kind {
    return this.#kind;
  }

  /** The kind was declared anew: from now on objects are stored as another version. */
  become(kind: Kind): void {
    this.#kind = kind;
    this.#form = storedFormOf(kind);
  }

  /** An object from its stored bytes; its revision is spliced in, unless it has none yet. */
  cached(key: string, stored: Uint8Array, revision: number): CachedObject {
    const form = this.#formOf(stored);
    return revision === 0 ? new CachedObject(key, 0, stored, form) : CachedObject.stored(key, revision, stored, form);
  }

  /** One that is decoded already: the deep-frozen `object`, of this revision. */
  known(key: string, stored: StoredValue, revision: number, object: KubernetesObject): CachedObject {
    const form = this.#kind.values === undefined ? this.#form : this.#formOf(stored.value);
    return CachedObject.known(key, revision, stored, form, object);
  }

  /** The same for an object that stays in the cache. */
  kept(key: string, stored: Uint8Array, revision: number): CachedObject {
    return CachedObject.kept(key, revision, stored, this.#formOf(stored));
  }

  #formOf(stored: Uint8Array): StoredForm {
    return this.#kind.values === undefined ? this.#form : formOfBytes(this.#kind, this.#form, stored);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** All of them as they are now, by key. */
  objects(): OrderedMap<CachedObject> {
    return this.#objects.fork();
  }

  /** Whether watches can be found by the value of this field. */
  isIndexed(field: string): boolean {
    return field === indexedField && this.#fieldOf !== undefined;
  }

  keyOf(namespace: string, name: string): string {
    return namespace === "" ? this.prefix + name : `${this.prefix}${namespace}/${name}`;
  }

  /** What all keys of a namespace begin with; of the kind, when it is `""`. */
  prefixOf(namespace: string): string {
    return namespace === "" ? this.prefix : `${this.prefix}${namespace}/`;
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  /** Objects of the selection's namespace and name, in the order of keys; the rest of the selection isn't looked at. */
  *candidates({ namespace, name }: Selection, after?: string): Iterable<CachedObject> {
    if (name !== "" && (namespace !== "" || this.kind.scope === "Cluster")) {
      const object = this.#objects.get(this.keyOf(namespace, name));
      if (object !== undefined && (after === undefined || object.key > after)) yield object;
      return;
    }
    for (const object of this.#objects.values(this.prefixOf(namespace), after)) {
      if (name === "" || object.key.endsWith(`/${name}`)) yield object;
    }
  }

  /** How many objects a namespace (`""`: all of them) has after a key. */
  countAfter(namespace: string, after: string): number {
    return this.#objects.count(this.prefixOf(namespace), after);
  }

  /** Begins anew at a revision, with these objects. */
  load(objects: Iterable<CachedObject>, revision: number): void {
    const loaded = createOrderedMap<CachedObject>();
    for (const object of objects) loaded.set(object.key, object);
    this.adopt(loaded, revision);
  }

  /** The same with a map of objects that becomes the cache's own. */
  adopt(objects: OrderedMap<CachedObject>, revision: number): void {
    this.#objects = objects;
    // What was deleted last, and when, can't be told from what is left: before this revision only the store knows.
    this.lastChange = revision;
    this.#window = [];
    this.#windowStart = 0;
    this.#bytes = 0;
    this.#oldest = revision;
    for (const watcher of [...this.#watchers]) watcher.end();
  }

  put(object: CachedObject): void {
    const previous = this.#objects.get(object.key);
    this.#objects.set(object.key, object);
    this.#record({ revision: object.revision, object, previous });
  }

  delete(key: string, revision: number): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#record({ revision, object: undefined, previous });
  }

  /** The revision after which changes are still known. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Adds a watcher and offers it the changes after `after` that have happened already. */
  add(watcher: Watcher, after: number): void {
    if (this.#isClosed) return watcher.end();
    this.#watchers.add(watcher);
    this.#bookmarked = undefined;
    for (const set of this.#setsOf(watcher, true)) set.add(watcher);
    for (let index = this.#firstAfter(after); index < this.#window.length; index++) this.#offer(watcher, this.#window[index]!, {});
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    for (const set of this.#setsOf(watcher, false)) set.delete(watcher);
  }

  /** Offers a bookmark of this revision, up to which everything has come, to those who want one and weren't offered it yet. */
  bookmark(revision: number, bookmarkAt: (revision: number) => CachedObject): void {
    if (this.#bookmarked === revision) return;
    this.#bookmarked = revision;
    let bookmark: Delivery | undefined;
    for (const watcher of this.#watchers)
      if (watcher.wantsBookmark(this.#oldest)) watcher.offer((bookmark ??= { type: "BOOKMARK", object: bookmarkAt(revision) }));
  }

  /** Calls back after every change, with the key of the object. */
  onChange(listener: (key: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  endWatches(): void {
    for (const watcher of [...this.#watchers]) watcher.end();
  }

  /** Nothing comes any more: watches end, also those that begin from now on. */
  close(): void {
    this.#isClosed = true;
    this.endWatches();
  }

  #record(change: Change): void {
    this.lastChange = change.revision;
    this.#window.push(change);
    this.#bytes += sizeOf(change);
    while (this.#bytes > this.#windowBytes && this.#windowStart < this.#window.length) {
      const dropped = this.#window[this.#windowStart]!;
      // What is dropped must not be kept alive by its place in the array.
      this.#window[this.#windowStart++] = droppedChange;
      this.#bytes -= sizeOf(dropped);
      this.#oldest = dropped.revision;
    }
    if (this.#windowStart > 1024 && this.#windowStart * 2 > this.#window.length) {
      this.#window = this.#window.slice(this.#windowStart);
      this.#windowStart = 0;
    }
    this.#dispatch(change);
    if (this.#listeners.size > 0) for (const listener of this.#listeners) listener((change.object ?? change.previous!).key);
  }

  #dispatch(change: Change): void {
    if (this.#watchers.size === 0) return;
    const events: Events = {};
    for (const watcher of this.#wholeKind) this.#offer(watcher, change, events);
    const key = (change.object ?? change.previous!).key;
    if (this.#byKey !== undefined) this.#offerAll(this.#byKey.get(key), change, events);
    if (this.#byNamespace !== undefined && this.#byNamespace.size > 0) {
      const namespace = key.slice(this.prefix.length, key.indexOf("/", this.prefix.length));
      this.#offerAll(this.#byNamespace.get(namespace), change, events);
    }
    if (this.#byField !== undefined && this.#byField.size > 0) {
      const before = change.previous === undefined ? undefined : this.#fieldOf!(change.previous.object);
      const after = change.object === undefined ? undefined : this.#fieldOf!(change.object.object);
      if (before !== undefined) this.#offerAll(this.#byField.get(before), change, events);
      if (after !== undefined && after !== before) this.#offerAll(this.#byField.get(after), change, events);
    }
  }

  #offerAll(watchers: Set<Watcher> | undefined, change: Change, events: Events): void {
    if (watchers !== undefined) for (const watcher of watchers) this.#offer(watcher, change, events);
  }

  /** A change that makes an object match is an addition for the watcher; one that makes it match no longer, a deletion. */
  #offer(watcher: Watcher, change: Change, events: Events): void {
    const { object, previous, revision } = change;
    const isIn = object !== undefined && this.#selects(watcher.selection, object);
    const wasIn = previous !== undefined && this.#selects(watcher.selection, previous);
    if (isIn && wasIn) watcher.offer((events.modified ??= { type: "MODIFIED", object }));
    else if (isIn) watcher.offer((events.added ??= { type: "ADDED", object }));
    else if (wasIn) watcher.offer((events.deleted ??= { type: "DELETED", object: previous.at(revision) }));
  }

  #selects({ namespace, name, matches }: Selection, object: CachedObject): boolean {
    if (namespace !== "" && !object.key.startsWith(namespace, this.prefix.length)) return false;
    if (namespace !== "" && object.key[this.prefix.length + namespace.length] !== "/") return false;
    if (name !== "" && !object.key.endsWith(`/${name}`)) return false;
    return matches === undefined || matches(object.object);
  }

  #firstAfter(revision: number): number {
    let low = this.#windowStart;
    let high = this.#window.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#window[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #setsOf({ selection }: Watcher, make: boolean): readonly Set<Watcher>[] {
    const { namespace, name, indexed } = selection;
    if (name !== "" && (namespace !== "" || this.kind.scope === "Cluster"))
      return setIn((this.#byKey ??= new Map()), this.keyOf(namespace, name), make);
    if (indexed !== undefined) return setIn((this.#byField ??= new Map()), indexed, make);
    if (namespace !== "") return setIn((this.#byNamespace ??= new Map()), namespace, make);
    return [this.#wholeKind];
  }
}

// Objects of a kind that is declared at run time stay in the version in which they were written, until they are written again.
function formOfBytes(kind: Kind, form: StoredForm, stored: Uint8Array): StoredForm {
  const version = versionInBytes(kind, stored);
  return version === kind.version ? form : storedFormOf({ ...kind, version });
}

const decoder = new TextDecoder();

function versionInBytes({ kind, group }: Kind, stored: Uint8Array): string {
  const start = `{"kind":"${kind}","apiVersion":"${group}/`.length;
  return decoder.decode(stored.subarray(start, stored.indexOf(0x22, start)));
}

const droppedChange: Change = { revision: 0, object: undefined, previous: undefined };

// Roughly what a change holds besides the bytes.
const changeOverhead = 200;

function sizeOf({ object, previous }: Change): number {
  return (object?.size ?? 0) + (previous?.size ?? 0) + changeOverhead;
}

function setIn(index: WatcherIndex, value: string, make: boolean): readonly Set<Watcher>[] {
  const set = index.get(value);
  if (set !== undefined) {
    // The last watcher of a value takes the entry with it when it leaves.
    if (!make && set.size === 1) index.delete(value);
    return [set];
  }
  if (!make) return [];
  const made = new Set<Watcher>();
  index.set(value, made);
  return [made];
}

import { sameJson } from "../same-json.ts";
import { type FieldSet, member, noFields, union } from "./field-set.ts";
import { type PathElement, self, sortedElements } from "./path-element.ts";
import { deduce, isMap, itemElement, type JsonObject, type KeyedTopology, type StructTopology, type Topology } from "./topology.ts";

/** Which paths differ between two values. */
export interface Changes {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What is new or different: what its writer now owns. */
export function written({ added, modified }: Changes): FieldSet {
  return union(added, modified);
}

/** Compares two values; parts that both share cost nothing. */
export function changesBetween(topology: StructTopology, before: JsonObject, after: JsonObject): Changes {
  const { added = noFields, modified = noFields, removed = noFields } = compareStructs(topology, before, after) ?? {};
  return { added, modified, removed };
}

/** The changes at a value, as nodes: an empty one is a leaf that changed. Absent where nothing did. */
interface NodeChanges {
  readonly added?: FieldSet | undefined;
  readonly modified?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const replaced: NodeChanges = { modified: member };

/** `undefined`: nothing differs. A value that is `undefined` isn't there; one that is null is, and empty. */
function compare(topology: Topology, before: unknown, after: unknown): NodeChanges | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { added: wholeOf(topology, after) };
  if (after === undefined) return { removed: wholeOf(topology, before) };
  switch (topology.form) {
    case "leaf":
      return sameJson(before, after) ? undefined : replaced;
    case "struct":
      return compareStructs(topology, asMap(before), asMap(after));
    case "map":
      return compareMaps(topology.values, asMap(before), asMap(after));
    case "keyed":
    case "set":
      return compareLists(topology, asList(before), asList(after));
    case "deduced":
      if (isMap(before) === isMap(after)) return compare(deduce(before), before, after);
      return { removed: wholeOf(topology, before), added: wholeOf(topology, after) };
  }
}

function compareStructs({ sorted }: StructTopology, before: JsonObject, after: JsonObject): NodeChanges | undefined {
  const found = new ChangesBelow();
  for (const { element, read, topology } of sorted) {
    const old = read(before);
    const now = read(after);
    if (old !== now) found.add(element, compare(topology, old, now));
  }
  return found.changes;
}

function compareMaps(values: Topology, before: JsonObject, after: JsonObject): NodeChanges | undefined {
  const found = new ChangesBelow();
  for (const key of keysOfBoth(before, after)) {
    const old = ownOf(before, key);
    const now = ownOf(after, key);
    if (old !== now) found.add(`f:${key}`, compare(values, old, now));
  }
  return found.changes;
}

/** In order. */
function keysOfBoth(a: JsonObject, b: JsonObject): readonly string[] {
  const keys = Object.keys(b);
  for (const key of Object.keys(a)) if (!Object.hasOwn(b, key)) keys.push(key);
  return keys.length > 1 ? keys.sort() : keys;
}

function ownOf(map: JsonObject, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

type ListTopology = KeyedTopology | (Topology & { readonly form: "set" });

function compareLists(topology: ListTopology, before: readonly unknown[], after: readonly unknown[]): NodeChanges | undefined {
  const old = itemsByElement(topology, before);
  const now = itemsByElement(topology, after);
  const changed = new Map<PathElement, NodeChanges>();
  const compareAt = (element: PathElement): void => {
    const changes = compareItems(topology, old.get(element) ?? none, now.get(element) ?? none);
    if (changes !== undefined) changed.set(element, changes);
  };
  for (const element of now.keys()) compareAt(element);
  for (const element of old.keys()) if (!now.has(element)) compareAt(element);
  if (changed.size === 0) return undefined;
  // Only what has changed has to be in order, which is the exception: telling the order of items takes reading their elements.
  const found = new ChangesBelow();
  for (const element of changed.size > 1 ? sortedElements([...changed.keys()]) : changed.keys()) found.add(element, changed.get(element));
  return found.changes;
}

const none: readonly unknown[] = [];

/** Items of one element: usually one on each side. Those that can't be told apart count as one leaf together. */
function compareItems(topology: ListTopology, before: readonly unknown[], after: readonly unknown[]): NodeChanges | undefined {
  if (before.length <= 1 && after.length <= 1) return compare(itemsOf(topology), before[0], after[0]);
  if (before.length > 1 && after.length > 1) return sameJson(before, after) ? undefined : replaced;
  if (before.length > 1) {
    return { ...(after.length === 0 ? {} : compare(itemsOf(topology), undefined, after[0])), removed: member };
  }
  return { ...(before.length === 0 ? {} : compare(itemsOf(topology), before[0], undefined)), added: member };
}

const scalar: Topology = { form: "leaf" };

export function itemsOf(topology: ListTopology): Topology {
  return topology.form === "set" ? scalar : topology.items;
}

export function itemsByElement(topology: ListTopology, items: readonly unknown[]): ReadonlyMap<PathElement, readonly unknown[]> {
  const found = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = itemElement(topology, item);
    const known = found.get(element);
    if (known === undefined) found.set(element, [item]);
    else known.push(item);
  }
  return found;
}

/** Everything in a value that appears or disappears as a whole: its leaves, and every container on the way to them. */
export function wholeOf(topology: Topology, value: unknown): FieldSet {
  switch (topology.form) {
    case "leaf":
      return member;
    case "deduced":
      return wholeOf(deduce(value), value);
    case "struct": {
      const node: Record<PathElement, FieldSet> = { [self]: member };
      let isEmpty = true;
      const map = asMap(value);
      for (const { element, read, topology: inner } of topology.sorted) {
        const given = read(map);
        if (given === undefined) continue;
        node[element] = wholeOf(inner, given);
        isEmpty = false;
      }
      return isEmpty ? member : node;
    }
    case "map": {
      const map = asMap(value);
      const node: Record<PathElement, FieldSet> = { [self]: member };
      const keys = keysOfBoth(emptyMap, map);
      for (const key of keys) node[`f:${key}`] = wholeOf(topology.values, map[key]);
      return keys.length === 0 ? member : node;
    }
    case "keyed":
    case "set": {
      const node: Record<PathElement, FieldSet> = { [self]: member };
      const items = itemsByElement(topology, asList(value));
      for (const element of items.size > 1 ? sortedElements([...items.keys()]) : items.keys()) {
        const same = items.get(element)!;
        node[element] = same.length > 1 ? member : wholeOf(itemsOf(topology), same[0]);
      }
      return items.size === 0 ? member : node;
    }
  }
}

function asMap(value: unknown): JsonObject {
  return isMap(value) ? value : emptyMap;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

const emptyMap: JsonObject = Object.freeze({});

/** The changes of what is below a value, gathered element by element in the order of elements. */
class ChangesBelow {
  #added: Record<PathElement, FieldSet> | undefined;
  #modified: Record<PathElement, FieldSet> | undefined;
  #removed: Record<PathElement, FieldSet> | undefined;

  add(element: PathElement, changes: NodeChanges | undefined): void {
    if (changes === undefined) return;
    const { added, modified, removed } = changes;
    if (added !== undefined) (this.#added ??= {})[element] = added;
    if (modified !== undefined) (this.#modified ??= {})[element] = modified;
    if (removed !== undefined) (this.#removed ??= {})[element] = removed;
  }

  get changes(): NodeChanges | undefined {
    if (this.#added === undefined && this.#modified === undefined && this.#removed === undefined) return undefined;
    return { added: this.#added, modified: this.#modified, removed: this.#removed };
  }
}

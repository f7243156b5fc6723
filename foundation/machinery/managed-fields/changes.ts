import { sameJson } from "../same-json.ts";
import { type FieldSet, member, noFields, nodeOf, union } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
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
  for (const key of Object.keys(after)) found.add(`f:${key}`, compare(values, ownOf(before, key), after[key]));
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) found.add(`f:${key}`, compare(values, before[key], undefined));
  return found.changes;
}

function ownOf(map: JsonObject, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

type ListTopology = KeyedTopology | (Topology & { readonly form: "set" });

function compareLists(topology: ListTopology, before: readonly unknown[], after: readonly unknown[]): NodeChanges | undefined {
  const found = new ChangesBelow();
  const old = itemsByElement(topology, before);
  const now = itemsByElement(topology, after);
  for (const [element, items] of now) found.add(element, compareItems(topology, old.get(element) ?? [], items));
  for (const [element, items] of old) if (!now.has(element)) found.add(element, compareItems(topology, items, []));
  return found.changes;
}

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
      const node: Record<PathElement, FieldSet> = { ".": member };
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
      const below = new Map<PathElement, FieldSet>();
      for (const [key, inner] of Object.entries(asMap(value))) below.set(`f:${key}`, wholeOf(topology.values, inner));
      return nodeOf(below, true);
    }
    case "keyed":
    case "set": {
      const below = new Map<PathElement, FieldSet>();
      for (const [element, items] of itemsByElement(topology, asList(value))) {
        below.set(element, items.length > 1 ? member : wholeOf(itemsOf(topology), items[0]));
      }
      return nodeOf(below, true);
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

/** The changes of what is below a value, gathered element by element. */
class ChangesBelow {
  #added: Map<PathElement, FieldSet> | undefined;
  #modified: Map<PathElement, FieldSet> | undefined;
  #removed: Map<PathElement, FieldSet> | undefined;

  add(element: PathElement, changes: NodeChanges | undefined): void {
    if (changes === undefined) return;
    const { added, modified, removed } = changes;
    if (added !== undefined) (this.#added ??= new Map()).set(element, added);
    if (modified !== undefined) (this.#modified ??= new Map()).set(element, modified);
    if (removed !== undefined) (this.#removed ??= new Map()).set(element, removed);
  }

  get changes(): NodeChanges | undefined {
    if (this.#added === undefined && this.#modified === undefined && this.#removed === undefined) return undefined;
    return { added: setOf(this.#added), modified: setOf(this.#modified), removed: setOf(this.#removed) };
  }
}

function setOf(below: ReadonlyMap<PathElement, FieldSet> | undefined): FieldSet | undefined {
  return below === undefined ? undefined : nodeOf(below, false);
}

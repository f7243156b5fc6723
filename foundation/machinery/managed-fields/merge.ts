import { setOwn } from "../schema-fields.ts";
import { itemsOf } from "./changes.ts";
import { type FieldSet, isEmptySet, member, nodeOf } from "./field-set.ts";
import { type PathElement, self } from "./path-element.ts";
import { deduce, isMap, itemElement, type JsonObject, type KeyedTopology, type StructTopology, type Topology } from "./topology.ts";

/** The live object with what the configuration says: leaves replaced, maps and lists merged as their topology asks. */
export function merged(topology: StructTopology, live: JsonObject, config: JsonObject): JsonObject {
  return mergedValue(topology, live, config) as JsonObject;
}

function mergedValue(topology: Topology, live: unknown, config: unknown): unknown {
  if (config === undefined || live === config) return live;
  if (live === undefined || live === null) return config;
  switch (topology.form) {
    case "leaf":
      return config;
    case "struct":
      return mergedMaps(live, config, (name) => topology.fields.get(name)?.topology ?? leaf);
    case "map":
      return mergedMaps(live, config, () => topology.values);
    case "deduced":
      return isMap(live) && isMap(config) ? mergedValue(deduce(config), live, config) : config;
    case "keyed":
    case "set":
      if (!Array.isArray(config) || !Array.isArray(live)) return config === null ? live : config;
      return mergedLists(topology, live, config);
  }
}

const leaf: Topology = { form: "leaf" };

function mergedMaps(live: unknown, config: unknown, topologyOf: (name: string) => Topology): unknown {
  if (!isMap(live) || !isMap(config)) return config === null ? live : config;
  const result: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(config)) {
    setOwn(result, name, mergedValue(topologyOf(name), Object.hasOwn(live, name) ? live[name] : undefined, value));
  }
  return result;
}

type ListTopology = KeyedTopology | (Topology & { readonly form: "set" });

interface Item {
  readonly element: PathElement;
  readonly value: unknown;
}

/**
 * The items of both: those of the configuration in its order, those of the live list alone where they stood, before the item of the
 * configuration that they came before.
 */
function mergedLists(topology: ListTopology, live: readonly unknown[], config: readonly unknown[]): readonly unknown[] {
  const inner = itemsOf(topology);
  const mine = config.map((value): Item => ({ element: itemElement(topology, value), value }));
  const theirs = live.map((value): Item => ({ element: itemElement(topology, value), value }));
  const wanted = new Set(mine.map(({ element }) => element));
  const present = singles(theirs);
  // Where both have an item, it pins the two orders together; live items between two pins stay between them.
  const shared = mine.filter(({ element }) => theirs.some((item) => item.element === element)).map(({ element }) => element);
  const result: unknown[] = [];
  let nextShared = 0;
  let their = 0;
  let my = 0;
  const takeMine = (): void => {
    const { element, value } = mine[my++]!;
    result.push(mergedValue(inner, present.get(element), value));
    if (shared[nextShared] === element) nextShared++;
  };
  while (their < theirs.length || my < mine.length) {
    const item = theirs[their];
    if (item === undefined) takeMine();
    else if (item.element === mine[my]?.element) {
      takeMine();
      their++;
    } else if (!wanted.has(item.element)) {
      result.push(item.value);
      their++;
    } else if (my < mine.length && shared[nextShared] === item.element) takeMine();
    // An item that both have, but not at this turn: it stands where the configuration has it.
    else their++;
  }
  return result;
}

function singles(items: readonly Item[]): ReadonlyMap<PathElement, unknown> {
  const found = new Map<PathElement, unknown>();
  for (const { element, value } of items) found.set(element, found.has(element) ? undefined : value);
  return found;
}

/** The value without the members of the set: fields, entries of maps, items of lists. A container of which nothing is left is null. */
export function without(topology: StructTopology, value: JsonObject, removed: FieldSet): JsonObject {
  return withoutBelow(topology, value, removed) as JsonObject;
}

function withoutBelow(topology: Topology, value: unknown, removed: FieldSet): unknown {
  if (isEmptySet(removed)) return value;
  switch (topology.form) {
    case "leaf":
      return value;
    case "deduced":
      return isMap(value) ? withoutBelow(deduce(value), value, removed) : value;
    case "struct":
      return withoutEntries(value, removed, (name) => topology.fields.get(name)?.topology ?? leaf);
    case "map":
      return withoutEntries(value, removed, () => topology.values);
    case "keyed":
    case "set": {
      if (!Array.isArray(value)) return value;
      const rest = value.flatMap((item): readonly unknown[] => {
        const node = removed[itemElement(topology, item)];
        if (node === undefined) return [item];
        return isMember(node) ? [] : [withoutBelow(itemsOf(topology), item, node)];
      });
      return rest.length === 0 ? null : rest;
    }
  }
}

function withoutEntries(value: unknown, removed: FieldSet, topologyOf: (name: string) => Topology): unknown {
  if (!isMap(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const node = removed[`f:${name}`];
    if (node === undefined) setOwn(result, name, inner);
    else if (!isMember(node)) setOwn(result, name, withoutBelow(topologyOf(name), inner, node));
  }
  return Object.keys(result).length === 0 ? null : result;
}

function isMember(node: FieldSet): boolean {
  return node[self] !== undefined || isEmptySet(node);
}

/** The set with every named field on the way to a member as a member too: who owns `spec.replicas` names `spec`. */
export function withNamedFields(topology: Topology, set: FieldSet): FieldSet {
  return named(topology, set, false);
}

function named(topology: Topology, node: FieldSet, marks: boolean): FieldSet {
  if (isEmptySet(node)) return node;
  const below = new Map<PathElement, FieldSet>();
  for (const element of Object.keys(node)) {
    if (element === self) continue;
    const inner = stepInto(topology, element);
    below.set(element, named(inner.topology, node[element]!, inner.isField));
  }
  return below.size === 0 ? member : nodeOf(below, marks || node[self] !== undefined);
}

function stepInto(topology: Topology, element: PathElement): { readonly topology: Topology; readonly isField: boolean } {
  switch (topology.form) {
    case "struct": {
      const field = topology.fields.get(element.slice(2));
      return { topology: field?.topology ?? leaf, isField: field !== undefined };
    }
    case "map":
      return { topology: topology.values, isField: false };
    case "keyed":
    case "set":
      return { topology: itemsOf(topology), isField: false };
    case "deduced":
      return { topology, isField: false };
    case "leaf":
      return { topology, isField: false };
  }
}

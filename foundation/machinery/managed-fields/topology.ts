import { dropsZero, isZero, type JsonField, jsonFieldsOf } from "../schema-fields.ts";
import type { Field, ObjectNode, SchemaNode } from "../schema.ts";
import { keyElement, type PathElement, valueElement } from "./path-element.ts";

/** How apply sees a value: what of it can be owned by itself, and how it is merged. Follows from the schema. */
export type Topology =
  /** Owned and replaced as a whole. */
  | { readonly form: "leaf"; readonly node?: SchemaNode }
  | StructTopology
  | { readonly form: "map"; readonly values: Topology }
  | KeyedTopology
  | { readonly form: "set"; readonly node: SchemaNode }
  /** No schema: maps key by key, everything else as a whole. */
  | { readonly form: "deduced" };

/** An object whose fields are known. */
export interface StructTopology {
  readonly form: "struct";
  readonly fields: ReadonlyMap<string, FieldTopology>;
  /** By name, as `FieldsV1` writes them. */
  readonly sorted: readonly FieldTopology[];
}

export interface FieldTopology {
  readonly name: string;
  readonly element: PathElement;
  readonly topology: Topology;
  /** The value as Go has it in the object: what is there though it isn't written, and absent what isn't written though it is there. */
  readonly read: (object: JsonObject) => unknown;
}

/** A list whose items are told apart by some of their fields. */
export interface KeyedTopology {
  readonly form: "keyed";
  /** By name. */
  readonly keys: readonly { readonly name: string; readonly default: unknown }[];
  readonly items: Topology;
}

export type JsonObject = Readonly<Record<string, unknown>>;

const leaf: Topology = { form: "leaf" };
export const deduced: Topology = { form: "deduced" };
const emptyObject: JsonObject = Object.freeze({});

const structs = new WeakMap<ObjectNode, StructTopology>();

/** The topology of an object type. */
export function structOf(node: ObjectNode): StructTopology {
  let known = structs.get(node);
  if (known === undefined) {
    known = makeStruct(jsonFieldsOf(node));
    structs.set(node, known);
  }
  return known;
}

function makeStruct(entries: readonly JsonField[]): StructTopology {
  // Made at the first use: a type may hold itself.
  let made: readonly FieldTopology[] | undefined;
  let byName: ReadonlyMap<string, FieldTopology> | undefined;
  return {
    form: "struct",
    get sorted() {
      return (made ??= entries.map(fieldTopology).toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    },
    get fields() {
      return (byName ??= new Map(this.sorted.map((field) => [field.name, field])));
    },
  };
}

/** The struct without some of its fields. */
export function withoutFields(struct: StructTopology, leavesOut: (name: string) => boolean): StructTopology {
  const sorted = struct.sorted.filter(({ name }) => !leavesOut(name));
  return { form: "struct", sorted, fields: new Map(sorted.map((field) => [field.name, field])) };
}

/** The struct with the topology of one field replaced. */
export function withField(struct: StructTopology, name: string, topology: Topology): StructTopology {
  const sorted = struct.sorted.map((field) => (field.name === name ? { ...field, topology } : field));
  return { form: "struct", sorted, fields: new Map(sorted.map((field) => [field.name, field])) };
}

function fieldTopology(entry: JsonField): FieldTopology {
  const { name, field, node } = entry;
  return { name, element: `f:${name}`, topology: topologyOf(node, field), read: readerOf(entry) };
}

/**
 * Go's structs hold structs that are no pointers, and lists that are always written, also where they are empty; on the other hand it
 * leaves out zeros that objects as read have.
 */
function readerOf(entry: JsonField): (object: JsonObject) => unknown {
  const { name, field, node } = entry;
  const isPointer = field.presence === "pointer";
  const implicit = isPointer ? undefined : node.type === "object" ? emptyObject : field.required ? null : undefined;
  if (!dropsZero(entry)) return (object) => object[name] ?? implicit;
  return (object) => {
    const value = object[name];
    return value === undefined || value === null || isZero(value) ? implicit : value;
  };
}

type Merging = Pick<Field<unknown>, "listType" | "mapKeys" | "mapType">;

/** How a value of the schema is merged; the field that holds it says more of lists and maps. */
export function topologyOf(node: SchemaNode, { listType, mapKeys = [], mapType }: Merging = {}): Topology {
  switch (node.type) {
    case "object":
      return node.atomic || mapType === "atomic" ? leaf : structOf(node);
    case "map":
      return mapType === "atomic" ? leaf : { form: "map", values: topologyOf(node.values) };
    case "list":
      if (listType === "set") return { form: "set", node: node.items };
      if (listType !== "map" || node.items.type !== "object") return leaf;
      return { form: "keyed", keys: keysOf(node.items, mapKeys), items: structOf(node.items) };
    case "json":
      return node.granular === true ? deduced : leaf;
    default:
      return { form: "leaf", node };
  }
}

function keysOf(items: ObjectNode, names: readonly string[]): KeyedTopology["keys"] {
  const fields = new Map(jsonFieldsOf(items).map(({ name, field }) => [name, field]));
  return names.toSorted().map((name) => ({ name, default: fields.get(name)?.default }));
}

/** What the item of an associative list is told apart by; `undefined` when it has none of the keys. */
export function keyedElement({ keys }: KeyedTopology, item: unknown): PathElement | undefined {
  if (!isMap(item)) return undefined;
  const found: [string, unknown][] = [];
  for (const { name, default: fallback } of keys) {
    const value = item[name] ?? fallback;
    if (value !== undefined) found.push([name, value]);
  }
  return found.length === 0 ? undefined : keyElement(found);
}

/** The element of a list's item. Items that can't be told apart share one. */
export function itemElement(topology: KeyedTopology | (Topology & { readonly form: "set" }), item: unknown): PathElement {
  return topology.form === "set" ? valueElement(item) : (keyedElement(topology, item) ?? "k:{}");
}

/** How a value without a schema is seen. */
export function deduce(value: unknown): Topology {
  return isMap(value) ? { form: "map", values: deduced } : leaf;
}

export function isMap(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

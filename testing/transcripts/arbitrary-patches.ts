import type { ObjectNode, Random, SchemaNode } from "@kubets/machinery";

export type JsonObject = Readonly<Record<string, unknown>>;

const texts: readonly string[] = ["a", "b", "c", "d"];
const numbers: readonly number[] = [80, 81, 82, 83];
/** What says which object it is, which no patch changes. */
const identity: ReadonlySet<string> = new Set(["apiVersion", "kind", "name", "namespace"]);

/** A few of the fields of a type, in few values, so that an object and a patch often speak of the same. What is drawn follows from `random`. */
export function arbitraryObject(node: ObjectNode, random: Random): JsonObject {
  return objectOf(node, random, 0);
}

/**
 * A strategic merge patch of the object: some of its fields with other values or null, some fields that it lacks, items of its lists by
 * their merge keys, and now and then an instruction.
 */
export function arbitraryPatch(node: ObjectNode, object: JsonObject, random: Random): JsonObject {
  return patchOf(node, object, random, 0);
}

function chance(random: Random, share: number): boolean {
  return random.fraction() < share;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.fraction() * items.length)]!;
}

/** How many fields an object has: fewer the deeper it lies. */
function sharesOf(node: ObjectNode, depth: number): number {
  return Math.min(1, (depth < 2 ? 6 : 3) / Math.max(1, Object.keys(node.fields()).length));
}

function objectOf(node: ObjectNode, random: Random, depth: number): JsonObject {
  if (depth > 9) return {};
  const share = sharesOf(node, depth);
  const fields = Object.entries(node.fields()).filter(([name, { schema }]) => {
    const isDeep = schema.node.type === "object" || schema.node.type === "list";
    return name === "spec" || chance(random, isDeep && depth < 5 ? Math.min(1, share * 1.5) : share);
  });
  return Object.fromEntries(fields.map(([name, { schema, mergeKey }]) => [name, valueOf(schema.node, mergeKey, random, depth + 1)]));
}

function valueOf(node: SchemaNode, mergeKey: string | undefined, random: Random, depth: number): unknown {
  switch (node.type) {
    case "object":
      return objectOf(node, random, depth);
    case "list":
      return listOf(node.items, mergeKey, random, depth);
    case "map":
      return Object.fromEntries(
        texts.filter(() => chance(random, 0.4)).map((key) => [key, valueOf(node.values, undefined, random, depth + 1)]),
      );
    case "integer":
    case "number":
      return pick(random, numbers);
    case "boolean":
      return chance(random, 0.5);
    default:
      return pick(random, texts);
  }
}

function listOf(items: SchemaNode, mergeKey: string | undefined, random: Random, depth: number): readonly unknown[] {
  if (mergeKey === undefined || items.type !== "object") {
    const drawn = Array.from({ length: Math.floor(random.fraction() * 3) }, () => valueOf(items, undefined, random, depth + 1));
    // Lists of texts that merge are sets.
    return items.type === "object" ? drawn : [...new Set(drawn)];
  }
  const keys: readonly unknown[] = keysOf(items, mergeKey).filter(() => chance(random, 0.5));
  return keys.map((key) => ({ ...objectOf(items, random, depth + 1), [mergeKey]: key }));
}

function keysOf(items: ObjectNode, mergeKey: string): readonly unknown[] {
  return items.fields()[mergeKey]?.schema.node.type === "integer" ? numbers : texts;
}

function patchOf(node: ObjectNode, object: JsonObject, random: Random, depth: number): JsonObject {
  const present = Object.keys(object);
  const fields = Object.entries(node.fields()).filter(([name]) => {
    if (depth < 2 && identity.has(name)) return false;
    return chance(random, present.includes(name) ? 0.6 : sharesOf(node, depth) / 3);
  });
  const patch = Object.fromEntries(
    fields.map(([name, { schema, mergeKey }]) => [name, patchedValue(schema.node, mergeKey, object[name], random, depth + 1)]),
  );
  return depth > 1 && chance(random, 0.05) ? { ...patch, $patch: pick(random, ["replace", "delete", "merge"]) } : patch;
}

function patchedValue(node: SchemaNode, mergeKey: string | undefined, value: unknown, random: Random, depth: number): unknown {
  // Without metadata an object has no name to be told apart by.
  if (depth > 1 && chance(random, 0.12)) return null;
  if (node.type === "object" && isObject(value)) return patchOf(node, value, random, depth);
  if (node.type === "list" && node.items.type === "object" && mergeKey !== undefined)
    return patchedItems(node.items, mergeKey, value, random, depth);
  return valueOf(node, mergeKey, random, depth);
}

function patchedItems(items: ObjectNode, mergeKey: string, value: unknown, random: Random, depth: number): readonly unknown[] {
  const present = new Map((Array.isArray(value) ? (value as readonly JsonObject[]) : []).map((item) => [item[mergeKey], item]));
  return keysOf(items, mergeKey)
    .filter(() => chance(random, 0.5))
    .map((key) => {
      if (chance(random, 0.15)) return { [mergeKey]: key, $patch: "delete" };
      const item = present.get(key);
      const { [mergeKey]: _key, ...patch } =
        item === undefined ? objectOf(items, random, depth + 1) : patchOf(items, item, random, depth + 1);
      return { ...patch, [mergeKey]: key };
    });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

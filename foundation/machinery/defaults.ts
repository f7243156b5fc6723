import { decodeObject } from "./decode.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { knownSpec } from "./known-specs.ts";
import { isZero, jsonFieldsOf, setOwn } from "./schema-fields.ts";
import type { ObjectNode, Schema, SchemaNode } from "./schema.ts";

/**
 * Fills in the defaults of the schema wherever a field is absent (or, where upstream can't tell, zero): in objects, in the items
 * of lists and in the values of maps. What is filled in stands where the schema has it. Answers the same object when there is
 * nothing to fill in, and keeps every part that needs nothing; what was filled in is shared and frozen.
 *
 * `complete` is an object that has its defaults: the parts of it that `object` shares, the very same, aren't looked at again.
 */
export function applyDefaults<T>(schema: Schema<T>, object: T, complete?: T): T {
  const fill = fillerOf(schema.node);
  return fill === undefined ? object : (fill(object, complete) as T);
}

/** `complete`: a value in its place that has its defaults, if there is one. */
type Filler = (value: unknown, complete: unknown) => unknown;

/** `undefined`: nothing below has a default. `"pending"`: is being asked further up, in a type that holds itself. */
const fillers = new WeakMap<SchemaNode, { readonly fill: Filler | undefined }>();

function fillerOf(node: SchemaNode): Filler | undefined {
  let known = fillers.get(node);
  if (known === undefined) {
    known = { fill: mayHaveDefaults(node, new Set()) ? compile(node) : undefined };
    fillers.set(node, known);
  }
  return known.fill;
}

function mayHaveDefaults(node: SchemaNode, seen: Set<SchemaNode>): boolean {
  if (seen.has(node)) return false;
  seen.add(node);
  switch (node.type) {
    case "object":
      return jsonFieldsOf(node).some(({ field, node: inner }) => field.default !== undefined || mayHaveDefaults(inner, seen));
    case "list":
      return mayHaveDefaults(node.items, seen);
    case "map":
      return mayHaveDefaults(node.values, seen);
    default:
      return false;
  }
}

function compile(node: SchemaNode): Filler | undefined {
  switch (node.type) {
    case "object":
      return objectFiller(node);
    case "list":
      return listFiller(node.items);
    case "map":
      return mapFiller(node.values);
    default:
      return undefined;
  }
}

interface Step {
  readonly name: string;
  readonly index: number;
  readonly fill: Filler | undefined;
  /** The default with its own defaults filled in; `undefined`: has none. */
  readonly value: unknown;
  /** Upstream can't tell zero from absent, so the default takes its place. */
  readonly replacesZero: boolean;
}

interface Plan {
  readonly steps: readonly Step[];
  readonly indexOf: ReadonlyMap<string, number>;
}

function planOf(node: ObjectNode): Plan {
  const fields = jsonFieldsOf(node);
  const steps = fields.flatMap(({ name, field, node: inner }, index): readonly Step[] => {
    const fill = fillerOf(inner);
    if (fill === undefined && field.default === undefined) return [];
    const value = field.default === undefined ? undefined : deepFreeze(completeDefault(field.schema, field.default));
    const replacesZero = field.presence !== "pointer" && inner.type !== "object" && value !== undefined && !isZero(value);
    return [{ name, index, fill: name === "spec" && fill !== undefined ? specFiller(inner, fill) : fill, value, replacesZero }];
  });
  return { steps, indexOf: new Map(fields.map(({ name }, index) => [name, index])) };
}

function completeDefault(schema: Schema<unknown>, value: unknown): unknown {
  return applyDefaults(schema, decodeObject(schema, value).object);
}

function objectFiller(node: ObjectNode): Filler {
  // Made at the first use: a type may hold itself.
  let plan: Plan | undefined;
  return (value, complete) => {
    if (value === complete) return value;
    plan ??= planOf(node);
    const object = value as Readonly<Record<string, unknown>>;
    const known = complete as Readonly<Record<string, unknown>> | undefined;
    let changed: Record<string, unknown> | undefined;
    let added: Step[] | undefined;
    for (const step of plan.steps) {
      const given = object[step.name];
      if (given === undefined || (step.replacesZero && isZero(given))) {
        if (step.value !== undefined) (added ??= []).push(step);
      } else if (step.fill !== undefined) {
        const filled = step.fill(given, known?.[step.name]);
        if (filled !== given) (changed ??= {})[step.name] = filled;
      }
    }
    if (added !== undefined) return insert(object, changed, added, plan.indexOf);
    return changed === undefined ? object : { ...object, ...changed };
  };
}

function specFiller(node: SchemaNode, fill: Filler): Filler {
  return (value, complete) => (value === complete ? value : (knownSpec(node, value)?.complete ?? fill(value, complete)));
}

/** `object` with `changed` instead of what it has, and `added` at their places in the order of the schema. */
function insert(
  object: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>> | undefined,
  added: readonly Step[],
  indexOf: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  let next = 0;
  for (const name in object) {
    const index = indexOf.get(name) ?? Infinity;
    while (next < added.length && added[next]!.index <= index) {
      const step = added[next++]!;
      result[step.name] = step.value;
    }
    // A zero that a default replaces has been written already.
    if (Object.hasOwn(result, name)) continue;
    result[name] = changed !== undefined && Object.hasOwn(changed, name) ? changed[name] : object[name];
  }
  for (; next < added.length; next++) result[added[next]!.name] = added[next]!.value;
  return result;
}

function listFiller(items: SchemaNode): Filler {
  const fill = fillerOf(items)!;
  return (value, complete) => {
    if (value === complete) return value;
    const list = value as readonly unknown[];
    const known = complete as readonly unknown[] | undefined;
    let changed: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const filled = fill(list[index], known?.[index]);
      if (filled !== list[index]) (changed ??= list.slice())[index] = filled;
    }
    return changed ?? list;
  };
}

function mapFiller(values: SchemaNode): Filler {
  const fill = fillerOf(values)!;
  return (value, complete) => {
    if (value === complete) return value;
    const map = value as Readonly<Record<string, unknown>>;
    let changed: Record<string, unknown> | undefined;
    for (const key in map) {
      const filled = fill(map[key], undefined);
      if (filled !== map[key]) setOwn((changed ??= { ...map }), key, filled);
    }
    return changed ?? map;
  };
}

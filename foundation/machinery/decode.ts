import { DecodePosition } from "./decode-position.ts";
import { type Decoder, hasZero, scalarDecoder, zeroOf } from "./decode-scalars.ts";
import { goStructName } from "./go-types.ts";
import { knownSpec } from "./known-specs.ts";
import { dropsZero, isZero, jsonFieldsOf, setOwn } from "./schema-fields.ts";
import type { EitherNode, ObjectNode, Schema, SchemaNode } from "./schema.ts";

export interface DecodeOptions {
  /** How deep lists, maps and objects may nest; see `parseJson`. */
  readonly maxDepth?: number;
}

export interface Decoded<T> {
  readonly object: T;
  /** In upstream's words, such as `unknown field "spec.foo"`; the first hundred. */
  readonly unknownFields: readonly string[];
}

/**
 * Reads a JSON value as an object of the schema, as Go would into its types.
 *
 * The object is in the form in which upstream writes it: fields in their order, keys of maps sorted, unknown fields, nulls and
 * zeros that Go leaves out dropped, fields that Go always writes present; quantities, times and durations canonical. Defaults
 * are not filled in: that is `applyDefaults`. What needs no change is not copied, so `value` must not be changed afterwards.
 *
 * Throws `BadRequest` in upstream's words for a value of the wrong type.
 *
 * @example
 * decodeObject(replicaSet, { spec: { replicas: "3" } });
 * // throws: json: cannot unmarshal string into Go struct field ReplicaSetSpec.spec.replicas of type int32
 */
export function decodeObject<T>(schema: Schema<T>, value: unknown, { maxDepth = 1_000 }: DecodeOptions = {}): Decoded<T> {
  const at = new DecodePosition(maxDepth);
  const object = decoderOf(schema.node)(value, at) as T;
  return { object, unknownFields: at.unknownFields };
}

/**
 * The form in which an object is written: what {@link decodeObject} answers for it. Zeros that were filled in as defaults for
 * the reader's sake are left out again.
 */
export function encodeObject<T>(schema: Schema<T>, object: T): T {
  return decoderOf(schema.node)(object, new DecodePosition(1_000)) as T;
}

const decoders = new WeakMap<SchemaNode, Decoder>();

function decoderOf(node: SchemaNode): Decoder {
  let decoder = decoders.get(node);
  if (decoder === undefined) {
    decoder = compile(node);
    decoders.set(node, decoder);
  }
  return decoder;
}

function compile(node: SchemaNode): Decoder {
  switch (node.type) {
    case "object":
      return objectDecoder(node);
    case "map":
      return mapDecoder(node);
    case "list":
      return listDecoder(node);
    case "either":
      return eitherDecoder(node);
    default:
      return scalarDecoder(node);
  }
}

interface FieldPlan {
  readonly index: number;
  readonly name: string;
  readonly decode: Decoder;
  readonly dropsZero: boolean;
  /** Go writes the field always: what stands for it where it is missing. */
  readonly zero: (() => unknown) | undefined;
}

interface ObjectPlan {
  readonly byName: ReadonlyMap<string, FieldPlan>;
  readonly alwaysWritten: readonly FieldPlan[];
}

function planOf(node: ObjectNode): ObjectPlan {
  const fields = jsonFieldsOf(node).map((entry, index): FieldPlan => {
    const { field } = entry;
    return {
      index,
      name: entry.name,
      decode: entry.name === "spec" ? specDecoder(entry.node) : decoderOf(entry.node),
      dropsZero: dropsZero(entry),
      zero: field.required && field.presence !== "pointer" && hasZero(entry.node) ? () => zero(entry.node) : undefined,
    };
  });
  return {
    byName: new Map(fields.map((field) => [field.name, field])),
    alwaysWritten: fields.filter((field) => field.zero !== undefined),
  };
}

function specDecoder(node: SchemaNode): Decoder {
  const decode = decoderOf(node);
  return (value, at) => knownSpec(node, value)?.written ?? decode(value, at);
}

function objectDecoder(node: ObjectNode): Decoder {
  // Made at the first use: a type may hold itself.
  let plan: ObjectPlan | undefined;
  const struct = goStructName(node.name);
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw at.mismatch(value, node);
    plan ??= planOf(node);
    const { byName, alwaysWritten } = plan;
    const source = value as Readonly<Record<string, unknown>>;
    const outer = at.enter(struct);
    // Made when the first difference shows: most objects are read as they were written.
    let rebuilt: Entries | undefined;
    let last = -1;
    let present = 0;
    let written = 0;
    for (const name in source) {
      const field = byName.get(name);
      const given = source[name];
      if (field === undefined || given === null || given === undefined) {
        if (field === undefined) at.unknownField(name);
        rebuilt ??= firstEntries(source, present, byName);
        continue;
      }
      at.step = name;
      const decoded = field.decode(given, at);
      if (field.dropsZero && isZero(decoded)) {
        rebuilt ??= firstEntries(source, present, byName);
        continue;
      }
      if (field.zero !== undefined) written++;
      if (rebuilt === undefined && (decoded !== given || field.index < last)) rebuilt = firstEntries(source, present, byName);
      if (rebuilt !== undefined) addEntry(rebuilt, field, decoded);
      last = field.index;
      present++;
    }
    at.leave(outer);
    if (written < alwaysWritten.length) {
      rebuilt ??= firstEntries(source, present, byName);
      for (const field of alwaysWritten) if (!rebuilt.fields.includes(field)) addEntry(rebuilt, field, field.zero!());
    }
    return rebuilt === undefined ? value : objectOf(rebuilt);
  };
}

/** Fields with their values, in the order of the schema. */
interface Entries {
  readonly fields: FieldPlan[];
  readonly values: unknown[];
}

/** The first `count` fields of an object, which are in order and as they should be. */
function firstEntries(source: Readonly<Record<string, unknown>>, count: number, byName: ReadonlyMap<string, FieldPlan>): Entries {
  const entries: Entries = { fields: [], values: [] };
  for (const name in source) {
    if (entries.fields.length === count) break;
    entries.fields.push(byName.get(name)!);
    entries.values.push(source[name]);
  }
  return entries;
}

function addEntry({ fields, values }: Entries, field: FieldPlan, value: unknown): void {
  let at = fields.length;
  while (at > 0 && fields[at - 1]!.index > field.index) {
    fields[at] = fields[at - 1]!;
    values[at] = values[at - 1];
    at--;
  }
  fields[at] = field;
  values[at] = value;
}

function objectOf({ fields, values }: Entries): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let index = 0; index < fields.length; index++) object[fields[index]!.name] = values[index];
  return object;
}

function mapDecoder(node: SchemaNode & { readonly type: "map" }): Decoder {
  const decode = decoderOf(node.values);
  const nested = node.values.type === "object" || node.values.type === "list" || node.values.type === "map";
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw at.mismatch(value, node);
    const source = value as Readonly<Record<string, unknown>>;
    const outer = at.enterMap();
    let changed: Map<string, unknown> | undefined;
    let ordered = true;
    let last = "";
    for (const key in source) {
      const given = source[key];
      // Only what nests can have a path below this key.
      if (nested) at.key = key;
      const decoded = given === null ? zero(node.values) : given === undefined ? undefined : decode(given, at);
      if (decoded !== given || decoded === undefined) (changed ??= new Map()).set(key, decoded);
      if (key < last) ordered = false;
      last = key;
    }
    at.leave(outer);
    if (changed === undefined && ordered) return value;
    const keys = Object.keys(source);
    if (!ordered) keys.sort();
    const result: Record<string, unknown> = {};
    for (const key of keys) {
      const decoded = changed?.has(key) === true ? changed.get(key) : source[key];
      if (decoded !== undefined) setOwn(result, key, decoded);
    }
    return result;
  };
}

function listDecoder(node: SchemaNode & { readonly type: "list" }): Decoder {
  const decode = decoderOf(node.items);
  return (value, at) => {
    if (!Array.isArray(value)) throw at.mismatch(value, node);
    const outer = at.enterList();
    let changed: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const given: unknown = value[index];
      at.index = index;
      const decoded = given === null ? zero(node.items) : decode(given, at);
      if (decoded === given) continue;
      changed ??= value.slice();
      changed[index] = decoded;
    }
    at.leave(outer);
    return changed ?? value;
  };
}

function eitherDecoder(node: EitherNode): Decoder {
  return (value, at) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return decoderOf(isObject ? node.object() : node.other())(value, at);
  };
}

const emptyObjects = new WeakMap<ObjectNode, unknown>();

/** Go's zero of a type, as it is written. Of an object: what is always written of it. */
function zero(node: SchemaNode): unknown {
  if (node.type !== "object") return zeroOf(node);
  let empty = emptyObjects.get(node);
  if (empty === undefined) {
    empty = Object.freeze(decoderOf(node)({}, new DecodePosition(100)));
    emptyObjects.set(node, empty);
  }
  return empty;
}

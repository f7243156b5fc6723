import type { Field, ObjectNode, SchemaNode } from "./schema.ts";

/** One field of an object as it stands in JSON: the fields of inlined objects are fields of the object that holds them. */
export interface JsonField {
  readonly name: string;
  readonly field: Field<unknown>;
  readonly node: SchemaNode;
}

const known = new WeakMap<ObjectNode, readonly JsonField[]>();

/** The fields of an object as they stand in JSON, in the order in which upstream writes them. */
export function jsonFieldsOf(node: ObjectNode): readonly JsonField[] {
  let fields = known.get(node);
  if (fields === undefined) {
    fields = Object.entries(node.fields()).flatMap(([name, field]) => {
      const inner = field.schema.node;
      return field.inline === true && inner.type === "object" ? jsonFieldsOf(inner) : [{ name, field, node: inner }];
    });
    known.set(node, fields);
  }
  return fields;
}

/**
 * Whether upstream leaves Go's zero of the field out of JSON. It keeps that of pointers, of what it always writes, and of
 * types that Go's encoder never finds empty (quantities, times, numbers-or-texts; objects that are filled in by default).
 */
export function dropsZero({ field, node }: JsonField): boolean {
  if (field.presence === "pointer" || field.required) return false;
  switch (node.type) {
    case "object":
      return field.default === undefined;
    case "string":
    case "boolean":
    case "integer":
    case "number":
    case "bytes":
    case "list":
    case "map":
      return true;
    case "quantity":
    case "intOrString":
    case "time":
    case "microTime":
    case "duration":
    case "json":
    case "either":
      return false;
  }
}

/** Whether a value is Go's zero of its type. */
export function isZero(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? value.length === 0 : isEmpty(value);
  return value === "" || value === 0 || value === false;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** Sets an own property, also where its name has a meaning of its own in JavaScript. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

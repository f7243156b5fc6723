import type { JSONSchemaProps } from "../json-schema-props.ts";
import { fieldSchema, isObject, itemsOf, type JsonObject, setOwn } from "./schema-forms.ts";

/**
 * Fills in the defaults of a structural schema where a field is missing, or null although it may not be. A null that may not be and
 * has no default is taken away. Answers the value itself where nothing changes.
 */
export function withDefaults(schema: JSONSchemaProps, value: unknown): unknown {
  if (isObject(value)) return objectWithDefaults(schema, value);
  if (!Array.isArray(value)) return value;
  const items = itemsOf(schema);
  if (items === undefined || !mayChange(items)) return value;
  let changed: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const given: unknown = isUnwantedNull(items, value[index]) ? (items.default ?? null) : value[index];
    const filled = withDefaults(items, given);
    if (filled !== value[index]) (changed ??= value.slice())[index] = filled;
  }
  return changed ?? value;
}

function objectWithDefaults(schema: JSONSchemaProps, value: JsonObject): JsonObject {
  const { properties } = schema;
  let changed: Record<string, unknown> | undefined;
  const change = (): Record<string, unknown> => (changed ??= { ...value });
  for (const name in value) {
    const known = fieldSchema(schema, name);
    if (known === undefined) continue;
    const isNull = isUnwantedNull(known, value[name]);
    if (isNull && known.default === undefined) {
      delete change()[name];
      continue;
    }
    const given = isNull ? known.default : value[name];
    const filled = mayChange(known) ? withDefaults(known, given) : given;
    if (filled !== value[name]) setOwn(change(), name, filled);
  }
  for (const name of defaultedProperties(schema)) {
    if (Object.hasOwn(value, name)) continue;
    const known = properties![name]!;
    setOwn(change(), name, withDefaults(known, known.default));
  }
  return changed ?? value;
}

function isUnwantedNull({ nullable }: JSONSchemaProps, value: unknown): boolean {
  return value === null && nullable !== true;
}

const defaulted = new WeakMap<JSONSchemaProps, readonly string[]>();

function defaultedProperties(schema: JSONSchemaProps): readonly string[] {
  const { properties } = schema;
  if (properties === undefined) return [];
  let names = defaulted.get(schema);
  if (names === undefined) {
    names = Object.keys(properties).filter((name) => properties[name]!.default !== undefined);
    defaulted.set(schema, names);
  }
  return names;
}

/** Whether anything below has a default, or fields whose nulls could have to go: other values are not walked through. */
function mayChange({ type, properties, additionalProperties, items }: JSONSchemaProps): boolean {
  return properties !== undefined || isObject(additionalProperties) || items !== undefined || type === "object" || type === "array";
}

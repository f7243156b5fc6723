import { decodeObject, type FieldError, invalid, objectMeta, StatusError } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { fieldSchema, isEmbeddedResource, isObject, itemsOf, type JsonObject, setOwn } from "./schema-forms.ts";

export interface Coerced {
  /** The value itself where nothing had to change. */
  readonly value: unknown;
  /** Fields of embedded metadata that metadata doesn't have. */
  readonly unknownFields: readonly string[];
  /** What is no type or metadata at all. */
  readonly error?: FieldError;
}

/**
 * Brings the type and metadata of objects within a value into form: apiVersion and kind are texts, metadata has the fields of metadata
 * and no others. Those of the value itself are not looked at.
 */
export function coerceEmbedded(schema: JSONSchemaProps, value: unknown): Coerced {
  if (!hasEmbedded(schema)) return { value, unknownFields: [] };
  const unknownFields: string[] = [];
  try {
    return { value: coerceBelow(schema, value, "", unknownFields), unknownFields: unknownFields.sort() };
  } catch (error) {
    if (error instanceof NotCoercible) return { value, unknownFields: [], error: error.problem };
    throw error;
  }
}

class NotCoercible extends Error {
  readonly problem: FieldError;

  constructor(problem: FieldError) {
    super(problem.detail);
    this.problem = problem;
  }
}

const known = new WeakMap<JSONSchemaProps, boolean>();

/** Whether there are embedded objects anywhere in values of a schema. */
export function hasEmbedded(schema: JSONSchemaProps): boolean {
  let answer = known.get(schema);
  if (answer === undefined) {
    const { properties = {}, additionalProperties } = schema;
    const items = itemsOf(schema);
    answer =
      isEmbeddedResource(schema) ||
      (items !== undefined && hasEmbedded(items)) ||
      (isObject(additionalProperties) && hasEmbedded(additionalProperties)) ||
      Object.values(properties).some(hasEmbedded);
    known.set(schema, answer);
  }
  return answer;
}

function coerceBelow(schema: JSONSchemaProps, value: unknown, path: string, unknownFields: string[]): unknown {
  if (!hasEmbedded(schema)) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return value;
    let changed: unknown[] | undefined;
    for (const [index, item] of (value as unknown[]).entries()) {
      const coerced = coerceBelow(items, item, `${path}[${index}]`, unknownFields);
      if (coerced !== item) (changed ??= (value as unknown[]).slice())[index] = coerced;
    }
    return changed ?? value;
  }
  if (!isObject(value)) return value;
  const own = isEmbeddedResource(schema) ? coerceResource(value, path, unknownFields) : value;
  let changed: Record<string, unknown> | undefined;
  for (const name in own) {
    const inner = fieldSchema(schema, name);
    if (inner === undefined) continue;
    const coerced = coerceBelow(inner, own[name], path === "" ? name : `${path}.${name}`, unknownFields);
    if (coerced !== own[name]) setOwn((changed ??= { ...own }), name, coerced);
  }
  return changed ?? own;
}

function coerceResource(value: JsonObject, path: string, unknownFields: string[]): JsonObject {
  for (const name of ["apiVersion", "kind"]) {
    if (Object.hasOwn(value, name) && typeof value[name] !== "string")
      throw new NotCoercible(invalid(`${path}.${name}`, value[name], "must be a string"));
  }
  if (!Object.hasOwn(value, "metadata")) return value;
  const { metadata } = value;
  try {
    const decoded = decodeObject(objectMeta, metadata);
    for (const each of decoded.unknownFields) {
      const name = /"(?<name>.*)"/.exec(each)?.groups?.["name"];
      if (name !== undefined) unknownFields.push(`${path}.metadata.${name}`);
    }
    // Where nothing is said, nothing is written: the zeros of metadata stand for what a server knows.
    const { creationTimestamp, ...rest } = decoded.object as unknown as JsonObject;
    const kept = creationTimestamp === null || creationTimestamp === undefined ? rest : (decoded.object as unknown as JsonObject);
    return { ...value, metadata: kept };
  } catch (error) {
    if (error instanceof StatusError) throw new NotCoercible(invalid(`${path}.metadata`, metadata, error.message));
    throw error;
  }
}

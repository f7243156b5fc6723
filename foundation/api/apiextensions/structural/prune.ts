import { shortened } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import {
  admitsAnyField,
  fieldSchema,
  isEmbeddedResource,
  isObject,
  itemsOf,
  type JsonObject,
  preservesUnknownFields,
  setOwn,
  typeAndMetadata,
} from "./schema-forms.ts";

export interface Pruned {
  /** The value itself where nothing had to go. */
  readonly value: unknown;
  /** The paths of what went, such as `spec.foo` or `spec.items[0].bar`, sorted; the first hundred. */
  readonly unknownFields: readonly string[];
}

const mostNamed = 100;

/**
 * Takes away the fields that a structural schema doesn't name. `isRoot`: the value is an object of the kind, whose type and metadata stay
 * whatever the schema says.
 */
export function prune(schema: JSONSchemaProps, value: unknown, { isRoot }: { readonly isRoot: boolean }): Pruned {
  const unknownFields: string[] = [];
  const pruned = pruneValue(schema, value, { path: "", isResource: isRoot || isEmbeddedResource(schema), unknownFields });
  return { value: pruned, unknownFields: unknownFields.sort() };
}

interface Place {
  readonly path: string;
  /** The value is an object with metadata of its own. */
  readonly isResource: boolean;
  readonly unknownFields: string[];
}

function pruneValue(schema: JSONSchemaProps | undefined, value: unknown, place: Place): unknown {
  if (isObject(value)) return pruneObject(schema, value, place);
  if (!Array.isArray(value)) return value;
  const items = schema === undefined ? undefined : itemsOf(schema);
  // Below what is kept as it is, a list without a schema for its items is kept too.
  const keeps = schema !== undefined && preservesUnknownFields(schema);
  if (keeps && items === undefined) return value;
  let changed: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const inner = { ...place, path: `${place.path}[${index}]`, isResource: items !== undefined && isEmbeddedResource(items) };
    const pruned = keeps ? keepValue(items!, value[index], inner) : pruneValue(items, value[index], inner);
    if (pruned !== value[index]) (changed ??= value.slice())[index] = pruned;
  }
  return changed ?? value;
}

/** Items of a list that is kept: only below what they name themselves anything can go. */
function keepValue(items: JSONSchemaProps, value: unknown, place: Place): unknown {
  return pruneValue(preservesUnknownFields(items) ? items : { ...items, "x-kubernetes-preserve-unknown-fields": true }, value, place);
}

function pruneObject(schema: JSONSchemaProps | undefined, value: JsonObject, place: Place): JsonObject {
  const { path, isResource, unknownFields } = place;
  const keeps = schema !== undefined && preservesUnknownFields(schema);
  let changed: Map<string, unknown> | undefined;
  for (const name in value) {
    if (isResource && typeAndMetadata.has(name)) continue;
    const known = schema === undefined ? undefined : fieldSchema(schema, name);
    // `additionalProperties: true` admits the field, but nothing of what is in it.
    const isAdmitted = known !== undefined || (schema !== undefined && admitsAnyField(schema));
    if (!isAdmitted && keeps) continue;
    if (!isAdmitted) {
      if (unknownFields.length < mostNamed && (path !== "" || !typeAndMetadata.has(name))) unknownFields.push(pathTo(path, name));
      (changed ??= new Map()).set(name, undefined);
      continue;
    }
    const inner: Place = { path: pathTo(path, name), isResource: known !== undefined && isEmbeddedResource(known), unknownFields };
    const pruned = pruneValue(known, value[name], inner);
    if (pruned !== value[name]) (changed ??= new Map()).set(name, pruned);
  }
  if (changed === undefined) return value;
  const result: Record<string, unknown> = {};
  for (const name in value) {
    const kept = changed.has(name) ? changed.get(name) : value[name];
    if (kept !== undefined) setOwn(result, name, kept);
  }
  return result;
}

function pathTo(path: string, name: string): string {
  return path === "" ? shortened(name) : `${path}.${shortened(name)}`;
}

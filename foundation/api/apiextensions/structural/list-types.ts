import { duplicate, type FieldError, invalid } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { keyOf } from "./correlation.ts";
import { fieldSchema, isObject, itemsOf, type JsonObject } from "./schema-forms.ts";

/** The items of sets that are there twice, and those of associative lists that share their key. */
export function validateListTypes(schema: JSONSchemaProps, value: unknown, path = ""): readonly FieldError[] {
  if (!hasListTypes(schema)) return [];
  if (isObject(value)) {
    return Object.keys(value).flatMap((name) => {
      const inner = fieldSchema(schema, name);
      if (inner === undefined) return [];
      const isProperty = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      return validateListTypes(inner, value[name], isProperty ? (path === "" ? name : `${path}.${name}`) : `${path}[${name}]`);
    });
  }
  if (!Array.isArray(value)) return [];
  const list = value as readonly unknown[];
  const items = itemsOf(schema);
  return [
    ...validateList(schema, list, path),
    ...(items === undefined ? [] : list.flatMap((item, index) => validateListTypes(items, item, `${path}[${index}]`))),
  ];
}

const known = new WeakMap<JSONSchemaProps, boolean>();

function hasListTypes(schema: JSONSchemaProps): boolean {
  let answer = known.get(schema);
  if (answer === undefined) {
    const type = schema["x-kubernetes-list-type"];
    const items = itemsOf(schema);
    const { additionalProperties, properties = {} } = schema;
    answer =
      type === "set" ||
      type === "map" ||
      (items !== undefined && hasListTypes(items)) ||
      (isObject(additionalProperties) && hasListTypes(additionalProperties)) ||
      Object.values(properties).some(hasListTypes);
    known.set(schema, answer);
  }
  return answer;
}

function validateList(schema: JSONSchemaProps, list: readonly unknown[], path: string): readonly FieldError[] {
  switch (schema["x-kubernetes-list-type"]) {
    case "set":
      return repeated(list.map((item) => JSON.stringify(item))).map((index) => duplicate(`${path}[${index}]`, list[index]));
    case "map": {
      const stranger = list.findIndex((item) => item !== null && !isObject(item));
      if (stranger >= 0) return [invalid(`${path}[${stranger}]`, list[stranger], "must be an object for an array of list-type map")];
      const keys = schema["x-kubernetes-list-map-keys"] ?? [];
      const objects = list.map((item): JsonObject => (isObject(item) ? item : {}));
      return repeated(objects.map((item) => keyOf(item, keys))).map((index) => {
        const key = keys.filter((name) => Object.hasOwn(objects[index]!, name)).map((name) => [name, objects[index]![name]] as const);
        return duplicate(`${path}[${index}]`, Object.fromEntries(key));
      });
    }
    default:
      return [];
  }
}

/** Where each text is that was there before, the second time only. */
function repeated(texts: readonly string[]): readonly number[] {
  const seen = new Map<string, number>();
  return texts.flatMap((text, index) => {
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    return times === 1 ? [index] : [];
  });
}

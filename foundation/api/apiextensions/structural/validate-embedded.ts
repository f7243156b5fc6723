import {
  decodeObject,
  type FieldError,
  invalid,
  isDns1035Label,
  objectMeta,
  required,
  StatusError,
  validateObjectMeta,
} from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { hasEmbedded } from "./coerce.ts";
import { fieldSchema, isEmbeddedResource, isObject, itemsOf, type JsonObject } from "./schema-forms.ts";

/** What is wrong with the type and metadata of the objects within a value. */
export function validateEmbedded(schema: JSONSchemaProps, value: unknown, path = ""): readonly FieldError[] {
  if (!hasEmbedded(schema)) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? [] : (value as unknown[]).flatMap((item, index) => validateEmbedded(items, item, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  return [
    ...(isEmbeddedResource(schema) ? validateResource(value, path) : []),
    ...Object.keys(value).flatMap((name) => {
      const inner = fieldSchema(schema, name);
      if (inner === undefined) return [];
      const isProperty = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      return validateEmbedded(inner, value[name], isProperty ? (path === "" ? name : `${path}.${name}`) : `${path}[${name}]`);
    }),
  ];
}

function validateResource(value: JsonObject, path: string): readonly FieldError[] {
  return [
    ...["apiVersion", "kind"].flatMap((name) => validateType(value, name, `${path}.${name}`)),
    ...(Object.hasOwn(value, "metadata") ? validateMetadata(value["metadata"], `${path}.metadata`) : []),
  ];
}

function validateType(value: JsonObject, name: string, path: string): readonly FieldError[] {
  if (!Object.hasOwn(value, name)) return [required(path)];
  const given = value[name];
  if (typeof given !== "string") return [invalid(path, given, "must be a string")];
  if (given === "") return [invalid(path, given, "must not be empty")];
  if (name === "apiVersion") return given.split("/").length > 2 ? [invalid(path, given, `unexpected GroupVersion string: ${given}`)] : [];
  const problems = isDns1035Label(given.toLowerCase());
  return problems.length === 0 ? [] : [invalid(path, given, `may have mixed case, but should otherwise match: ${problems.join(",")}`)];
}

function validateMetadata(value: unknown, path: string): readonly FieldError[] {
  try {
    const { object } = decodeObject(objectMeta, value);
    const named = object.name === undefined || object.name === "" ? { ...object, name: "fakename" } : object;
    const scope = (object.namespace ?? "") === "" ? "Cluster" : "Namespaced";
    return validateObjectMeta({ scope, strategy: { name: "pathSegment" } }, named, path);
  } catch (error) {
    if (error instanceof StatusError) return [invalid(path, value, error.message)];
    throw error;
  }
}

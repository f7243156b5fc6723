import { type FieldError, forbidden, invalid, notSupported, required } from "@kubets/machinery";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { itemsOf } from "./structural/schema-forms.ts";

/** What is wrong with how the lists of a schema are merged. */
export function validateListType(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const typePath = `${path}.x-kubernetes-list-type`;
  const errors: FieldError[] = [];
  if (keys.length > 0 && listType !== "map") {
    const needsMap = "must be map if x-kubernetes-list-map-keys is non-empty";
    errors.push(listType === undefined ? required(typePath, needsMap) : invalid(typePath, listType, needsMap));
  }
  if (listType === undefined) return errors;
  const { type = "" } = schema;
  const needsArray = "must be array if x-kubernetes-list-type is specified";
  if (type === "") errors.push(required(`${path}.type`, needsArray));
  else if (type !== "array") errors.push(invalid(`${path}.type`, type, needsArray));
  else if (listType === "set") errors.push(...validateSetItems(itemsOf(schema), path));
  if (!["atomic", "set", "map"].includes(listType)) errors.push(notSupported(typePath, listType, ["atomic", "set", "map"]));
  if (listType === "map") errors.push(...validateMap(schema, keys, path));
  if (listType === "set" || listType === "map") errors.push(...validateNullable(schema, keys, listType, path));
  return errors;
}

/** Items of a set are told apart as a whole, so they must be replaced as a whole. */
function validateSetItems(items: JSONSchemaProps | undefined, path: string): readonly FieldError[] {
  const atomic = "must be atomic as item of a list with x-kubernetes-list-type=set";
  switch (items?.type) {
    case "array": {
      const inner = items["x-kubernetes-list-type"] ?? "atomic";
      return inner === "atomic" ? [] : [invalid(`${path}.items.x-kubernetes-list-type`, inner, atomic)];
    }
    case "object": {
      const inner = items["x-kubernetes-map-type"];
      return inner === "atomic" ? [] : [invalid(`${path}.items.x-kubernetes-map-type`, items["x-kubernetes-list-type"], atomic)];
    }
    default:
      return [];
  }
}

function validateMap(schema: JSONSchemaProps, keys: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(required(keysPath, "must not be empty if x-kubernetes-list-type is map"));
  if (schema.items === undefined) return [...errors, required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map")];
  const items = itemsOf(schema);
  if (items === undefined)
    return [...errors, invalid(`${path}.items`, schema.items, "must only have a single schema if x-kubernetes-list-type is map")];
  if (items.type !== "object")
    return [...errors, invalid(`${path}.items.type`, items.type ?? "", "must be object if parent array's x-kubernetes-list-type is map")];
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    if (property === undefined) errors.push(invalid(keysPath, keys, "entries must all be names of item properties"));
    else if (property.type === "array" || property.type === "object")
      errors.push(
        invalid(
          `${path}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (keys.indexOf(key) < index) errors.push(invalid(keysPath, keys, "must not contain duplicate entries"));
  }
  return errors;
}

/** What tells items apart must be there. */
function validateNullable(schema: JSONSchemaProps, keys: readonly string[], listType: string, path: string): readonly FieldError[] {
  const items = itemsOf(schema);
  if (items === undefined) return [];
  const errors: FieldError[] = [];
  if (items.nullable === true)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType !== "map") return errors;
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const at = `${path}.items.properties[${key}]`;
    if (items.required?.includes(key) !== true && property.default === undefined) {
      const must = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
      errors.push(required(`${at}.default`, must));
    }
    if (property.nullable === true)
      errors.push(forbidden(`${at}.nullable`, "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
  }
  return errors;
}

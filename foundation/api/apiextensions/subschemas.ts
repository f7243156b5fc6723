import type { JSONSchemaProps } from "./json-schema-props.ts";
import { isObject } from "./structural/schema-forms.ts";

/** The schemas right within a schema, of every sort. */
export function subschemasOf(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const found: JSONSchemaProps[] = [];
  const { items, not, additionalProperties, additionalItems, dependencies = {} } = schema;
  if (Array.isArray(items)) found.push(...(items as readonly JSONSchemaProps[]));
  else if (isObject(items)) found.push(items);
  for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) if (list !== undefined) found.push(...list);
  if (not !== undefined) found.push(not);
  for (const map of [schema.properties, schema.patternProperties, schema.definitions])
    if (map !== undefined) found.push(...Object.values(map));
  for (const each of [additionalProperties, additionalItems, ...Object.values(dependencies)]) if (isObject(each)) found.push(each);
  return found;
}

/** Whether any schema within a schema, or itself, is such. */
export function hasSchema(schema: JSONSchemaProps, isSuch: (schema: JSONSchemaProps) => boolean): boolean {
  return isSuch(schema) || subschemasOf(schema).some((inner) => hasSchema(inner, isSuch));
}

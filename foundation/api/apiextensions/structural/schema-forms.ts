import type { JSONSchemaProps } from "../json-schema-props.ts";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema of a list's items. Lists of schemas are not structural, so they count as none. */
export function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return isObject(items) ? items : undefined;
}

/** The schema of an object's field, from its properties or from additionalProperties. */
export function fieldSchema(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return isObject(additionalProperties) ? additionalProperties : undefined;
}

/** Whether an object may have fields of any name. */
export function admitsAnyField({ additionalProperties }: JSONSchemaProps): boolean {
  return additionalProperties !== undefined;
}

export function preservesUnknownFields(schema: JSONSchemaProps): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

export function isEmbeddedResource(schema: JSONSchemaProps): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

/** What every object of a kind has, whether its schema says so or not. */
export const typeAndMetadata: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Sets an own property, also where its name has a meaning of its own in JavaScript. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

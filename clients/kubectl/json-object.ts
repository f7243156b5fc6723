/** An object of the API whose kind is known only at run time. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at the end of a path of keys and indices; undefined where it breaks off. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return current;
}

/** The object at a path; empty when there is none. */
export function objectAt(value: unknown, ...path: readonly (string | number)[]): JsonObject {
  const found = valueAt(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** The list at a path; empty when there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly JsonObject[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? (found as readonly JsonObject[]) : [];
}

/** The text at a path; a number or boolean as its text; empty when there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = valueAt(value, ...path);
  if (typeof found === "string") return found;
  return typeof found === "number" || typeof found === "boolean" ? String(found) : "";
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : 0;
}

/** A map of texts, such as labels. */
export function textsAt(value: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectAt(value, ...path)).map(([key, each]) => [key, String(each)]));
}

export function nameOf(object: JsonObject): string {
  return textAt(object, "metadata", "name");
}

export function namespaceOf(object: JsonObject): string {
  return textAt(object, "metadata", "namespace");
}

/** The object with other metadata fields; those that are undefined are removed. */
export function withMetadata(object: JsonObject, change: JsonObject): JsonObject {
  const metadata = Object.fromEntries(Object.entries({ ...objectAt(object, "metadata"), ...change }).filter(([, v]) => v !== undefined));
  return { ...object, metadata };
}

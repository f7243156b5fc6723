import { badRequest, type StatusError } from "../status-error.ts";

export type JsonObject = Readonly<Record<string, unknown>>;
export type Items = readonly unknown[];

// The instructions that a strategic merge patch can carry among its fields.

export const directive = "$patch";
export const retainKeys = "$retainKeys";
export const setElementOrder = "$setElementOrder";
export const deleteFromList = "$deleteFromPrimitiveList";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the items of lists that are merged have in common; `undefined` when there are none. */
export function itemKind(...lists: readonly Items[]): "object" | "string" | "number" | "boolean" | undefined {
  const kinds = new Set(lists.flatMap((items) => items.map(typeName)));
  const [kind] = kinds;
  if (kind === "[]interface {}") throw badRequest("lists of lists are not supported");
  if (kinds.size > 1 || kind === typeName(null)) throw badRequest(`list element types are not identical: ${describe(lists)}`);
  switch (kind) {
    case undefined:
      return undefined;
    case "string":
      return "string";
    case "bool":
      return "boolean";
    case "float64":
      return "number";
    default:
      return "object";
  }
}

export function noMergeKey(item: JsonObject, mergeKey: string): StatusError {
  return badRequest(`map: ${describe(item)} does not contain declared merge key: ${mergeKey}`);
}

/** The type of a JSON value as Go names it; that of null as Go fails to. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    default:
      return "map[string]interface {}";
  }
}

/** A JSON value as Go prints it in messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(describe).join(" ")}]`;
  if (!isObject(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${key}:${describe(value[key])}`);
  return `map[${fields.join(" ")}]`;
}

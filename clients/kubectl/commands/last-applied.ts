import { formatGoJson } from "@kubets/machinery";
import { isJsonObject, type JsonObject, objectAt, textAt, withMetadata } from "../json-object.ts";

/** Where client-side apply keeps what it applied, byte for byte as every other kubectl writes it. */
export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The object with the annotation that says what it was applied as. */
export function withLastApplied(object: JsonObject): JsonObject {
  const annotations: JsonObject = objectAt(object, "metadata", "annotations");
  const others = Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== lastApplied));
  const applied = formatGoJson(withMetadata(object, { annotations: others }));
  return withMetadata(object, { annotations: { ...others, [lastApplied]: `${applied}\n` } });
}

/** What the object was applied as last; undefined when it never was. */
export function lastAppliedOf(object: JsonObject): JsonObject | undefined {
  const text = textAt(object, "metadata", "annotations", lastApplied);
  if (text === "") return undefined;
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : undefined;
}

import { isJsonObject, type JsonObject, objectAt, textAt } from "../json-object.ts";
import { heading } from "./text.ts";

/** What stands in the heading already, or is of no interest to a reader. */
const skipped = new Set([
  ".metadata.name",
  ".metadata.namespace",
  ".metadata.labels",
  ".metadata.annotations",
  ".metadata.managedFields",
  ".managedFields",
]);

/** Any object: its heading, then every field under a readable name. */
export function describeGeneric(object: JsonObject): string {
  return heading(object) + content(object, 0, "");
}

function content(object: JsonObject, level: number, path: string): string {
  const before = "  ".repeat(level);
  return Object.keys(object)
    .sort()
    .filter((key) => !skipped.has(`${path}.${key}`))
    .map((key) => {
      const value = object[key];
      const title = titleOf(key);
      if (isJsonObject(value)) return `${before}${title}:\n${content(value, level + 1, `${path}.${key}`)}`;
      if (!Array.isArray(value)) return `${before}${title}:\t${scalar(value)}\n`;
      const items = value.map((item: unknown) =>
        isJsonObject(item) ? content(item, level + 1, `${path}.${key}`) : `${before}  ${scalar(item)}\n`,
      );
      return `${before}${title}:\n${items.join("")}`;
    })
    .join("");
}

const scalar = (value: unknown): string => (value === null ? "<nil>" : typeof value === "string" ? value : JSON.stringify(value));

const acronyms = new Set(["API", "URL", "UID", "OSB", "GUID"]);

/** `ownerReferences` → `Owner References`, `apiVersion` → `API Version`, `uid` → `UID`. */
function titleOf(field: string): string {
  const words = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z0-9]+/g) ?? [field];
  if (words.length === 0 || /^[^A-Za-z]/.test(field) || /[^A-Za-z0-9]/.test(field)) return field;
  return words
    .map((word) => (acronyms.has(word.toUpperCase()) ? word.toUpperCase() : word === "_" ? "" : word[0]!.toUpperCase() + word.slice(1)))
    .join(" ");
}

/** A ConfigMap's texts, and how large its binary data are. */
export function describeConfigMap(object: JsonObject): string {
  const texts = objectAt(object, "data");
  const entries = Object.keys(texts)
    .sort()
    .map((key) => `${key}:\n----\n${textAt(texts, key)}\n\n`);
  const binary = objectAt(object, "binaryData");
  const sizes = Object.keys(binary)
    .sort()
    .map((key) => `${key}: ${byteCount(textAt(binary, key))} bytes\n`);
  return `${heading(object)}\nData\n====\n${entries.join("")}\nBinaryData\n====\n${sizes.join("")}\n`;
}

/** How large a Secret's data are; never what they are. */
export function describeSecret(object: JsonObject): string {
  const data = objectAt(object, "data");
  const lines = Object.keys(data)
    .sort()
    .map((key) => `${key}:\t${byteCount(textAt(data, key))} bytes\n`);
  return `${heading(object)}\nType:\t${textAt(object, "type")}\n\nData\n====\n${lines.join("")}`;
}

function byteCount(base64: string): number {
  return (base64.replace(/=+$/, "").length * 3) >> 2;
}

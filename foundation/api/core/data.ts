/** The data of ConfigMaps and Secrets: its keys, its size, and how text and bytes become one another. */
import { type Base64, type FieldError, invalid, isConfigMapKey } from "@kubets/machinery";

/** How many bytes a ConfigMap or a Secret may hold. */
export const maximumDataSize: number = 1024 * 1024;

/** What the API says of a change to a ConfigMap or Secret that is marked as immutable. */
export const immutableWhenSetText = "field is immutable when `immutable` is set";

/** Data stands under keys that are fit to be the names of files and of environment variables. */
export function validateDataKeys(data: Readonly<Record<string, unknown>>, path: string): readonly FieldError[] {
  return Object.keys(data).flatMap((key) => isConfigMapKey(key).map((message) => invalid(`${path}[${key}]`, key, message)));
}

/** How many bytes a Base64 text stands for. */
export function base64Length(text: Base64): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

import { resolvePlainScalar } from "@kubets/machinery";
import type { JsonObject } from "../json-object.ts";

/** A number, boolean or null that wasn't written as JSON writes it. Where a text is made of it, it is the text that stood there. */
export class WrittenScalar {
  readonly value: number | boolean | null;
  readonly text: string;

  constructor(value: number | boolean | null, text: string) {
    this.value = value;
    this.text = text;
  }
}

export function isMap(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof WrittenScalar);
}

export function isNull(value: unknown): boolean {
  return value === null || (value instanceof WrittenScalar && value.value === null);
}

export function isMissing(value: unknown): boolean {
  return value === undefined || isNull(value);
}

export function isScalar(value: unknown): boolean {
  return !isMissing(value) && !isMap(value) && !Array.isArray(value);
}

/** What is missing, null, or a map or list of nothing. */
export function isEmpty(value: unknown): boolean {
  return isMissing(value) || (Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0);
}

/** The text of a scalar as it stands in YAML; empty for what is none. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof WrittenScalar) return value.text;
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  return "";
}

/** A map of texts such as labels and annotations, whatever their values are. */
export function textsOf(map: unknown): Readonly<Record<string, string>> {
  return isMap(map) ? Object.fromEntries(Object.entries(map).map(([key, value]) => [key, textOf(value)])) : {};
}

/** What a text without quotes stands for. */
export function scalarOf(text: string): unknown {
  const scalar = resolvePlainScalar(text, "yaml.v3");
  switch (scalar.kind) {
    case "null":
      return text === "null" ? null : new WrittenScalar(null, text);
    case "boolean":
    case "number":
      return String(scalar.value) === text ? scalar.value : new WrittenScalar(scalar.value, text);
    case "merge":
    case "time":
    case "text":
      return text;
  }
}

/** The JSON value, in which nothing is left of how it was written. */
export function plainOf(value: unknown): unknown {
  if (value instanceof WrittenScalar) return value.value;
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainOf(each)]));
}

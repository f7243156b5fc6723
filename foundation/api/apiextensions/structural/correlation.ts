import { sameJson } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { isObject, type JsonObject } from "./schema-forms.ts";

/**
 * A value of an update with the one that it was before, followed down the object: fields by their names, items of associative lists by
 * their keys. Items of other lists can't be followed: they have no value before.
 */
export class Correlated {
  readonly before: unknown;
  readonly #now: unknown;
  #same: boolean | undefined;
  #items: ReadonlyMap<string, unknown> | undefined;

  constructor(before: unknown, now: unknown) {
    this.before = before;
    this.#now = now;
  }

  /** Nothing has changed: what was wrong before may stay. */
  get isUnchanged(): boolean {
    return (this.#same ??= sameJson(this.before, this.#now));
  }

  field(name: string, value: unknown): Correlated | undefined {
    if (!isObject(this.before) || !Object.hasOwn(this.before, name)) return undefined;
    return new Correlated(this.before[name], value);
  }

  item(schema: JSONSchemaProps, value: unknown): Correlated | undefined {
    if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(this.before) || !isObject(value)) return undefined;
    const keys = schema["x-kubernetes-list-map-keys"] ?? [];
    this.#items ??= new Map((this.before as unknown[]).filter(isObject).map((item) => [keyOf(item, keys), item]));
    const key = keyOf(value, keys);
    return this.#items.has(key) ? new Correlated(this.#items.get(key), value) : undefined;
  }
}

/** The key of an item of an associative list. */
export function keyOf(item: JsonObject, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (Object.hasOwn(item, key) ? [item[key]] : [])));
}

import { CommandError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/** Where a value stands, in dots, and whether fields that nobody knows are left out there instead of being refused. */
export interface Position {
  readonly path: string;
  readonly leavesOutUnknown?: true;
}

/**
 * Reads a value of a file as what it is to be. What is absent or null is read as Go's zero value. Throws a {@link CommandError} in the
 * words of Go's JSON decoder.
 */
export interface Decode<T> {
  (value: unknown, at: Position): T;
  /** As Go names the type. */
  readonly typeName: string;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function decoder<T>(typeName: string, read: (value: unknown, at: Position) => T): Decode<T> {
  return Object.assign(read, { typeName });
}

function mismatch(value: unknown, { path }: Position, typeName: string): CommandError {
  const given = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const target = path.includes(".") ? `struct field ${path}` : "value";
  return new CommandError(`json: cannot unmarshal ${given} into Go ${target} of type ${typeName}`);
}

export const text: Decode<string> = decoder("string", (value, at) => {
  if (isAbsent(value)) return "";
  if (typeof value !== "string") throw mismatch(value, at, "string");
  return value;
});

export const flag: Decode<boolean> = decoder("bool", (value, at) => {
  if (isAbsent(value)) return false;
  if (typeof value !== "boolean") throw mismatch(value, at, "bool");
  return value;
});

export const integer: Decode<number> = decoder("int", (value, at) => {
  if (isAbsent(value)) return 0;
  if (typeof value !== "number" || !Number.isInteger(value)) throw mismatch(value, at, "int");
  return value;
});

/** What is read as it is, and by somebody else. */
export const anything: Decode<unknown> = decoder("interface {}", (value) => value);

export function list<T>(item: Decode<T>): Decode<readonly T[]> {
  const typeName = `[]${item.typeName}`;
  return decoder(typeName, (value, at) => {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) throw mismatch(value, at, typeName);
    return value.map((each) => item(each, at));
  });
}

export function mapOf<T>(value: Decode<T>): Decode<Readonly<Record<string, T>>> {
  const typeName = `map[string]${value.typeName}`;
  return decoder(typeName, (map, at) => {
    if (isAbsent(map)) return {};
    if (!isJsonObject(map)) throw mismatch(map, at, typeName);
    return Object.fromEntries(Object.entries(map).map(([key, each]) => [key, value(each, at)]));
  });
}

/** Fields are found whatever the case of their letters. */
export function struct<T>(typeName: string, fields: { readonly [Name in keyof Required<T>]: Decode<T[Name]> }): Decode<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return decoder(typeName, (value, at) => {
    if (!isAbsent(value) && !isJsonObject(value)) throw mismatch(value, at, typeName);
    const given = new Map<string, unknown>();
    for (const [key, each] of Object.entries((value ?? {}) as JsonObject)) {
      const name = names.find((known) => known === key) ?? names.find((known) => known.toLowerCase() === key.toLowerCase());
      if (name !== undefined) given.set(name, each);
      else if (at.leavesOutUnknown !== true) throw new CommandError(`json: unknown field ${JSON.stringify(key)}`);
    }
    const members = names.map((name) => [name, fields[name](given.get(name), { ...at, path: `${at.path}.${name}` })] as const);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as T;
  });
}

export function optional<T>(inner: Decode<T>): Decode<T | undefined> {
  return decoder(inner.typeName, (value, at) => (isAbsent(value) ? undefined : inner(value, at)));
}

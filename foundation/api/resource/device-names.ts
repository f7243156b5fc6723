/** The names that devices and what belongs to them have, and lists of limited length. */
import {
  byteLength,
  duplicate,
  type FieldError,
  invalid,
  isCIdentifier,
  isDnsLabel,
  isDnsSubdomain,
  required,
  tooLong,
  tooMany,
} from "@kubets/machinery";
import { validateCsiDriverName } from "../storage/driver-rules.ts";

/** Drivers of devices are named like those of volumes. That there is a name is for the schema to say. */
export function validateDriverName(name: string, path: string): readonly FieldError[] {
  return name === "" ? [] : validateCsiDriverName(name, path);
}

const longestPoolName = 253;

export function validatePoolName(name: string, path: string): readonly FieldError[] {
  if (name === "") return [];
  return [
    ...(byteLength(name) > longestPoolName ? [tooLong(path, longestPoolName)] : []),
    ...name.split("/").flatMap((part) => isDnsSubdomain(part).map((message) => invalid(path, part, message))),
  ];
}

export function validateLabelName(name: string, path: string): readonly FieldError[] {
  return name === "" ? [] : isDnsLabel(name).map((message) => invalid(path, name, message));
}

const longestIdentifier = 32;

/** The name of an attribute or a capacity: an identifier, with or without a domain and `/` before it. */
export function validateQualifiedName(name: string, path: string): readonly FieldError[] {
  const [first = "", second, ...more] = name.split("/");
  if (second === undefined) return validateIdentifier(first, path);
  if (more.length > 0) return [];
  return [
    ...(first === "" ? [invalid(path, "", "the domain must not be empty")] : validateCsiDriverName(first, path)),
    ...(second === "" ? [invalid(path, "", "the name must not be empty")] : validateIdentifier(second, path)),
  ];
}

export function validateFullyQualifiedName(name: string, path: string): readonly FieldError[] {
  return [
    ...validateQualifiedName(name, path),
    ...(name.includes("/") ? [] : [invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash")]),
  ];
}

function validateIdentifier(name: string, path: string): readonly FieldError[] {
  return [
    ...(byteLength(name) > longestIdentifier ? [tooLong(path, longestIdentifier)] : []),
    ...isCIdentifier(name).map((message) => invalid(path, name, message)),
  ];
}

const shareId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function validateShareId(id: string, path: string): readonly FieldError[] {
  if (shareId.test(id)) return [];
  const form = "`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`";
  return [invalid(path, id, `uid must be in RFC 4122 normalized form, ${form} with lowercase hexadecimal characters`)];
}

/** Each of the items, unless there are too many: then only that is said. */
export function validateItems<Item>(
  items: readonly Item[],
  most: number,
  path: string,
  validate: (item: Item, path: string) => readonly FieldError[],
): readonly FieldError[] {
  if (items.length > most) return [tooMany(path, items.length, most)];
  return items.flatMap((item, index) => validate(item, `${path}[${index}]`));
}

/** As {@link validateItems}, and no two may have the same key. */
export function validateSet<Item>(
  items: readonly Item[],
  most: number,
  path: string,
  validate: (item: Item, path: string) => readonly FieldError[],
  keyOf: (item: Item) => string,
): readonly FieldError[] {
  if (items.length > most) return [tooMany(path, items.length, most)];
  const keys = items.map(keyOf);
  return [
    ...validateItems(items, most, path, validate),
    ...keys.flatMap((key, index) => (keys.indexOf(key) < index ? [duplicate(`${path}[${index}]`, key)] : [])),
  ];
}

/** An object that only a driver understands. */
export function validateOpaque(value: unknown, most: number, path: string): readonly FieldError[] {
  if (value === undefined || value === null) return [required(path)];
  return byteLength(JSON.stringify(value)) > most ? [tooLong(path, most)] : [];
}

import { failure, noSuchOverload } from "./errors.ts";
import { quoteKey } from "./format-value.ts";
import { CelDouble, CelList, CelMap, CelObject, CelOptional, CelUint, mapKey, toInt, type CelValue } from "./values.ts";

/** `value.field`. */
export function selectField(value: CelValue, field: string): CelValue {
  if (value instanceof CelOptional) return optionalField(value, field);
  const found = value instanceof CelObject || value instanceof CelMap ? value.get(field) : notSelectable();
  if (found === undefined) throw failure(`no such key: ${field}`);
  return found;
}

/** `value.?field`. */
export function optionalField(value: CelValue, field: string): CelOptional {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined) return CelOptional.none;
  const found = inner instanceof CelObject || inner instanceof CelMap ? inner.get(field) : notSelectable();
  return found === undefined ? CelOptional.none : new CelOptional(found);
}

/** `has(value.field)`. */
export function hasField(value: CelValue, field: string): boolean {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined) return false;
  return inner instanceof CelObject || inner instanceof CelMap ? inner.has(field) : notSelectable();
}

/** `value[key]`. */
export function valueAt(value: CelValue, key: CelValue): CelValue {
  if (value instanceof CelOptional) return optionalAt(value, key);
  if (value instanceof CelMap) return mapAt(value, key);
  if (value instanceof CelList) return listAt(value, key);
  if (value instanceof CelObject && typeof key === "string") return selectField(value, key);
  return notSelectable();
}

/** `value[?key]`. */
export function optionalAt(value: CelValue, key: CelValue): CelOptional {
  const inner = value instanceof CelOptional ? value.value : value;
  if (inner === undefined) return CelOptional.none;
  if (inner instanceof CelList) {
    const index = indexOf(key);
    return index < 0 || index >= inner.size ? CelOptional.none : new CelOptional(inner.at(index));
  }
  if (inner instanceof CelMap) {
    const found = inner.get(key);
    return found === undefined ? CelOptional.none : new CelOptional(found);
  }
  return typeof key === "string" ? optionalField(inner, key) : notSelectable();
}

export function mapAt(map: CelMap, key: CelValue): CelValue {
  const found = map.get(key);
  if (found !== undefined) return found;
  if (mapKey(key) === undefined) throw noSuchOverload();
  throw failure(`no such key: ${quoteKey(key)}`);
}

export function listAt(list: CelList, key: CelValue): CelValue {
  const index = indexOf(key);
  if (index < 0 || index >= list.size) throw failure(`index out of bounds: ${index}`);
  return list.at(index);
}

/** Any number that is whole is an index. */
function indexOf(key: CelValue): number {
  if (typeof key === "number") return key;
  const value = key instanceof CelUint ? toInt(key.value) : key instanceof CelDouble && Number.isInteger(key.value) ? key.value : key;
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  throw failure(`unsupported index value ${quoteKey(key)} in list`);
}

function notSelectable(): never {
  throw noSuchOverload();
}

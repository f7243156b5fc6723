import { countStep } from "./meter.ts";
import { sameType } from "./types.ts";
import {
  CelDouble,
  CelDuration,
  CelList,
  CelMap,
  CelObject,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
} from "./values.ts";
import { toInt, type CelValue } from "./values.ts";

/** Whether two values are equal. Numbers of different types are when they are the same number; other types never are each other's. */
export function equalValues(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (typeof a === "object" && typeof b === "object") return equalObjects(a, b);
  if (typeof a === "object") return isWhole(b) && equalNumber(a, b);
  return isWhole(a) && typeof b === "object" && equalNumber(b, a);
}

function isWhole(value: CelValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** A value against an int. */
function equalNumber(value: CelValue & object, int: number | bigint): boolean {
  if (value instanceof CelUint) return toInt(value.value) === int;
  // Comparing a bigint with a number is exact.
  return value instanceof CelDouble && value.value === Number(int) && BigInt(value.value) === BigInt(int);
}

function equalObjects(a: CelValue & object, b: CelValue & object): boolean {
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof CelObject) return b instanceof CelObject && equalStructs(a, b);
  if (a instanceof CelDouble) {
    if (b instanceof CelDouble) return a.value === b.value;
    return b instanceof CelUint && Number.isInteger(a.value) && BigInt(a.value) === b.value;
  }
  if (a instanceof CelUint) {
    if (b instanceof CelUint) return a.value === b.value;
    return b instanceof CelDouble && Number.isInteger(b.value) && BigInt(b.value) === a.value;
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanoseconds === b.nanoseconds;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanoseconds === b.nanoseconds;
  if (a instanceof CelOptional) return b instanceof CelOptional && equalOptionals(a.value, b.value);
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && sameRuntimeType(a, b);
  return b instanceof CelOpaque && a.type.name === b.type.name && a.equals(b);
}

function equalOptionals(a: CelValue | undefined, b: CelValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalValues(a, b);
}

/** Types of values don't tell what is in a list or map. */
function sameRuntimeType({ type: a }: CelTypeValue, { type: b }: CelTypeValue): boolean {
  if (a.kind === "opaque" && b.kind === "opaque") return a.name === b.name;
  return a.kind === b.kind && (a.kind !== "object" || sameType(a, b));
}

function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false;
  const merge = a.merge ?? b.merge;
  if (merge?.type === "set") return sameSet(a, b);
  if (merge?.type === "map") return sameByKeys(a, b, merge.keys);
  for (let index = 0; index < a.size; index++) {
    countStep();
    if (!equalValues(a.at(index), b.at(index))) return false;
  }
  return true;
}

function sameSet(a: CelList, b: CelList): boolean {
  for (const each of a) if (!listContains(b, each)) return false;
  return true;
}

function sameByKeys(a: CelList, b: CelList, keys: readonly string[]): boolean {
  for (const each of a) {
    const other = findByKeys(b, each, keys);
    if (other === undefined || !equalValues(each, other)) return false;
  }
  return true;
}

/** The element of a Kubernetes list map with the same keys as `value`. */
export function findByKeys(list: CelList, value: CelValue, keys: readonly string[]): CelValue | undefined {
  for (const each of list) {
    countStep();
    if (keys.every((key) => equalOptionals(fieldOf(each, key), fieldOf(value, key)))) return each;
  }
  return undefined;
}

function fieldOf(value: CelValue, field: string): CelValue | undefined {
  return value instanceof CelObject || value instanceof CelMap ? value.get(field) : undefined;
}

export function listContains(list: CelList, value: CelValue): boolean {
  for (let index = 0; index < list.size; index++) {
    countStep();
    if (equalValues(list.at(index), value)) return true;
  }
  return false;
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    countStep();
    const other = b.get(key);
    if (other === undefined || !equalValues(a.get(key)!, other)) return false;
  }
  return true;
}

function equalStructs(a: CelObject, b: CelObject): boolean {
  if (a.type.name !== b.type.name) return false;
  for (const field of a.type.fieldNames()) {
    countStep();
    if (!equalOptionals(a.get(field), b.get(field))) return false;
  }
  return true;
}

/** Negative, zero or positive as `a` comes before `b`, is it, or comes after it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

import { boolType, bytesType, doubleType, durationType, dynType, intType, listType, mapType, nullType, stringType } from "./types.ts";
import { timestampType, typeType, uintType, type CelType, type ListMerge, type ObjectType, type OpaqueType } from "./types.ts";

/**
 * A value of CEL. What is most frequent is plain: a string, a boolean, null, and an int that a `number` holds exactly (beyond, it is a
 * `bigint`; {@link toInt} keeps it so). The rest is a class each.
 */
export type CelValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CelDouble
  | CelUint
  | CelDuration
  | CelTimestamp
  | CelList
  | CelMap
  | CelObject
  | CelOpaque
  | CelOptional
  | CelTypeValue;

/** An int: a `number` where it is exact, else a `bigint`. Never both for one number, so that `===` compares. */
export type CelInt = number | bigint;

export class CelDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

export class CelDuration {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class CelTimestamp {
  /** Since 1970. */
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

/** A type as a value: what `int` or `type(1)` stands for. */
export class CelTypeValue {
  readonly type: CelType;

  constructor(type: CelType) {
    this.type = type;
  }
}

/** `optional.of(value)`; without a value, `optional.none()`. */
export class CelOptional {
  static readonly none: CelOptional = new CelOptional(undefined);
  readonly value: CelValue | undefined;

  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

export abstract class CelList {
  abstract readonly size: number;
  /** How Kubernetes compares and adds the list, where its schema says that it is a set or a map. */
  readonly merge?: ListMerge | undefined;
  /** The element at an index from 0 to below `size`. */
  abstract at(index: number): CelValue;

  *[Symbol.iterator](): Iterator<CelValue> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
}

/** A list made by an expression. */
export class CelArray extends CelList {
  readonly #elements: CelValue[];
  readonly #constant: boolean;
  override readonly size: number;

  /** `elements` belongs to the list from now on. */
  constructor(elements: CelValue[], size: number = elements.length, constant = false) {
    super();
    this.#elements = elements;
    this.#constant = constant;
    this.size = size;
  }

  /** A list that many evaluations share. */
  static constant(elements: readonly CelValue[]): CelArray {
    return new CelArray([...elements], elements.length, true);
  }

  override at(index: number): CelValue {
    return this.#elements[index]!;
  }

  /**
   * This list with more at its end. The first list that is made by appending to another shares its elements (as in Go), so that
   * building a list one by one takes time in proportion to its length, not to the square of it.
   */
  append(more: CelList): CelArray {
    const shared = this.#elements.length === this.size && !this.#constant;
    const elements = shared ? this.#elements : this.#elements.slice(0, this.size);
    for (let index = 0; index < more.size; index++) elements.push(more.at(index));
    return new CelArray(elements, this.size + more.size);
  }
}

/** Keys are strings, ints, uints and booleans. */
export abstract class CelMap {
  abstract readonly size: number;
  abstract get(key: CelValue): CelValue | undefined;
  abstract has(key: CelValue): boolean;
  abstract keys(): Iterable<CelValue>;
}

/** A map made by an expression. */
export class CelEntries extends CelMap {
  readonly #entries: Map<unknown, Entry>;
  readonly #constant: boolean;
  override readonly size: number;

  private constructor(entries: Map<unknown, Entry>, size: number, constant = false) {
    super();
    this.#entries = entries;
    this.#constant = constant;
    this.size = size;
  }

  /** Of entries with the same key the last one counts. */
  static of(entries: Iterable<readonly [CelValue, CelValue]>): CelEntries {
    const known = new Map<unknown, Entry>();
    for (const [key, value] of entries) known.set(mapKey(key), { index: 0, key, value });
    return new CelEntries(known, known.size);
  }

  override get(key: CelValue): CelValue | undefined {
    return this.#entry(key)?.value;
  }

  override has(key: CelValue): boolean {
    return this.#entry(key) !== undefined;
  }

  override *keys(): Iterable<CelValue> {
    for (const { index, key } of this.#entries.values()) if (index < this.size) yield key;
  }

  /** This map with a new entry. The first map made so shares the entries of this one, like {@link CelArray.append}. */
  with(key: CelValue, value: CelValue): CelEntries {
    const shared = this.#entries.size === this.size && !this.#constant;
    const entries = shared ? this.#entries : new Map([...this.#entries].filter(([, { index }]) => index < this.size));
    entries.set(mapKey(key), { index: this.size, key, value });
    return new CelEntries(entries, this.size + 1);
  }

  /** The same map for many evaluations to share. */
  frozen(): CelEntries {
    return new CelEntries(this.#entries, this.size, true);
  }

  #entry(key: CelValue): Entry | undefined {
    const entry = this.#entries.get(mapKey(key));
    return entry !== undefined && entry.index < this.size ? entry : undefined;
  }
}

interface Entry {
  /** How many entries there were before it. */
  readonly index: number;
  readonly key: CelValue;
  readonly value: CelValue;
}

/** A value with declared fields. */
export abstract class CelObject {
  abstract readonly type: ObjectType;
  /** The value of a field by the name that expressions use; `undefined` when it has none. */
  abstract get(field: string): CelValue | undefined;
  abstract has(field: string): boolean;
  /** How many fields have a value; costs are told by it. */
  get size(): number {
    return this.type.fieldNames().reduce((count, field) => (this.has(field) ? count + 1 : count), 0);
  }
}

/** A value of a library's type. */
export abstract class CelOpaque {
  abstract readonly type: OpaqueType;
  abstract equals(other: CelOpaque): boolean;
}

/** An object whose fields are found when they are first asked for, such as the variables of an admission policy. */
export class CelLazyObject extends CelObject {
  override readonly type: ObjectType;
  readonly #find: (field: string) => CelValue | undefined;
  readonly #found = new Map<string, CelValue | undefined>();

  constructor(type: ObjectType, find: (field: string) => CelValue | undefined) {
    super();
    this.type = type;
    this.#find = find;
  }

  override get(field: string): CelValue | undefined {
    if (this.#found.has(field)) return this.#found.get(field);
    const value = this.#find(field);
    this.#found.set(field, value);
    return value;
  }

  override has(field: string): boolean {
    return this.get(field) !== undefined;
  }

  override get size(): number {
    return 1;
  }
}

/** An object made by an expression: `Name{field: value}`. */
export class CelStruct extends CelObject {
  override readonly type: ObjectType;
  readonly fields: ReadonlyMap<string, CelValue>;

  constructor(type: ObjectType, fields: ReadonlyMap<string, CelValue>) {
    super();
    this.type = type;
    this.fields = fields;
  }

  override get(field: string): CelValue | undefined {
    return this.fields.get(field);
  }

  override has(field: string): boolean {
    return this.fields.has(field);
  }
}

/** An int out of any whole number. The caller sees to its range. */
export function toInt(value: bigint): CelInt {
  return value >= -largestExact && value <= largestExact ? Number(value) : value;
}

const largestExact = BigInt(Number.MAX_SAFE_INTEGER);

/** What tells keys of maps apart: 1, 1u and 1.0 are the same key. `undefined` is no key. */
export function mapKey(key: CelValue): unknown {
  if (typeof key === "string" || typeof key === "number" || typeof key === "boolean" || typeof key === "bigint") return key;
  if (key instanceof CelUint) return toInt(key.value);
  if (key instanceof CelDouble) return Number.isInteger(key.value) ? toInt(BigInt(key.value)) : Number.NaN;
  return undefined;
}

/** The type of a value at run time; what is inside of lists and maps is not looked at. */
export function typeOf(value: CelValue): CelType {
  switch (typeof value) {
    case "string":
      return stringType;
    case "boolean":
      return boolType;
    case "number":
    case "bigint":
      return intType;
  }
  if (value === null) return nullType;
  if (value instanceof CelList) return anyList;
  if (value instanceof CelMap) return anyMap;
  if (value instanceof CelObject || value instanceof CelOpaque) return value.type;
  if (value instanceof CelDouble) return doubleType;
  if (value instanceof CelUint) return uintType;
  if (value instanceof Uint8Array) return bytesType;
  if (value instanceof CelDuration) return durationType;
  if (value instanceof CelTimestamp) return timestampType;
  if (value instanceof CelOptional) return anyOptional;
  return anyType;
}

const anyList = listType(dynType);
const anyMap = mapType(dynType, dynType);
const anyType = typeType();
const anyOptional: OpaqueType = { kind: "opaque", name: "optional_type", parameters: [dynType] };

import { addInts, checkedDuration, checkedTimestamp, checkedUint, divideInts, moduloInts, multiplyInts, negateInt } from "../arithmetic.ts";
import { subtractInts } from "../arithmetic.ts";
import { characterCount } from "../characters.ts";
import { compareValues } from "../comparison.ts";
import { toBool, toBytes, toDouble, toDuration, toInt64, toText, toTimestamp, toUint64 } from "../conversions.ts";
import { declare, global, method, type FunctionDeclaration, type Library, type Overload } from "../declarations.ts";
import { equalValues, listContains } from "../equality.ts";
import { failure } from "../errors.ts";
import { operators } from "../expression.ts";
import { quoteKey } from "../format-value.ts";
import { mapInsert } from "../macros.ts";
import { matches } from "../regular-expressions.ts";
import { boolType, bytesType, doubleType, durationType, dynType, intType, listType, mapType, stringType, timestampType } from "../types.ts";
import { typeParameter, typeType, uintType, type CelType } from "../types.ts";
import { CelDouble, CelTypeValue, CelUint, mapKey, typeOf } from "../values.ts";
import type { CelDuration, CelEntries, CelInt, CelList, CelMap, CelTimestamp, CelValue } from "../values.ts";
import { listAt, mapAt } from "../access.ts";
import { mergeLists } from "../list-merge.ts";
import { timeFunctions } from "./time.ts";

const A = typeParameter("A");
const B = typeParameter("B");
const listOfA = listType(A);
const mapOfAB = mapType(A, B);

/** Numbers compare across their types; other types with themselves. */
const ordered: readonly (readonly [CelType, CelType, string])[] = [
  [boolType, boolType, "bool"],
  [intType, intType, "int64"],
  [intType, doubleType, "int64_double"],
  [intType, uintType, "int64_uint64"],
  [uintType, uintType, "uint64"],
  [uintType, doubleType, "uint64_double"],
  [uintType, intType, "uint64_int64"],
  [doubleType, doubleType, "double"],
  [doubleType, intType, "double_int64"],
  [doubleType, uintType, "double_uint64"],
  [stringType, stringType, "string"],
  [bytesType, bytesType, "bytes"],
  [timestampType, timestampType, "timestamp"],
  [durationType, durationType, "duration"],
];

function comparison(name: string, prefix: string, holds: (order: number) => boolean): FunctionDeclaration {
  const call = (a: CelValue, b: CelValue): boolean => holds(compareValues(a, b));
  return declare(name, ...ordered.map(([left, right, suffix]) => global(`${prefix}_${suffix}`, [left, right], boolType, call)));
}

function sizes(): readonly Overload[] {
  const of: readonly (readonly [string, CelType, (value: never) => number])[] = [
    ["bytes", bytesType, (value: Uint8Array) => value.length],
    ["list", listOfA, (value: CelList) => value.size],
    ["map", mapOfAB, (value: CelMap) => value.size],
    ["string", stringType, characterCount],
  ];
  return of.flatMap(([name, type, size]) => [
    global(`size_${name}`, [type], intType, size as (value: CelValue) => number),
    method(`${name}_size`, [type], intType, size as (value: CelValue) => number),
  ]);
}

function conversion(
  name: string,
  result: CelType,
  convert: (value: CelValue) => CelValue,
  from: Readonly<Record<string, CelType>>,
): FunctionDeclaration {
  return declare(
    name,
    ...Object.entries(from).map(([source, type]) => global(`${source}_to_${overloadName(name)}`, [type], result, convert)),
  );
}

function overloadName(name: string): string {
  return name === "int" ? "int64" : name === "uint" ? "uint64" : name;
}

const functions: readonly FunctionDeclaration[] = [
  declare(
    operators.and,
    global("logical_and", [boolType, boolType], boolType, (a: boolean, b: boolean) => a && b),
  ),
  declare(
    operators.or,
    global("logical_or", [boolType, boolType], boolType, (a: boolean, b: boolean) => a || b),
  ),
  declare(
    operators.not,
    global("logical_not", [boolType], boolType, (value: boolean) => !value),
  ),
  declare(
    operators.notStrictlyFalse,
    global("not_strictly_false", [boolType], boolType, (value: boolean) => value),
  ),
  declare(
    operators.conditional,
    global("conditional", [boolType, A, A], A, (test: boolean, a: CelValue, b: CelValue) => (test ? a : b)),
  ),
  declare(operators.equals, global("equals", [A, A], boolType, equalValues)),
  declare(
    operators.notEquals,
    global("not_equals", [A, A], boolType, (a: CelValue, b: CelValue) => !equalValues(a, b)),
  ),
  comparison(operators.less, "less", (order) => order < 0),
  comparison(operators.lessOrEqual, "less_equals", (order) => order <= 0),
  comparison(operators.greater, "greater", (order) => order > 0),
  comparison(operators.greaterOrEqual, "greater_equals", (order) => order >= 0),
  declare(
    operators.add,
    global("add_bytes", [bytesType, bytesType], bytesType, concatenate),
    global("add_double", [doubleType, doubleType], doubleType, (a: CelDouble, b: CelDouble) => new CelDouble(a.value + b.value)),
    global("add_duration_duration", [durationType, durationType], durationType, (a: CelDuration, b: CelDuration) =>
      checkedDuration(a.nanoseconds + b.nanoseconds),
    ),
    global("add_duration_timestamp", [durationType, timestampType], timestampType, (a: CelDuration, b: CelTimestamp) =>
      checkedTimestamp(a.nanoseconds + b.nanoseconds),
    ),
    global("add_timestamp_duration", [timestampType, durationType], timestampType, (a: CelTimestamp, b: CelDuration) =>
      checkedTimestamp(a.nanoseconds + b.nanoseconds),
    ),
    global("add_int64", [intType, intType], intType, addInts),
    global("add_list", [listOfA, listOfA], listOfA, mergeLists),
    global("add_string", [stringType, stringType], stringType, (a: string, b: string) => a + b),
    global("add_uint64", [uintType, uintType], uintType, (a: CelUint, b: CelUint) => checkedUint(a.value + b.value)),
  ),
  declare(
    operators.subtract,
    global("subtract_double", [doubleType, doubleType], doubleType, (a: CelDouble, b: CelDouble) => new CelDouble(a.value - b.value)),
    global("subtract_duration_duration", [durationType, durationType], durationType, (a: CelDuration, b: CelDuration) =>
      checkedDuration(a.nanoseconds - b.nanoseconds),
    ),
    global("subtract_int64", [intType, intType], intType, subtractInts),
    global("subtract_timestamp_duration", [timestampType, durationType], timestampType, (a: CelTimestamp, b: CelDuration) =>
      checkedTimestamp(a.nanoseconds - b.nanoseconds),
    ),
    global("subtract_timestamp_timestamp", [timestampType, timestampType], durationType, (a: CelTimestamp, b: CelTimestamp) =>
      checkedDuration(a.nanoseconds - b.nanoseconds),
    ),
    global("subtract_uint64", [uintType, uintType], uintType, (a: CelUint, b: CelUint) => checkedUint(a.value - b.value)),
  ),
  declare(
    operators.multiply,
    global("multiply_double", [doubleType, doubleType], doubleType, (a: CelDouble, b: CelDouble) => new CelDouble(a.value * b.value)),
    global("multiply_int64", [intType, intType], intType, multiplyInts),
    global("multiply_uint64", [uintType, uintType], uintType, (a: CelUint, b: CelUint) => checkedUint(a.value * b.value)),
  ),
  declare(
    operators.divide,
    global("divide_double", [doubleType, doubleType], doubleType, (a: CelDouble, b: CelDouble) => new CelDouble(a.value / b.value)),
    global("divide_int64", [intType, intType], intType, divideInts),
    global("divide_uint64", [uintType, uintType], uintType, (a: CelUint, b: CelUint) => {
      if (b.value === 0n) throw failure("division by zero");
      return new CelUint(a.value / b.value);
    }),
  ),
  declare(
    operators.modulo,
    global("modulo_int64", [intType, intType], intType, moduloInts),
    global("modulo_uint64", [uintType, uintType], uintType, (a: CelUint, b: CelUint) => {
      if (b.value === 0n) throw failure("modulus by zero");
      return new CelUint(a.value % b.value);
    }),
  ),
  declare(
    operators.negate,
    global("negate_double", [doubleType], doubleType, (value: CelDouble) => new CelDouble(-value.value)),
    global("negate_int64", [intType], intType, negateInt),
  ),
  declare(
    operators.index,
    global("index_list", [listOfA, intType], A, (list: CelList, index: CelInt) => listAt(list, index)),
    global("index_map", [mapOfAB, A], B, (map: CelMap, key: CelValue) => mapAt(map, key)),
  ),
  declare(
    operators.in,
    global("in_list", [A, listOfA], boolType, (value: CelValue, list: CelList) => listContains(list, value)),
    global("in_map", [A, mapOfAB], boolType, (key: CelValue, map: CelMap) => map.has(key)),
  ),
  declare("size", ...sizes()),
  declare(
    "type",
    global("type", [A], typeType(A), (value: CelValue) => new CelTypeValue(typeOf(value))),
  ),
  declare(
    "dyn",
    global("to_dyn", [A], dynType, (value: CelValue) => value),
  ),
  conversion("bool", boolType, toBool, { bool: boolType, string: stringType }),
  conversion("bytes", bytesType, toBytes, { bytes: bytesType, string: stringType }),
  conversion("double", doubleType, toDouble, { double: doubleType, int64: intType, string: stringType, uint64: uintType }),
  conversion("duration", durationType, toDuration, { duration: durationType, string: stringType }),
  conversion("int", intType, toInt64, {
    int64: intType,
    double: doubleType,
    duration: durationType,
    string: stringType,
    timestamp: timestampType,
    uint64: uintType,
  }),
  conversion("string", stringType, toText, {
    string: stringType,
    bool: boolType,
    bytes: bytesType,
    double: doubleType,
    duration: durationType,
    int64: intType,
    timestamp: timestampType,
    uint64: uintType,
  }),
  conversion("timestamp", timestampType, toTimestamp, { timestamp: timestampType, int64: intType, string: stringType }),
  conversion("uint", uintType, toUint64, { uint64: uintType, double: doubleType, int64: intType, string: stringType }),
  declare(
    "contains",
    method("contains_string", [stringType, stringType], boolType, (text: string, part: string) => text.includes(part)),
  ),
  declare(
    "endsWith",
    method("ends_with_string", [stringType, stringType], boolType, (text: string, end: string) => text.endsWith(end)),
  ),
  declare(
    "startsWith",
    method("starts_with_string", [stringType, stringType], boolType, (text: string, begin: string) => text.startsWith(begin)),
  ),
  declare(
    "matches",
    global("matches", [stringType, stringType], boolType, matches),
    method("matches_string", [stringType, stringType], boolType, matches),
  ),
  declare(
    mapInsert,
    global("@mapInsert_map_key_value", [mapOfAB, A, B], mapOfAB, (map: CelEntries, key: CelValue, value: CelValue) =>
      inserted(map, key, value),
    ),
    global("@mapInsert_map_map", [mapOfAB, mapOfAB], mapOfAB, (map: CelEntries, more: CelMap) => {
      let result = map;
      for (const key of more.keys()) result = inserted(result, key, more.get(key)!);
      return result;
    }),
  ),
  ...timeFunctions,
];

/** What every expression may use. */
export const standardLibrary: Library = { functions };

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function inserted(map: CelEntries, key: CelValue, value: CelValue): CelEntries {
  if (mapKey(key) === undefined) throw failure(`unsupported key type: ${typeOf(key).kind}`);
  if (map.has(key)) throw failure(`insert failed: key ${quoteKey(key)} already exists`);
  return map.with(key, value);
}

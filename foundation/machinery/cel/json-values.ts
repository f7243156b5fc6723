import { base64Problem } from "../base64.ts";
import { parseDuration } from "../duration.ts";
import { parseTimestamp } from "./calendar.ts";
import { toText } from "./conversions.ts";
import { failure } from "./errors.ts";
import { dynType, type CelType, type ListMerge, type ObjectType } from "./types.ts";
import { CelDouble, CelDuration, CelList, CelMap, CelObject, CelOptional, CelStruct, CelTimestamp, CelUint, toInt } from "./values.ts";
import type { CelValue } from "./values.ts";

/**
 * A JSON value as a value of CEL. Lists and objects are not copied: their elements are looked at when an expression asks for them.
 * Throws `CelEvaluationError` when the value is not of the type, then or later.
 */
export function toCelValue(json: unknown, type: CelType = dynType): CelValue {
  if (json === null || json === undefined) return null;
  switch (type.kind) {
    case "object":
      if (!isRecord(json)) throw failure("invalid data, expected a map for the provided schema with type=object");
      return new JsonObject(json, type);
    case "map":
      if (!isRecord(json)) throw failure("invalid data, expected a map for the provided schema with type=object");
      return new JsonMap(json, type.value);
    case "list":
      if (!Array.isArray(json)) throw failure("invalid data, expected an array for the provided schema with type=array");
      return new JsonList(json, type.element, type.merge);
    case "string":
      return typeof json === "string" ? json : wrongType("string", json);
    case "bool":
      return typeof json === "boolean" ? json : wrongType("bool", json);
    case "int":
      return typeof json === "number" && Number.isInteger(json) ? wholeNumber(json) : wrongType("int", json);
    case "double":
      return typeof json === "number" ? new CelDouble(json) : wrongType("float", json);
    case "bytes":
      return typeof json === "string" ? bytesOf(json) : wrongType("string", json);
    case "duration":
      return typeof json === "string" ? durationOf(json) : wrongType("string", json);
    case "timestamp":
      return typeof json === "string" ? timestampOf(json) : wrongType("string", json);
    default:
      return dynamicValue(json);
  }
}

function dynamicValue(json: unknown): CelValue {
  switch (typeof json) {
    case "string":
    case "boolean":
      return json;
    case "number":
      return Number.isInteger(json) ? wholeNumber(json) : new CelDouble(json);
    default:
      if (Array.isArray(json)) return new JsonList(json, dynType, undefined);
      if (isRecord(json)) return new JsonMap(json, dynType);
      throw failure(`unsupported conversion to ref.Val: ${typeof json}`);
  }
}

function wholeNumber(json: number): CelValue {
  if (Number.isSafeInteger(json)) return json + 0;
  return Math.abs(json) < 2 ** 63 ? toInt(BigInt(json)) : new CelDouble(json);
}

type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(json: unknown): json is JsonRecord {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function own(record: JsonRecord, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

class JsonObject extends CelObject {
  readonly json: JsonRecord;
  override readonly type: ObjectType;

  constructor(json: JsonRecord, type: ObjectType) {
    super();
    this.json = json;
    this.type = type;
  }

  override get(name: string): CelValue | undefined {
    const field = this.type.field(name);
    const value = field === undefined ? undefined : own(this.json, field.name);
    return value === undefined ? undefined : toCelValue(value, field!.type);
  }

  override has(name: string): boolean {
    const field = this.type.field(name);
    return field !== undefined && own(this.json, field.name) !== undefined;
  }

  override get size(): number {
    return Object.keys(this.json).length;
  }
}

class JsonMap extends CelMap {
  readonly json: JsonRecord;
  readonly #values: CelType;

  constructor(json: JsonRecord, values: CelType) {
    super();
    this.json = json;
    this.#values = values;
  }

  override get size(): number {
    return Object.keys(this.json).length;
  }

  override get(key: CelValue): CelValue | undefined {
    const value = typeof key === "string" ? own(this.json, key) : undefined;
    return value === undefined ? undefined : toCelValue(value, this.#values);
  }

  override has(key: CelValue): boolean {
    return typeof key === "string" && own(this.json, key) !== undefined;
  }

  override keys(): Iterable<CelValue> {
    return Object.keys(this.json);
  }
}

class JsonList extends CelList {
  readonly json: readonly unknown[];
  override readonly merge: ListMerge | undefined;
  readonly #elements: CelType;

  constructor(json: readonly unknown[], elements: CelType, merge: ListMerge | undefined) {
    super();
    this.json = json;
    this.merge = merge;
    this.#elements = elements;
  }

  override get size(): number {
    return this.json.length;
  }

  override at(index: number): CelValue {
    return toCelValue(this.json[index], this.#elements);
  }
}

/**
 * A value as JSON, as protobuf writes it: bytes in base64, times in RFC 3339, durations in seconds. Throws `CelEvaluationError` for
 * values that JSON has nothing for, such as types and IP addresses.
 */
export function toJson(value: CelValue): unknown {
  if (value === null || typeof value !== "object") return typeof value === "bigint" ? Number(value) : value;
  if (value instanceof CelList) return Array.from(value, toJson);
  if (value instanceof CelMap) return Object.fromEntries(Array.from(value.keys(), (key) => [toText(key), toJson(value.get(key)!)]));
  if (value instanceof JsonObject) return value.json;
  if (value instanceof CelStruct) return Object.fromEntries(Array.from(value.fields, ([name, field]) => [name, toJson(field)]));
  if (value instanceof CelDouble) return value.value;
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
  if (value instanceof CelOptional && value.value !== undefined) return toJson(value.value);
  return toText(value);
}

/** The JSON that a value is a view of, if it is one. */
export function jsonBehind(value: CelValue): unknown {
  return value instanceof JsonObject || value instanceof JsonMap || value instanceof JsonList ? value.json : undefined;
}

function bytesOf(text: string): Uint8Array {
  const problem = base64Problem(text);
  if (problem !== undefined) throw failure(`Invalid byte formatted string ${text}: ${problem}`);
  return Uint8Array.from(atob(text.replaceAll(/[\r\n]/g, "")), (character) => character.charCodeAt(0));
}

function durationOf(text: string): CelDuration {
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined) throw failure(`Invalid duration ${text}: unable to parse to a duration`);
  return new CelDuration(nanoseconds);
}

function timestampOf(text: string): CelTimestamp {
  const nanoseconds = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (nanoseconds === undefined) throw failure(`Invalid date-time formatted string ${text}: unable to parse to a time`);
  return new CelTimestamp(nanoseconds);
}

function wrongType(wanted: string, json: unknown): never {
  throw failure(`invalid data, expected ${wanted}, got ${goTypeOf(json)}`);
}

function goTypeOf(json: unknown): string {
  switch (typeof json) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(json) ? "int64" : "float64";
    default:
      return Array.isArray(json) ? "[]interface {}" : "map[string]interface {}";
  }
}

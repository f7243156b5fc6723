/**
 * A type of CEL. Two types are the same when they have the same shape, whatever their {@link Bounds} say.
 *
 * `dyn` is checked at run time only. `error` is what the checker gives an expression that it has already complained about.
 */
export type CelType = ScalarType | ListType | MapType | ObjectType | OpaqueType | TypeType | TypeParameter;

/** What a schema says about the size of values, for estimates of cost. Absent in types that come from no schema. */
export interface Bounds {
  /** The most elements, entries, characters or bytes that a value may have; 0 in scalars. */
  readonly maxElements?: number;
  /** The least number of bytes that a value takes in JSON. */
  readonly minSize?: number;
}

export interface ScalarType extends Bounds {
  readonly kind: "bool" | "int" | "uint" | "double" | "string" | "bytes" | "null" | "duration" | "timestamp" | "dyn" | "error";
}

export interface ListType extends Bounds {
  readonly kind: "list";
  readonly element: CelType;
  /** Lists that are sets or maps in Kubernetes are equal whatever their order, and `+` merges them. */
  readonly merge?: ListMerge;
}

export type ListMerge = { readonly type: "set" } | { readonly type: "map"; readonly keys: readonly string[] };

export interface MapType extends Bounds {
  readonly kind: "map";
  readonly key: CelType;
  readonly value: CelType;
}

/** A value with declared fields, such as a custom resource. */
export interface ObjectType extends Bounds {
  readonly kind: "object";
  readonly name: string;
  /** By the name that expressions use. A function, since the schemas of some kinds are recursive. */
  readonly field: (name: string) => ObjectField | undefined;
  /** The names of all fields as expressions write them; for values that are made in expressions. */
  readonly fieldNames: () => readonly string[];
  /** Whether expressions may make such values: `Name{field: value}`. */
  readonly constructible?: boolean;
}

export interface ObjectField {
  /** The name in JSON, which expressions may have to write escaped. */
  readonly name: string;
  readonly type: CelType;
}

/** A type of a library, such as `kubernetes.Quantity` or `optional_type(int)`. */
export interface OpaqueType extends Bounds {
  readonly kind: "opaque";
  readonly name: string;
  readonly parameters: readonly CelType[];
}

/** The type of a type: `type(1)` is of type `type(int)`. */
export interface TypeType extends Bounds {
  readonly kind: "type";
  readonly of: CelType | undefined;
}

export interface TypeParameter extends Bounds {
  readonly kind: "parameter";
  readonly name: string;
}

export const boolType: CelType = { kind: "bool" };
export const intType: CelType = { kind: "int" };
export const uintType: CelType = { kind: "uint" };
export const doubleType: CelType = { kind: "double" };
export const stringType: CelType = { kind: "string" };
export const bytesType: CelType = { kind: "bytes" };
export const nullType: CelType = { kind: "null" };
export const durationType: CelType = { kind: "duration" };
export const timestampType: CelType = { kind: "timestamp" };
export const dynType: CelType = { kind: "dyn" };
export const errorType: CelType = { kind: "error" };

export function listType(element: CelType, bounds: Bounds & { readonly merge?: ListMerge } = {}): ListType {
  return { kind: "list", element, ...bounds };
}

export function mapType(key: CelType, value: CelType, bounds: Bounds = {}): MapType {
  return { kind: "map", key, value, ...bounds };
}

export function opaqueType(name: string, ...parameters: readonly CelType[]): OpaqueType {
  return { kind: "opaque", name, parameters };
}

export function optionalType(of: CelType): OpaqueType {
  return opaqueType("optional_type", of);
}

export function typeType(of?: CelType): TypeType {
  return { kind: "type", of };
}

export function typeParameter(name: string): TypeParameter {
  return { kind: "parameter", name };
}

/** An object type out of its fields, by the name that expressions use. */
export function objectType(
  name: string,
  fields: Readonly<Record<string, CelType | ObjectField>>,
  options: Bounds & { readonly constructible?: boolean } = {},
): ObjectType {
  const known = new Map(Object.entries(fields).map(([key, value]) => [key, "kind" in value ? { name: key, type: value } : value]));
  return { kind: "object", name, field: (key) => known.get(key), fieldNames: () => [...known.keys()], ...options };
}

/** The type inside of `optional_type(…)`; `undefined` for any other type. */
export function unwrapOptional(type: CelType): CelType | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? type.parameters[0] : undefined;
}

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case "list":
      return b.kind === "list" && sameType(a.element, b.element);
    case "map":
      return b.kind === "map" && sameType(a.key, b.key) && sameType(a.value, b.value);
    case "object":
      return b.kind === "object" && a.name === b.name;
    case "opaque":
      return (
        b.kind === "opaque" &&
        a.name === b.name &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((parameter, index) => sameType(parameter, b.parameters[index]!))
      );
    case "type":
      return b.kind === "type" && (a.of === undefined || b.of === undefined ? a.of === b.of : sameType(a.of, b.of));
    case "parameter":
      return b.kind === "parameter" && a.name === b.name;
    default:
      return a.kind === b.kind;
  }
}

/** A type as errors name it: `map(string, list(int))`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "object":
    case "parameter":
      return type.name;
    case "opaque":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(", ")})`;
    case "type":
      return type.of === undefined ? "type" : `type(${formatType(type.of)})`;
    case "error":
      return "!error!";
    default:
      return type.kind;
  }
}

/** The name of a type at run time, which `string(type(x))` answers. */
export function typeName(type: CelType): string {
  switch (type.kind) {
    case "object":
    case "opaque":
    case "parameter":
      return type.name;
    case "null":
      return "null_type";
    case "duration":
      return "google.protobuf.Duration";
    case "timestamp":
      return "google.protobuf.Timestamp";
    default:
      return type.kind;
  }
}

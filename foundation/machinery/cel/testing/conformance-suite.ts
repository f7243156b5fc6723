import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";
import { parseDuration } from "../../duration.ts";
import { parseTimestamp } from "../calendar.ts";
import { declare, global, type FunctionDeclaration } from "../declarations.ts";
import { equalValues } from "../equality.ts";
import { bindingLibrary, CelEnvironment, compile, encoderLibrary, kubernetesLibraries, mathLibrary } from "../index.ts";
import { laterStringLibrary } from "../libraries/strings.ts";
import { builtInTypes } from "../type-names.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  formatType,
  intType,
  listType,
  mapType,
  nullType,
  opaqueType,
} from "../types.ts";
import { optionalType, stringType, timestampType, typeParameter, typeType, uintType, type CelType } from "../types.ts";
import { CelArray, CelDouble, CelDuration, CelEntries, CelTimestamp, CelTypeValue, CelUint, toInt, type CelValue } from "../values.ts";

/** One case of the official suite, in JSON as protobuf has it. */
export interface Case {
  /** `section/group/name`. */
  readonly id: string;
  readonly expr: string;
  readonly container?: string;
  readonly typeEnv?: readonly Declaration[];
  /** Evaluated as it was parsed, whatever its types. */
  readonly disableCheck?: boolean;
  readonly bindings?: Readonly<Record<string, { readonly value?: WireValue }>>;
  readonly value?: WireValue;
  readonly evalError?: unknown;
  readonly typedResult?: { readonly result?: WireValue; readonly deducedType?: WireType };
  readonly checkOnly?: boolean;
}

interface Declaration {
  readonly name: string;
  readonly ident?: { readonly type: WireType };
  readonly function?: {
    readonly overloads: readonly { readonly overloadId: string; readonly params?: readonly WireType[]; readonly resultType: WireType }[];
  };
}

interface WireValue {
  readonly int64Value?: string;
  readonly uint64Value?: string;
  readonly doubleValue?: number | string;
  readonly stringValue?: string;
  readonly bytesValue?: string;
  readonly boolValue?: boolean;
  readonly nullValue?: null;
  readonly typeValue?: string;
  readonly listValue?: { readonly values?: readonly WireValue[] };
  readonly mapValue?: { readonly entries?: readonly { readonly key: WireValue; readonly value: WireValue }[] };
  readonly objectValue?: { readonly "@type": string; readonly value?: unknown };
}

interface WireType {
  readonly primitive?: string;
  readonly wellKnown?: string;
  readonly wrapper?: string;
  readonly dyn?: unknown;
  readonly null?: unknown;
  readonly type?: WireType;
  readonly typeParam?: string;
  readonly messageType?: string;
  readonly listType?: { readonly elemType?: WireType };
  readonly mapType?: { readonly keyType?: WireType; readonly valueType?: WireType };
  readonly abstractType?: { readonly name: string; readonly parameterTypes?: readonly WireType[] };
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: Omit<Case, "id"> & { readonly name?: string } }[];
}

/** All cases of the official suite. */
export function conformanceCases(): readonly Case[] {
  const collect = (suite: Suite, path: readonly string[]): readonly Case[] => [
    ...(suite.tests ?? []).map(({ original }) => ({ ...original, id: [...path, original.name ?? original.expr].join("/") })),
    ...(suite.suites ?? []).flatMap((inner) => collect(inner, [...path, inner.name])),
  ];
  return collect(tests as unknown as Suite, []);
}

const libraries = [laterStringLibrary, ...kubernetesLibraries, bindingLibrary, mathLibrary, encoderLibrary];

/** Runs a case: `undefined` when it goes as the suite says, else what went otherwise. */
export function runCase(each: Case): string | undefined {
  try {
    const declarations = each.typeEnv ?? [];
    const variables = Object.fromEntries(
      declarations.flatMap(({ name, ident }) => (ident === undefined ? [] : [[name, typeOfWire(ident.type)]])),
    );
    const container = each.container === undefined ? {} : { container: each.container };
    const environment = new CelEnvironment({
      variables,
      libraries: [...libraries, { functions: declarations.flatMap(functionOf) }],
      mixedLiterals: true,
      ...container,
    });
    const program = compile(environment, each.expr);
    const deduced = each.typedResult?.deducedType;
    if (deduced !== undefined && formatType(program.resultType) !== formatType(typeOfWire(deduced))) {
      return `is of type ${formatType(program.resultType)}, not ${formatType(typeOfWire(deduced))}`;
    }
    if (each.checkOnly === true) return undefined;
    const bindings = Object.fromEntries(Object.entries(each.bindings ?? {}).map(([name, { value }]) => [name, valueOfWire(value!)]));
    const value = program.evaluate(bindings, { costLimit: Infinity });
    if (each.evalError !== undefined) return "has a value, not an error";
    const expected = each.value ?? each.typedResult?.result;
    const wanted = expected === undefined ? true : valueOfWire(expected);
    return same(value, wanted) ? undefined : "has another value";
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    if (each.evalError === undefined) return message;
    // What is refused because it isn't known here doesn't show that the right thing was refused.
    const unknown = /undeclared reference|protobuf message/.test(message);
    return unknown && !JSON.stringify(each.evalError).includes("undeclared reference") ? message : undefined;
  }
}

/** A function that is only declared: such cases are checked, not evaluated. */
function functionOf({ name, function: declared }: Declaration): readonly FunctionDeclaration[] {
  const overloads = declared?.overloads.map(({ overloadId, params = [], resultType }) =>
    global(overloadId, params.map(typeOfWire), typeOfWire(resultType), () => null),
  );
  return overloads === undefined ? [] : [declare(name, ...overloads)];
}

/** Equal, with NaN equal to itself and numbers only to numbers of their type. */
function same(a: CelValue, b: CelValue): boolean {
  if (a instanceof CelDouble || b instanceof CelDouble) {
    return a instanceof CelDouble && b instanceof CelDouble && Object.is(a.value + 0, b.value + 0);
  }
  return a instanceof CelUint === b instanceof CelUint && equalValues(a, b);
}

function valueOfWire(value: WireValue): CelValue {
  if (value.int64Value !== undefined) return toInt(BigInt(value.int64Value));
  if (value.uint64Value !== undefined) return new CelUint(BigInt(value.uint64Value));
  if (value.doubleValue !== undefined) return new CelDouble(Number(value.doubleValue));
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.bytesValue !== undefined) return Uint8Array.from(atob(value.bytesValue), (character) => character.charCodeAt(0));
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.nullValue !== undefined) return null;
  if (value.listValue !== undefined) return new CelArray((value.listValue.values ?? []).map(valueOfWire));
  if (value.mapValue !== undefined) {
    return CelEntries.of((value.mapValue.entries ?? []).map((entry) => [valueOfWire(entry.key), valueOfWire(entry.value)]));
  }
  if (value.typeValue !== undefined) return new CelTypeValue(typeOfName(value.typeValue));
  const message = value.objectValue;
  if (message?.["@type"] === "type.googleapis.com/google.protobuf.Duration") return new CelDuration(parseDuration(String(message.value))!);
  if (message?.["@type"] === "type.googleapis.com/google.protobuf.Timestamp")
    return new CelTimestamp(parseTimestamp(String(message.value))!);
  throw new Error(`protobuf message ${message?.["@type"] ?? "of an enum"}`);
}

function typeOfName(name: string): CelType {
  return builtInTypes[name] ?? opaqueType(name);
}

const primitives: Readonly<Record<string, CelType>> = {
  BOOL: boolType,
  INT64: intType,
  UINT64: uintType,
  DOUBLE: doubleType,
  STRING: stringType,
  BYTES: bytesType,
};

function typeOfWire(type: WireType | undefined): CelType {
  if (type?.primitive !== undefined) return primitives[type.primitive]!;
  if (type?.wellKnown !== undefined)
    return type.wellKnown === "TIMESTAMP" ? timestampType : type.wellKnown === "DURATION" ? durationType : dynType;
  if (type?.listType !== undefined) return listType(typeOfWire(type.listType.elemType));
  if (type?.mapType !== undefined) return mapType(typeOfWire(type.mapType.keyType), typeOfWire(type.mapType.valueType));
  if (type?.type !== undefined) return typeType(typeOfWire(type.type));
  if (type?.typeParam !== undefined) return typeParameter(type.typeParam);
  if (type?.abstractType !== undefined) {
    const parameters = (type.abstractType.parameterTypes ?? []).map(typeOfWire);
    return type.abstractType.name === "optional_type" ? optionalType(parameters[0]!) : opaqueType(type.abstractType.name, ...parameters);
  }
  if (type?.null !== undefined) return nullType;
  if (type?.messageType !== undefined || type?.wrapper !== undefined) throw new Error(`protobuf message ${type.messageType ?? "wrapper"}`);
  return dynType;
}

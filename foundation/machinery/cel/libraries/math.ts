import { checkedInt } from "../arithmetic.ts";
import { compareValues } from "../comparison.ts";
import { declare, global, type FunctionDeclaration, type Library, type Overload } from "../declarations.ts";
import { failure } from "../errors.ts";
import type { Expression } from "../expression.ts";
import type { Macro, MacroContext, Macros } from "../macros.ts";
import { boolType, doubleType, dynType, intType, listType, uintType, type CelType } from "../types.ts";
import { CelDouble, CelUint, toInt, type CelInt, type CelList, type CelValue } from "../values.ts";

const numeric: readonly (readonly [string, CelType])[] = [
  ["int", intType],
  ["uint", uintType],
  ["double", doubleType],
];

function extreme(name: "min" | "max", better: (order: number) => boolean): FunctionDeclaration {
  const pick = (a: CelValue, b: CelValue): CelValue => (better(compareValues(b, a)) ? b : a);
  const ofList = (list: CelList): CelValue => {
    if (list.size === 0) throw failure(`math.@${name}(list) argument must not be empty`);
    return [...list].reduce(pick);
  };
  const overloads: Overload[] = [];
  for (const [first, one] of numeric) {
    overloads.push(global(`math_@${name}_${first}`, [one], one, (value: CelValue) => value));
    overloads.push(global(`math_@${name}_list_${first}`, [listType(one)], one, ofList));
    for (const [second, two] of numeric) {
      overloads.push(global(`math_@${name}_${first}_${second}`, [one, two], one === two ? one : dynType, pick));
    }
  }
  return declare(`math.@${name}`, ...overloads);
}

function ofDouble(name: string, apply: (value: number) => number): FunctionDeclaration {
  return declare(
    `math.${name}`,
    global(`math_${name}_double`, [doubleType], doubleType, ({ value }: CelDouble) => new CelDouble(apply(value))),
  );
}

function test(name: string, holds: (value: number) => boolean): FunctionDeclaration {
  return declare(
    `math.${name}`,
    global(`math_${name}_double`, [doubleType], boolType, ({ value }: CelDouble) => holds(value)),
  );
}

function bits(name: string, combine: (a: bigint, b: bigint) => bigint): FunctionDeclaration {
  return declare(
    `math.${name}`,
    global(`math_${name}_int_int`, [intType, intType], intType, (a: CelInt, b: CelInt) => toInt(combine(BigInt(a), BigInt(b)))),
    global(`math_${name}_uint_uint`, [uintType, uintType], uintType, (a: CelUint, b: CelUint) => new CelUint(combine(a.value, b.value))),
  );
}

function shift(name: "bitShiftLeft" | "bitShiftRight", move: (value: bigint, by: bigint) => bigint): FunctionDeclaration {
  const by = (offset: CelInt): bigint => {
    if (Number(offset) < 0) throw failure(`math.${name}() negative offset: ${offset}`);
    return BigInt(offset);
  };
  // All bits are gone after 64; shifting a bigint by more would make it grow without bound.
  const moved = (value: bigint, offset: CelInt): bigint => (by(offset) >= 64n ? 0n : move(value, by(offset)));
  return declare(
    `math.${name}`,
    global(`math_${name}_int_int`, [intType, intType], intType, (value: CelInt, offset: CelInt) =>
      toInt(BigInt.asIntN(64, moved(BigInt.asUintN(64, BigInt(value)), offset))),
    ),
    global(
      `math_${name}_uint_int`,
      [uintType, intType],
      uintType,
      (value: CelUint, offset: CelInt) => new CelUint(BigInt.asUintN(64, moved(value.value, offset))),
    ),
  );
}

function overNumbers(
  name: string,
  ofInt: (value: CelInt) => CelValue,
  ofUint: (value: CelUint) => CelValue,
  of: (value: number) => number,
  result?: CelType,
): FunctionDeclaration {
  return declare(
    `math.${name}`,
    global(`math_${name}_double`, [doubleType], doubleType, ({ value }: CelDouble) => new CelDouble(of(value))),
    global(`math_${name}_int`, [intType], result ?? intType, ofInt),
    global(`math_${name}_uint`, [uintType], result ?? uintType, ofUint),
  );
}

/** Macros are found by the number of their arguments; nobody writes more than this. */
const mostArguments = 32;

const macros: Macros = { ...variadic("least", "min"), ...variadic("greatest", "max") };

/** `math.least`, `math.greatest`, rounding, signs, bits, roots. */
export const mathLibrary: Library = {
  macros,
  functions: [
    extreme("min", (order) => order < 0),
    extreme("max", (order) => order > 0),
    ofDouble("ceil", Math.ceil),
    ofDouble("floor", Math.floor),
    ofDouble("trunc", Math.trunc),
    ofDouble("round", (value) => (value < 0 ? -Math.round(-value) : Math.round(value))),
    test("isInf", (value) => value === Infinity || value === -Infinity),
    test("isNaN", Number.isNaN),
    test("isFinite", Number.isFinite),
    overNumbers(
      "abs",
      (value) => (value < 0 ? checkedInt(-BigInt(value)) : value),
      (value) => value,
      Math.abs,
    ),
    overNumbers(
      "sign",
      (value) => (value < 0 ? -1 : value > 0 ? 1 : 0),
      ({ value }) => new CelUint(value > 0n ? 1n : 0n),
      Math.sign,
    ),
    overNumbers(
      "sqrt",
      (value) => new CelDouble(Math.sqrt(Number(value))),
      ({ value }) => new CelDouble(Math.sqrt(Number(value))),
      Math.sqrt,
      doubleType,
    ),
    bits("bitAnd", (a, b) => a & b),
    bits("bitOr", (a, b) => a | b),
    bits("bitXor", (a, b) => a ^ b),
    declare(
      "math.bitNot",
      global("math_bitNot_int_int", [intType], intType, (value: CelInt) => toInt(~BigInt(value))),
      global("math_bitNot_uint_uint", [uintType], uintType, ({ value }: CelUint) => new CelUint(BigInt.asUintN(64, ~value))),
    ),
    shift("bitShiftLeft", (value, by) => value << by),
    shift("bitShiftRight", (value, by) => value >> by),
  ],
};

/** `math.least(…)` with any number of arguments. */
function variadic(name: "least" | "greatest", by: "min" | "max"): Macros {
  const expand: Macro = (context, target, args) => {
    if (target?.kind !== "identifier" || target.name !== "math") return undefined;
    return expanded(context, name, `math.@${by}`, target, args);
  };
  return Object.fromEntries(Array.from({ length: mostArguments + 1 }, (_, count) => [`.${name}/${count}`, expand]));
}

function expanded(
  { make, at, fail }: MacroContext,
  name: string,
  called: string,
  target: Expression,
  args: readonly Expression[],
): Expression {
  if (args.length === 0) {
    fail(`math.${name}() requires at least one argument`, target.at);
    return target;
  }
  if (args.length === 1 && args[0]!.kind === "list" && args[0]!.elements.length === 0) {
    fail(`math.${name}() invalid single argument value`, args[0]!.at);
    return target;
  }
  const inner = args.length === 1 && args[0]!.kind === "list" ? args[0]!.elements : args;
  const wrong = inner.find(
    (each) => each.kind === "struct" || each.kind === "map" || each.kind === "list" || (each.kind === "literal" && !isNumber(each.value)),
  );
  if (wrong !== undefined) {
    if (args.length === 1) fail(`math.${name}() invalid single argument value`, args[0]!.at);
    else fail(`math.${name}() simple literal arguments must be numeric`, wrong.at);
    return target;
  }
  return make.call(called, args.length > 2 ? [make.list(args, at)] : args, at);
}

function isNumber(value: CelValue): boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof CelDouble || value instanceof CelUint;
}

import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  quantityProblem,
  subtractQuantities,
  type ParsedQuantity,
} from "../../quantity.ts";
import { declare, global, method, type CallCosts, type Library, type Overload } from "../declarations.ts";
import { failure } from "../errors.ts";
import { sizeOf, traversal } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { boolType, doubleType, intType, opaqueType, stringType } from "../types.ts";
import { CelDouble, CelOpaque, toInt, type CelInt } from "../values.ts";

export const quantityType: CelOpaque["type"] = opaqueType("kubernetes.Quantity");

export class CelQuantity extends CelOpaque {
  override readonly type: CelOpaque["type"] = quantityType;
  readonly quantity: ParsedQuantity;

  constructor(quantity: ParsedQuantity) {
    super();
    this.quantity = quantity;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && compareQuantities(this.quantity, other.quantity) === 0;
  }
}

/** Reading a text costs as much as the text is long. */
export const parsing: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!)),
  estimate: (_, [text]) => ({ cost: traverse(text!.size) }),
};

const pair = [quantityType, quantityType];

/** Amounts of resources: `quantity('1.5Gi').isGreaterThan(quantity('1G'))`. */
export const quantityLibrary: Library = {
  types: { "kubernetes.Quantity": quantityType },
  functions: [
    declare("quantity", global("string_to_quantity", [stringType], quantityType, parse, parsing)),
    declare(
      "isQuantity",
      global("is_quantity_string", [stringType], boolType, (text: string) => quantityProblem(text) === undefined, parsing),
    ),
    declare(
      "sign",
      global("quantity_sign", [quantityType], intType, ({ quantity }: CelQuantity) => compareQuantities(quantity, zero)),
    ),
    declare(
      "isGreaterThan",
      method("quantity_is_greater_than", pair, boolType, (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0),
    ),
    declare(
      "isLessThan",
      method("quantity_is_less_than", pair, boolType, (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0),
    ),
    declare("compareTo", method("quantity_compare_to", pair, intType, compare)),
    declare(
      "asApproximateFloat",
      method("quantity_get_float", [quantityType], doubleType, ({ quantity }: CelQuantity) => new CelDouble(Number(quantity.nanos) / 1e9)),
    ),
    declare("asInteger", method("quantity_get_int", [quantityType], intType, asInteger)),
    declare(
      "isInteger",
      method("quantity_is_integer", [quantityType], boolType, ({ quantity }: CelQuantity) => integerOf(quantity) !== undefined),
    ),
    declare("add", ...calculation("add", addQuantities)),
    declare("sub", ...calculation("sub", subtractQuantities)),
  ],
};

const zero: ParsedQuantity = { nanos: 0n, format: "decimal" };
const nanosPerUnit = 1_000_000_000n;

function calculation(name: string, calculate: (a: ParsedQuantity, b: ParsedQuantity) => ParsedQuantity): readonly Overload[] {
  return [
    method(`quantity_${name}`, pair, quantityType, (a: CelQuantity, b: CelQuantity) => new CelQuantity(calculate(a.quantity, b.quantity))),
    method(
      `quantity_${name}_int`,
      [quantityType, intType],
      quantityType,
      (a: CelQuantity, b: CelInt) => new CelQuantity(calculate(a.quantity, { nanos: BigInt(b) * nanosPerUnit, format: "exponent" })),
    ),
  ];
}

function parse(text: string): CelQuantity {
  const problem = quantityProblem(text);
  if (problem !== undefined) throw failure(problem);
  return new CelQuantity(parseQuantity(text));
}

function compare(a: CelQuantity, b: CelQuantity): number {
  return compareQuantities(a.quantity, b.quantity);
}

function integerOf({ nanos }: ParsedQuantity): bigint | undefined {
  const whole = nanos / nanosPerUnit;
  return nanos % nanosPerUnit === 0n && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

function asInteger({ quantity }: CelQuantity): CelInt {
  const whole = integerOf(quantity);
  if (whole === undefined) throw failure("cannot convert value to integer");
  return toInt(whole);
}

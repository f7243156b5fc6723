import type { ResolvedCall } from "./checker.ts";
import type { Overload } from "./declarations.ts";
import { CelEvaluationError, noSuchOverload } from "./errors.ts";
import type { Frame, Step } from "./frame.ts";
import { regularExpression } from "./regular-expressions.ts";
import { standardCosts } from "./runtime-costs.ts";
import type { CelType } from "./types.ts";
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
import { mapKey, type CelValue } from "./values.ts";

/**
 * Makes a call ready. `types` and `constants` are what is known of the operands: with it the overload is chosen beforehand where only
 * one can be meant, else by the operands' values.
 */
export function planCall(
  { overloads }: ResolvedCall,
  operands: readonly Step[],
  types: readonly CelType[],
  constants: readonly (CelValue | undefined)[],
): Step {
  const [overload] = overloads;
  if (overload === undefined) throw new TypeError("Cannot plan a call without overloads");
  const certain = overloads.length === 1 && overload.parameters.every((parameter, index) => isCertain(types[index]!, parameter));
  if (!certain) return dispatch(overloads, operands);
  return specialCall(overload, operands, constants) ?? directCall(overload, operands);
}

/** Calls that a constant operand makes cheaper. */
function specialCall(overload: Overload, operands: readonly Step[], constants: readonly (CelValue | undefined)[]): Step | undefined {
  const last = constants[1];
  if (overload.id === "in_list" && last instanceof CelList) return membership(operands[0]!, last);
  return (overload.id === "matches" || overload.id === "matches_string") && typeof last === "string"
    ? matching(overload, operands[0]!, last)
    : undefined;
}

/** `x in ['a', 'b']` looks into a set, and costs nothing, as upstream has it. */
function membership(operand: Step, list: CelList): Step | undefined {
  if (list.size === 0) return () => false;
  const keys = new Set<unknown>();
  for (const each of list) {
    if (mapKey(each) === undefined) return undefined;
    keys.add(mapKey(each));
  }
  // No number equals NaN, but a set holds it.
  keys.delete(Number.NaN);
  return (frame) => keys.has(mapKey(operand(frame)) ?? keys);
}

function matching(overload: Overload, operand: Step, pattern: string): Step | undefined {
  try {
    regularExpression(pattern);
  } catch (error) {
    if (error instanceof CelEvaluationError) return undefined;
    throw error;
  }
  const cost = costOf(overload);
  return (frame) => {
    const text = operand(frame);
    frame.charge(cost?.([text, pattern]) ?? 1);
    return overload.call(text, pattern);
  };
}

function costOf({ id, costs }: Overload): ((args: readonly CelValue[]) => number) | undefined {
  return costs?.actual ?? standardCosts[id];
}

function directCall(overload: Overload, operands: readonly Step[]): Step {
  const { call } = overload;
  const cost = costOf(overload);
  const byResult = overload.costs?.actualByResult;
  if (byResult !== undefined || operands.length === 0 || operands.length > 2) {
    return (frame) =>
      apply(
        frame,
        overload,
        operands.map((step) => step(frame)),
      );
  }
  const [one, two] = operands as readonly [Step, Step?];
  if (two === undefined) {
    return (frame) => {
      let a: CelValue;
      try {
        a = one(frame);
      } catch (error) {
        throw failed(frame, error, undefined, cost);
      }
      frame.charge(cost === undefined ? 1 : cost([a]));
      return call(a);
    };
  }
  return (frame) => {
    let a: CelValue;
    let b: CelValue;
    try {
      a = one(frame);
    } catch (error) {
      throw failed(frame, error, two, cost);
    }
    try {
      b = two(frame);
    } catch (error) {
      throw failed(frame, error, undefined, cost);
    }
    frame.charge(cost === undefined ? 1 : cost([a, b]));
    return call(a, b);
  };
}

/** A call whose operand has no value costs what it would have cost, and the operands after it are evaluated: so has it upstream. */
function failed(frame: Frame, error: unknown, rest: Step | undefined, cost: ((args: readonly CelValue[]) => number) | undefined): unknown {
  if (!(error instanceof CelEvaluationError)) return error;
  let other: CelValue = null;
  try {
    other = rest?.(frame) ?? null;
  } catch (second) {
    if (!(second instanceof CelEvaluationError)) return second;
  }
  frame.charge(cost === undefined ? 1 : cost([null, other]));
  return error;
}

function dispatch(overloads: readonly Overload[], operands: readonly Step[]): Step {
  return (frame) => {
    const values = operands.map((step) => step(frame));
    const overload = overloads.find(({ parameters }) => parameters.every((parameter, index) => isOfType(values[index]!, parameter)));
    if (overload === undefined) throw noSuchOverload();
    return apply(frame, overload, values);
  };
}

function apply(frame: Frame, overload: Overload, values: readonly CelValue[]): CelValue {
  const byResult = overload.costs?.actualByResult;
  if (byResult === undefined) frame.charge(costOf(overload)?.(values) ?? 1);
  const result = overload.call(...values);
  if (byResult !== undefined) frame.charge(byResult(result));
  return result;
}

/** Whether values of a type are always what the parameter takes. */
function isCertain(type: CelType, parameter: CelType): boolean {
  if (parameter.kind === "dyn" || parameter.kind === "parameter") return true;
  return type.kind !== "dyn" && type.kind !== "null" && type.kind !== "error" && type.kind !== "parameter";
}

/** Whether a value is what a parameter takes; what is in lists and maps is not looked at. */
export function isOfType(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "parameter":
    case "error":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "number" || typeof value === "bigint";
    case "uint":
      return value instanceof CelUint;
    case "double":
      return value instanceof CelDouble;
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "duration":
      return value instanceof CelDuration;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "list":
      return value instanceof CelList;
    case "map":
      return value instanceof CelMap;
    case "object":
      return value instanceof CelObject && value.type.name === type.name;
    case "opaque":
      if (type.name === "optional_type") return value instanceof CelOptional;
      return value instanceof CelOpaque && value.type.name === type.name;
    case "type":
      return value instanceof CelTypeValue;
  }
}

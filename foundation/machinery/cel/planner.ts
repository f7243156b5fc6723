import { hasField, optionalAt, optionalField, selectField, valueAt } from "./access.ts";
import type { CheckedExpression, ResolvedCall } from "./checker.ts";
import { planCall } from "./calls.ts";
import { binding, conditional, fold, local, logical, notStrictlyFalse } from "./control-flow.ts";
import { CelEvaluationError, failure, noSuchOverload } from "./errors.ts";
import { accumulatorName, operators, type Call, type Comprehension, type Expression } from "./expression.ts";
import type { Identifier, ListExpression, MapExpression, Select, StructExpression } from "./expression.ts";
import type { Frame, Step } from "./frame.ts";
import { attributeCost, listCost, mapCost, structCost } from "./runtime-costs.ts";
import { CelArray, CelEntries, CelOptional, CelStruct, mapKey, typeOf, type CelValue } from "./values.ts";
import { typeName } from "./types.ts";

export interface Plan {
  readonly step: Step;
  /** How many variables of macros there are at most at once. */
  readonly locals: number;
}

/** Makes functions out of a checked expression: evaluation walks no tree. */
export function plan(checked: CheckedExpression): Plan {
  const planner = new Planner(checked);
  const step = planner.plan(checked.expression);
  return { step, locals: planner.locals };
}

/** A part of an expression whose value is known beforehand; it costs nothing. */
interface Planned {
  readonly step: Step;
  readonly constant?: CelValue | undefined;
}

class Planner {
  readonly #checked: CheckedExpression;
  /** The names of the variables of macros around, by their places in the frame. */
  readonly #scopes: string[] = [];
  locals = 0;

  constructor(checked: CheckedExpression) {
    this.#checked = checked;
  }

  plan(expression: Expression): Step {
    return this.#planned(expression).step;
  }

  #planned(expression: Expression): Planned {
    switch (expression.kind) {
      case "literal":
        return constant(expression.value);
      case "identifier":
        return this.#identifier(expression, attributeCost);
      case "select":
        return this.#select(expression, attributeCost);
      case "call":
        return this.#call(expression, attributeCost);
      case "list":
        return this.#list(expression);
      case "map":
        return this.#map(expression);
      case "struct":
        return { step: this.#struct(expression) };
      case "comprehension":
        return { step: this.#comprehension(expression) };
    }
  }

  /**
   * A branch of `?:`, or what `has()` looks into. Upstream evaluates variables there without its observer, so that they cost nothing;
   * their fields do.
   */
  #uncharged(expression: Expression): Step {
    switch (expression.kind) {
      case "identifier":
        return this.#identifier(expression, 0).step;
      case "select":
        return this.#select(expression, 0).step;
      case "call":
        return this.#call(expression, 0).step;
      default:
        return this.plan(expression);
    }
  }

  /** What stands before a field or an index. The root of such a chain costs `cost`, be it a variable or any other value. */
  #root(expression: Expression, cost: number): Step {
    switch (expression.kind) {
      case "identifier":
        return this.#identifier(expression, cost).step;
      case "select":
        if (!expression.testOnly) return this.#select(expression, cost).step;
        break;
      case "call":
        if (isAttribute(expression)) return this.#call(expression, cost).step;
        break;
    }
    const inner = this.plan(expression);
    if (cost === 0) return inner;
    return (frame) => {
      const value = inner(frame);
      frame.charge(cost);
      return value;
    };
  }

  #identifier({ id, name }: Identifier | (Select & { readonly name: string }), cost: number): Planned {
    const reference = this.#checked.references[id];
    switch (reference?.kind) {
      case "constant":
        return constant(reference.value);
      case "local":
        return { step: local(this.#scopes.lastIndexOf(name), cost) };
      default: {
        const variable = reference?.kind === "variable" ? reference.name : name;
        return {
          step: (frame) => {
            if (cost !== 0) frame.charge(cost);
            const value = frame.bindings[variable];
            if (value === undefined) throw failure(`no such attribute(s): ${variable}`);
            return value;
          },
        };
      }
    }
  }

  #select(expression: Select, cost: number): Planned {
    const { id, operand, field, testOnly } = expression;
    if (this.#checked.references[id] !== undefined) return this.#identifier({ ...expression, name: field }, cost);
    const inner = this.#root(operand, testOnly ? 0 : cost);
    if (testOnly) {
      return {
        step: (frame) => {
          const value = inner(frame);
          frame.charge(attributeCost);
          return hasField(value, field);
        },
      };
    }
    return {
      step: (frame) => {
        const value = inner(frame);
        frame.charge(attributeCost);
        return selectField(value, field);
      },
    };
  }

  #call(call: Call, cost: number): Planned {
    const resolved = this.#checked.calls[call.id]!;
    const args = call.arguments;
    switch (call.function) {
      case operators.and:
        return {
          step: logical(
            args.map((each) => this.plan(each)),
            false,
          ),
        };
      case operators.or:
        return {
          step: logical(
            args.map((each) => this.plan(each)),
            true,
          ),
        };
      case operators.conditional:
        return { step: conditional(this.plan(args[0]!), this.#uncharged(args[1]!), this.#uncharged(args[2]!)) };
      case operators.notStrictlyFalse:
        return { step: notStrictlyFalse(this.plan(args[0]!)) };
      case operators.index:
        return { step: this.#index(args[0]!, args[1]!, cost, valueAt) };
      case operators.optionalIndex:
        return { step: this.#index(args[0]!, args[1]!, cost, optionalAt, true) };
      case operators.optionalSelect:
        return { step: this.#index(args[0]!, args[1]!, cost, (value, field) => optionalField(value, field as string), true) };
      case "or":
      case "orValue":
        if (resolved.overloads.every(({ id }) => id.startsWith("optional_or"))) return { step: this.#otherwise(call) };
    }
    return this.#ordinary(call, resolved);
  }

  #ordinary(call: Call, resolved: ResolvedCall): Planned {
    const operands = call.target === undefined || resolved.namespaced ? call.arguments : [call.target, ...call.arguments];
    const planned = operands.map((each) => this.#planned(each));
    const constants = planned.map((each) => each.constant);
    if (isConversion(resolved) && constants[0] !== undefined) {
      // Errors are left to the evaluation, where `||` can absorb them.
      const folded = attempt(() => resolved.overloads[0]!.call(constants[0]!));
      if (folded !== undefined) return constant(folded);
    }
    const types = operands.map(({ id }) => this.#checked.types[id]!);
    return {
      step: planCall(
        resolved,
        planned.map(({ step }) => step),
        types,
        constants,
      ),
    };
  }

  /** `optional`: what isn't there costs nothing. */
  #index(
    operand: Expression,
    index: Expression,
    cost: number,
    access: (value: CelValue, key: CelValue) => CelValue,
    optional = false,
  ): Step {
    const inner = this.#root(operand, cost);
    const { step: key, constant: known } = isAttribute(index) ? { step: this.#uncharged(index) } : this.#planned(index);
    if (optional) {
      return (frame) => {
        const found = access(inner(frame), key(frame));
        if (found !== CelOptional.none) frame.charge(attributeCost);
        return found;
      };
    }
    if (known !== undefined) {
      return (frame) => {
        const value = inner(frame);
        frame.charge(attributeCost);
        return access(value, known);
      };
    }
    return (frame) => {
      const value = inner(frame);
      const at = key(frame);
      frame.charge(attributeCost);
      return access(value, at);
    };
  }

  /** `optional.or(other)` and `optional.orValue(other)`, where `other` is evaluated only if it is needed. */
  #otherwise({ function: name, target, arguments: [other] }: Call): Step {
    const optional = this.plan(target!);
    const otherwise = this.plan(other!);
    return (frame) => {
      const value = optional(frame);
      if (!(value instanceof CelOptional)) throw noSuchOverload();
      if (value.value === undefined) return otherwise(frame);
      return name === "or" ? value : value.value;
    };
  }

  #list({ elements, optionals }: ListExpression): Planned {
    const planned = elements.map((each) => this.#planned(each));
    const constants = planned.map((each) => each.constant);
    if (optionals.size === 0 && areKnown(constants)) return constant(CelArray.constant(constants));
    const steps = planned.map(({ step }) => step);
    if (optionals.size === 0) {
      return {
        step: (frame) => {
          const values: CelValue[] = [];
          for (const step of steps) values.push(step(frame));
          frame.charge(listCost);
          return new CelArray(values);
        },
      };
    }
    return {
      step: (frame) => {
        const values: CelValue[] = [];
        steps.forEach((step, index) => {
          const value = step(frame);
          const kept = optionals.has(index) ? unwrap(value) : value;
          if (kept !== undefined) values.push(kept);
        });
        frame.charge(listCost);
        return new CelArray(values);
      },
    };
  }

  #map({ entries }: MapExpression): Planned {
    const planned = entries.map(({ key, value, optional }) => ({ key: this.#planned(key), value: this.#planned(value), optional }));
    const build = (frame: Frame | undefined): CelEntries => {
      const values: [CelValue, CelValue][] = [];
      for (const { key, value, optional } of planned) {
        const name = frame === undefined ? key.constant! : key.step(frame);
        if (mapKey(name) === undefined) throw failure(`unsupported key type: ${typeName(typeOf(name))}`);
        const given = frame === undefined ? value.constant! : value.step(frame);
        const kept = optional ? unwrap(given) : given;
        if (kept !== undefined) values.push([name, kept]);
      }
      const made = CelEntries.of(values);
      if (made.size !== values.length) throw failure("Failed with repeated key");
      return made;
    };
    if (planned.every(({ key, value, optional }) => !optional && key.constant !== undefined && value.constant !== undefined)) {
      const known = attempt(() => build(undefined).frozen());
      if (known !== undefined) return constant(known);
    }
    return {
      step: (frame) => {
        const made = build(frame);
        frame.charge(mapCost);
        return made;
      },
    };
  }

  #struct({ id, fields }: StructExpression): Step {
    const reference = this.#checked.references[id];
    if (reference?.kind !== "struct") throw new TypeError("Cannot plan an object of unknown type");
    const { type } = reference;
    const planned = fields.map(({ name, value, optional }) => ({ name, value: this.plan(value), optional }));
    return (frame) => {
      const values = new Map<string, CelValue>();
      for (const { name, value, optional } of planned) {
        const given = value(frame);
        const kept = optional ? unwrap(given) : given;
        if (kept !== undefined) values.set(name, kept);
      }
      frame.charge(structCost);
      return new CelStruct(type, values);
    };
  }

  #comprehension(loop: Comprehension): Step {
    const range = this.plan(loop.range);
    const initial = this.plan(loop.initial);
    const accumulator = this.#scopes.push(loop.accumulator) - 1;
    const variables = loop.secondVariable === undefined ? [loop.variable] : [loop.variable, loop.secondVariable];
    const first = this.#scopes.length;
    this.#scopes.push(...variables);
    this.locals = Math.max(this.locals, this.#scopes.length);
    const condition = this.plan(loop.condition);
    const step = this.plan(loop.step);
    this.#scopes.length = accumulator + 1;
    const result = this.plan(loop.result);
    this.#scopes.length = accumulator;
    if (loop.accumulator !== accumulatorName) return binding(accumulator, range, initial, result);
    const second = loop.secondVariable === undefined ? undefined : first + 1;
    const always = loop.condition.kind === "literal" && loop.condition.value === true;
    return fold({ range, initial, condition, always, step, result, accumulator, first, second });
  }
}

function constant(value: CelValue): Planned {
  return { step: () => value, constant: value };
}

/** What is planned as a way to a value (a variable, a field, an element, a choice between those) rather than as an operation. */
function isAttribute(expression: Expression): boolean {
  if (expression.kind === "identifier") return true;
  if (expression.kind === "select") return !expression.testOnly;
  if (expression.kind !== "call") return false;
  const name = expression.function;
  return (
    name === operators.index || name === operators.optionalIndex || name === operators.optionalSelect || name === operators.conditional
  );
}

const conversions: ReadonlySet<string> = new Set([
  "bool",
  "bytes",
  "double",
  "duration",
  "dyn",
  "int",
  "string",
  "timestamp",
  "type",
  "uint",
]);

function isConversion({ name, overloads }: ResolvedCall): boolean {
  return conversions.has(name) && overloads.length === 1;
}

function attempt(evaluate: () => CelValue): CelValue | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof CelEvaluationError) return undefined;
    throw error;
  }
}

function unwrap(value: CelValue): CelValue | undefined {
  if (!(value instanceof CelOptional)) throw failure("cannot initialize optional entry from non-optional value");
  return value.value;
}

function areKnown(values: readonly (CelValue | undefined)[]): values is readonly CelValue[] {
  return values.every((each) => each !== undefined);
}

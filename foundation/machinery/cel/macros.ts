import type { ExpressionFactory } from "./expression-factory.ts";
import { accumulatorName, operators, type Expression } from "./expression.ts";

/** What a macro works with: where it stands, what makes expressions, what is told of wrong arguments. */
export interface MacroContext {
  readonly make: ExpressionFactory;
  readonly at: number;
  readonly fail: (message: string, offset: number) => void;
}

/** Answers what a call stands for; `undefined` when it is an ordinary call after all. */
export type Macro = (context: MacroContext, target: Expression | undefined, args: readonly Expression[]) => Expression | undefined;

/** Macros by {@link macroKey}. */
export type Macros = Readonly<Record<string, Macro>>;

export function macroKey(name: string, receiver: boolean, count: number): string {
  return `${receiver ? "." : ""}${name}/${count}`;
}

/** The macros of the language itself. */
export const standardMacros: Macros = {
  "has/1": has,
  ".all/2": (context, target, [name, predicate]) => quantifier(context, "all", target!, [name!], predicate!),
  ".exists/2": (context, target, [name, predicate]) => quantifier(context, "exists", target!, [name!], predicate!),
  ".exists_one/2": (context, target, [name, predicate]) => quantifier(context, "existsOne", target!, [name!], predicate!),
  ".existsOne/2": (context, target, [name, predicate]) => quantifier(context, "existsOne", target!, [name!], predicate!),
  ".map/2": (context, target, [name, transform]) =>
    collect(context, target!, [name!], undefined, transform!, "argument is not an identifier"),
  ".map/3": (context, target, [name, filter, transform]) =>
    collect(context, target!, [name!], filter, transform!, "argument is not an identifier"),
  ".filter/2": (context, target, [name, predicate]) =>
    collect(context, target!, [name!], predicate, name!, "argument is not an identifier"),
};

/** The macros with two variables: index and element of a list, key and value of a map. */
export const twoVariableMacros: Macros = {
  ".all/3": (context, target, [first, second, predicate]) => quantifier(context, "all", target!, [first!, second!], predicate!),
  ".exists/3": (context, target, [first, second, predicate]) => quantifier(context, "exists", target!, [first!, second!], predicate!),
  ".exists_one/3": (context, target, [first, second, predicate]) =>
    quantifier(context, "existsOne", target!, [first!, second!], predicate!),
  ".existsOne/3": (context, target, [first, second, predicate]) => quantifier(context, "existsOne", target!, [first!, second!], predicate!),
  ".transformList/3": (context, target, [first, second, transform]) => collect(context, target!, [first!, second!], undefined, transform!),
  ".transformList/4": (context, target, [first, second, filter, transform]) =>
    collect(context, target!, [first!, second!], filter, transform!),
  ".transformMap/3": (context, target, [first, second, transform]) =>
    insert(context, target!, [first!, second!], undefined, [first!, transform!]),
  ".transformMap/4": (context, target, [first, second, filter, transform]) =>
    insert(context, target!, [first!, second!], filter, [first!, transform!]),
  ".transformMapEntry/3": (context, target, [first, second, entry]) => insert(context, target!, [first!, second!], undefined, [entry!]),
  ".transformMapEntry/4": (context, target, [first, second, filter, entry]) =>
    insert(context, target!, [first!, second!], filter, [entry!]),
};

export const optionalMacros: Macros = {
  ".optMap/2": (context, target, args) => mapOptional(context, "optMap", target!, args),
  ".optFlatMap/2": (context, target, args) => mapOptional(context, "optFlatMap", target!, args),
};

export const bindingMacros: Macros = {
  ".bind/3": (context, target, [name, initial, result]) => {
    if (target?.kind !== "identifier" || target.name !== "cel") return undefined;
    if (name!.kind !== "identifier") {
      context.fail("cel.bind() variable names must be simple identifiers", name!.at);
      return target;
    }
    return bind(context, name!.name, initial!, result!);
  },
};

/** Adds an entry to the accumulator of a macro that makes a map. */
export const mapInsert = "cel.@mapInsert";

function has({ make, at, fail }: MacroContext, _: Expression | undefined, [argument]: readonly Expression[]): Expression {
  if (argument?.kind === "select" && !argument.testOnly) return make.select(argument.operand, argument.field, at, true);
  fail("invalid argument to has() macro", argument!.at);
  return argument!;
}

type Quantifier = "all" | "exists" | "existsOne";

function quantifier(
  context: MacroContext,
  kind: Quantifier,
  range: Expression,
  names: readonly Expression[],
  predicate: Expression,
): Expression {
  const { make, at } = context;
  const variables = variablesOf(context, names, "argument must be a simple name");
  if (variables === undefined) return range;
  const accumulated = (): Expression => make.identifier(accumulatorName, at);
  const literal = (value: number | boolean): Expression => make.literal(value, at);
  switch (kind) {
    case "all":
      return make.comprehension({
        ...loop(context, range, variables),
        initial: literal(true),
        condition: make.call(operators.notStrictlyFalse, [accumulated()], at),
        step: make.call(operators.and, [accumulated(), predicate], at),
        result: accumulated(),
      });
    case "exists":
      return make.comprehension({
        ...loop(context, range, variables),
        initial: literal(false),
        condition: make.call(operators.notStrictlyFalse, [make.call(operators.not, [accumulated()], at)], at),
        step: make.call(operators.or, [accumulated(), predicate], at),
        result: accumulated(),
      });
    case "existsOne": {
      const increased = make.call(operators.add, [accumulated(), literal(1)], at);
      return make.comprehension({
        ...loop(context, range, variables),
        initial: literal(0),
        condition: literal(true),
        step: make.call(operators.conditional, [predicate, increased, accumulated()], at),
        result: make.call(operators.equals, [accumulated(), literal(1)], at),
      });
    }
  }
}

/** A list of what `transform` is for the elements that pass the filter. */
function collect(
  context: MacroContext,
  range: Expression,
  names: readonly Expression[],
  filter: Expression | undefined,
  transform: Expression,
  complaint = "argument must be a simple name",
): Expression {
  const { make, at } = context;
  const variables = variablesOf(context, names, complaint);
  if (variables === undefined) return range;
  const step = make.call(operators.add, [make.identifier(accumulatorName, at), make.list([transform], at)], at);
  return filtered(context, range, variables, filter, make.list([], at), step);
}

/** A map with an entry (or the entries of a map) for what passes the filter. */
function insert(
  context: MacroContext,
  range: Expression,
  names: readonly Expression[],
  filter: Expression | undefined,
  inserted: readonly Expression[],
): Expression {
  const { make, at } = context;
  const variables = variablesOf(context, names, "argument must be a simple name");
  if (variables === undefined) return range;
  const step = make.call(mapInsert, [make.identifier(accumulatorName, at), ...inserted], at);
  return filtered(context, range, variables, filter, make.map([], at), step);
}

function filtered(
  context: MacroContext,
  range: Expression,
  variables: Variables,
  filter: Expression | undefined,
  initial: Expression,
  step: Expression,
): Expression {
  const { make, at } = context;
  const kept = make.identifier(accumulatorName, at);
  return make.comprehension({
    ...loop(context, range, variables),
    initial,
    condition: make.literal(true, at),
    step: filter === undefined ? step : make.call(operators.conditional, [filter, step, kept], at),
    result: make.identifier(accumulatorName, at),
  });
}

interface Variables {
  readonly variable: string;
  readonly secondVariable: string | undefined;
}

function loop(
  { at }: MacroContext,
  range: Expression,
  variables: Variables,
): Variables & { readonly at: number; readonly range: Expression; readonly accumulator: string } {
  return { at, range, ...variables, accumulator: accumulatorName };
}

function variablesOf(context: MacroContext, names: readonly Expression[], complaint: string): Variables | undefined {
  const found: string[] = [];
  for (const each of names) {
    if (each.kind !== "identifier" || each.name.startsWith(".")) {
      context.fail(complaint, each.at);
      return undefined;
    }
    if (found.includes(each.name)) {
      context.fail(`duplicate variable name: ${each.name}`, each.at);
      return undefined;
    }
    if (each.name === "__result__") {
      context.fail("iteration variable overwrites accumulator variable", each.at);
      return undefined;
    }
    found.push(each.name);
  }
  return { variable: found[0]!, secondVariable: found[1] };
}

function mapOptional(
  context: MacroContext,
  macro: "optMap" | "optFlatMap",
  target: Expression,
  [name, transform]: readonly Expression[],
): Expression {
  const { make, at, fail } = context;
  if (name!.kind !== "identifier") {
    fail(`${macro}() variable name must be a simple identifier`, name!.at);
    return target;
  }
  const bound = bind(context, name!.name, make.call("value", [], at, make.copy(target)), transform!);
  const mapped = macro === "optMap" ? make.call("optional.of", [bound], at) : bound;
  return make.call(operators.conditional, [make.call("hasValue", [], at, target), mapped, make.call("optional.none", [], at)], at);
}

/** A name for a value, as a loop that is never run: the accumulator is the name. */
function bind({ make, at }: MacroContext, name: string, initial: Expression, result: Expression): Expression {
  return make.comprehension({
    at,
    range: make.list([], at),
    variable: "#unused",
    secondVariable: undefined,
    accumulator: name,
    initial,
    condition: make.literal(false, at),
    step: make.identifier(name, at),
    result,
  });
}

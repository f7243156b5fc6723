import type { CheckedExpression } from "./checker.ts";
import { CelEvaluationError, Issues } from "./errors.ts";
import { toDuration, toTimestamp } from "./conversions.ts";
import type { Expression } from "./expression.ts";
import { regularExpression } from "./regular-expressions.ts";
import { formatType, sameType, unwrapOptional, type CelType } from "./types.ts";

/**
 * What Kubernetes wants of literals beyond their types: no lists and maps of mixed types (but in what is formatted), and no regular
 * expressions, durations and times that are none. Throws `CelCompileError`.
 */
export function validateLiterals(checked: CheckedExpression, { mixedLiterals }: { readonly mixedLiterals: boolean }): void {
  const issues = new Issues(checked.source);
  const typeOf = (expression: Expression): CelType => checked.types[expression.id]!;
  const mismatch = (expected: CelType, found: Expression, type: CelType): void =>
    issues.add(`expected type '${formatType(expected)}' but found '${formatType(type)}'`, found.at);
  const visit = (expression: Expression, mixed: boolean): void => {
    checkArgument(expression, issues);
    if (expression.kind === "list" && !mixed) {
      const types = expression.elements.map((each, index) => [each, elementType(typeOf(each), expression.optionals.has(index))] as const);
      const wrong = types.find(([, type]) => !sameType(types[0]![1], type));
      if (wrong !== undefined) mismatch(types[0]![1], ...wrong);
    }
    if (expression.kind === "map" && !mixed) {
      const [first] = expression.entries;
      for (const { key, value, optional } of expression.entries) {
        const type = elementType(typeOf(value), optional);
        const expected = elementType(typeOf(first!.value), first!.optional);
        if (!sameType(typeOf(first!.key), typeOf(key))) mismatch(typeOf(first!.key), key, typeOf(key));
        if (!sameType(expected, type)) mismatch(expected, value, type);
      }
    }
    const inside = mixed || (expression.kind === "call" && expression.function === "format");
    for (const each of children(expression)) visit(each, inside);
  };
  visit(checked.expression, mixedLiterals);
  issues.throwIfAny();
}

function elementType(type: CelType, optional: boolean): CelType {
  return optional ? (unwrapOptional(type) ?? type) : type;
}

function checkArgument(expression: Expression, issues: Issues): void {
  if (expression.kind !== "call") return;
  const check = Object.hasOwn(argumentChecks, expression.function) ? argumentChecks[expression.function] : undefined;
  const [argument] = expression.arguments;
  if (check === undefined || argument?.kind !== "literal" || typeof argument.value !== "string") return;
  try {
    check(argument.value);
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    issues.add(`invalid ${expression.function} argument`, argument.at);
  }
}

const argumentChecks: Readonly<Record<string, (text: string) => unknown>> = {
  duration: toDuration,
  timestamp: toTimestamp,
  matches: regularExpression,
};

/** The expressions that an expression is made of. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "identifier":
      return [];
    case "select":
      return [expression.operand];
    case "call":
      return expression.target === undefined ? expression.arguments : [expression.target, ...expression.arguments];
    case "list":
      return expression.elements;
    case "map":
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expression.fields.map(({ value }) => value);
    case "comprehension": {
      const { range, initial, condition, step, result } = expression;
      return [range, initial, condition, step, result];
    }
  }
}

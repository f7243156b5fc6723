import { CelEvaluationError, failure } from "../errors.ts";
import { declare, method, type CallCosts, type Library } from "../declarations.ts";
import { regularExpression } from "../regular-expressions.ts";
import { matchCost } from "../runtime-costs.ts";
import { matchEstimate } from "../standard-estimates.ts";
import { intType, listType, stringType } from "../types.ts";
import { CelArray, type CelInt, type CelList } from "../values.ts";

const costs: CallCosts = {
  actual: matchCost,
  estimate: (target, [pattern]) => ({ cost: matchEstimate(target!.size, pattern!.size), size: { min: 0, max: target!.size.max } }),
};

/** What of a text matches an expression: `find`, `findAll`. */
export const regexLibrary: Library = {
  functions: [
    declare(
      "find",
      method(
        "string_find_string",
        [stringType, stringType],
        stringType,
        (text: string, pattern: string) => found(text, pattern, 1)[0] ?? "",
        costs,
      ),
    ),
    declare(
      "findAll",
      method("string_find_all_string", [stringType, stringType], listType(stringType), findAll, costs),
      method("string_find_all_string_int", [stringType, stringType, intType], listType(stringType), findAll, costs),
    ),
  ],
};

function findAll(text: string, pattern: string, limit: CelInt = -1): CelList {
  return new CelArray(found(text, pattern, Number(limit)));
}

function found(text: string, pattern: string, limit: number): string[] {
  const matcher = compiled(pattern).matcher(text);
  const matches: string[] = [];
  const most = limit < 0 ? Infinity : limit;
  while (matches.length < most && matcher.find()) matches.push(matcher.group() ?? "");
  return matches;
}

function compiled(pattern: string): ReturnType<typeof regularExpression> {
  try {
    return regularExpression(pattern);
  } catch (error) {
    throw error instanceof CelEvaluationError ? failure(`Illegal regex: ${error.message}`) : error;
  }
}

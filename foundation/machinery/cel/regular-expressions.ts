import { RE2JS } from "re2js";
import { failure } from "./errors.ts";

const compiled = new Map<string, RE2JS>();

/** A regular expression in Go's syntax; matching takes time linear in the text. Throws `CelEvaluationError` for what is none. */
export function regularExpression(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const expression = compile(pattern);
  // Rules use the same few patterns again and again; a stream of different ones must not fill the memory.
  if (compiled.size >= 1000) compiled.clear();
  if (pattern.length <= 1000) compiled.set(pattern, expression);
  return expression;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw failure(error instanceof Error ? error.message : String(error));
  }
}

/** Whether some part of the text matches. */
export function matches(text: string, pattern: string): boolean {
  return regularExpression(pattern).matcher(text).find();
}

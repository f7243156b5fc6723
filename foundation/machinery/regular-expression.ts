import { RE2JS } from "re2js";

/** A regular expression in Go's syntax, which takes time linear in the text, whatever it is. */
export interface RegularExpression {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

const compiled = new Map<string, RegularExpression | { readonly problem: string }>();
// Patterns come from users: those that are in use are few, those that were ever seen may be many.
const mostKept = 4096;

/** Compiles a pattern of a user, once. Answers what is wrong with it in `problem`, as Go says it, for one that is none. */
export function regularExpression(pattern: string): RegularExpression | { readonly problem: string } {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = compile(pattern);
    if (compiled.size >= mostKept) compiled.clear();
    compiled.set(pattern, known);
  }
  return known;
}

function compile(pattern: string): RegularExpression | { readonly problem: string } {
  try {
    const expression = RE2JS.compile(pattern);
    return { test: (text) => expression.matcher(text).find() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

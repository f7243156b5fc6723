/** A template of kubectl's JSONPath: text outside of braces, and what stands within them. */
export type TemplateNode =
  | { readonly node: "text"; readonly text: string }
  | { readonly node: "path"; readonly path: JsonPath }
  | { readonly node: "range"; readonly over: JsonPath; readonly body: readonly TemplateNode[] };

export interface JsonPath {
  /** `$` and a leading dot begin at the whole object inside of filters only when written; `@` and a bare dot at the current one. */
  readonly from: "root" | "current";
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly step: "field"; readonly name: string }
  | { readonly step: "every" }
  | { readonly step: "descendants" }
  | { readonly step: "slice"; readonly start?: number; readonly end?: number; readonly stride: number }
  | { readonly step: "index"; readonly index: number }
  | { readonly step: "union"; readonly choices: readonly Step[] }
  | { readonly step: "filter"; readonly left: Operand; readonly operator: Operator; readonly right?: Operand };

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "exists";
export type Operand = { readonly operand: "path"; readonly path: JsonPath } | { readonly operand: "value"; readonly value: unknown };

/** Reads a template. Throws a {@link JsonPathError} for one that can't be read. */
export function parseJsonPath(template: string): readonly TemplateNode[] {
  const stack: { readonly over?: JsonPath; readonly body: TemplateNode[] }[] = [{ body: [] }];
  let rest = template;
  while (rest !== "") {
    const open = rest.indexOf("{");
    const text = open < 0 ? rest : rest.slice(0, open);
    if (text !== "") stack.at(-1)!.body.push({ node: "text", text });
    if (open < 0) break;
    const close = endOfAction(rest, open + 1);
    const action = rest.slice(open + 1, close).trim();
    rest = rest.slice(close + 1);
    if (action === "end") {
      const range = stack.pop()!;
      if (range.over === undefined) throw unreadable(template, "not in range, nothing to end");
      stack.at(-1)!.body.push({ node: "range", over: range.over, body: range.body });
    } else if (/^range\s/.test(action)) stack.push({ over: parsePath(action.slice(5).trim(), template), body: [] });
    else if (/^["']/.test(action)) stack.at(-1)!.body.push({ node: "text", text: unquote(action) });
    else if (action !== "") stack.at(-1)!.body.push({ node: "path", path: parsePath(action, template) });
  }
  if (stack.length > 1) throw unreadable(template, "unterminated range");
  return stack[0]!.body;
}

/** A path by itself, as `--sort-by`, `--for=jsonpath` and custom columns take it: `.a.b`, `a.b` or `{.a.b}`. */
export function parseRelaxedPath(text: string): JsonPath {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1] ?? text;
  return parsePath(inner.startsWith(".") || inner.startsWith("$") || inner.startsWith("[") ? inner : `.${inner}`, text);
}

function endOfAction(text: string, start: number): number {
  let quote = "";
  for (let index = start; index < text.length; index++) {
    const character = text[index]!;
    if (quote !== "") {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "}") return index;
  }
  throw unreadable(text, "unclosed action");
}

function parsePath(text: string, template: string): JsonPath {
  let rest = text;
  let from: JsonPath["from"] = "current";
  if (rest.startsWith("$")) [from, rest] = ["root", rest.slice(1)];
  else if (rest.startsWith("@")) rest = rest.slice(1);
  const steps: Step[] = [];
  while (rest !== "") {
    if (rest.startsWith("[")) {
      const close = endOfBracket(rest, template);
      steps.push(bracketStep(rest.slice(1, close).trim(), template));
      rest = rest.slice(close + 1);
    } else if (rest.startsWith("..")) {
      steps.push({ step: "descendants" });
      rest = /^\.\.[[.]/.test(rest) || rest === ".." ? rest.slice(2) : rest.slice(1);
    } else if (rest.startsWith(".")) {
      const [whole = "", name = ""] = /^\.((?:\\.|[^.[\]\s])*)/s.exec(rest) ?? [];
      if (name === "*") steps.push({ step: "every" });
      else if (name !== "") steps.push({ step: "field", name: name.replace(/\\(.)/g, "$1") });
      rest = rest.slice(whole.length).trimStart();
    } else {
      const [name] = /^(?:\\.|[^.[\]\s])+/s.exec(rest) ?? [];
      if (name === undefined)
        throw unreadable(template, `unrecognized character in action: U+${rest.charCodeAt(0).toString(16).padStart(4, "0")} '${rest[0]}'`);
      // A name with nothing before it is no field: kubectl calls it an identifier, and knows only `range` and `end`.
      throw unreadable(template, `unrecognized identifier ${name}`);
    }
  }
  return { from, steps };
}

function endOfBracket(text: string, template: string): number {
  let depth = 0;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote !== "") {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return index;
  }
  throw unreadable(template, "unterminated array");
}

function bracketStep(inner: string, template: string): Step {
  if (inner === "*") return { step: "every" };
  const filter = /^\?\s*\(([\s\S]*)\)$/.exec(inner);
  if (filter !== null) return filterStep(filter[1]!.trim(), template);
  const parts = splitOutsideQuotes(inner, ",");
  if (parts.length > 1) return { step: "union", choices: parts.map((part) => bracketStep(part.trim(), template)) };
  if (/^["']/.test(inner)) return { step: "field", name: unquote(inner) };
  if (/^-?\d+$/.test(inner)) return { step: "index", index: Number(inner) };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(inner);
  if (slice === null) throw unreadable(template, `invalid array index ${inner}`);
  const [, start = "", end = "", stride = ""] = slice;
  return {
    step: "slice",
    ...(start === "" ? {} : { start: Number(start) }),
    ...(end === "" ? {} : { end: Number(end) }),
    stride: stride === "" ? 1 : Number(stride),
  };
}

function filterStep(text: string, template: string): Step {
  for (const operator of ["==", "!=", "<=", ">=", "<", ">"] as const) {
    const sides = splitOutsideQuotes(text, operator);
    if (sides.length === 2) {
      const [left = "", right = ""] = sides;
      return { step: "filter", left: operand(left.trim(), template), operator, right: operand(right.trim(), template) };
    }
  }
  return { step: "filter", left: operand(text, template), operator: "exists" };
}

function operand(text: string, template: string): Operand {
  if (/^["']/.test(text)) return { operand: "value", value: unquote(text) };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { operand: "value", value: Number(text) };
  if (text === "true" || text === "false") return { operand: "value", value: text === "true" };
  return { operand: "path", path: parsePath(text, template) };
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let quote = "";
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote !== "") {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (text.startsWith(separator, index)) {
      parts.push(text.slice(start, index));
      start = index + separator.length;
      index = start - 1;
    }
  }
  return [...parts, text.slice(start)];
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
}

/** A template or path that can't be read, in kubectl's words. */
export class JsonPathError extends Error {}

function unreadable(template: string, problem: string): JsonPathError {
  return new JsonPathError(`error parsing jsonpath ${template}, ${problem}`);
}

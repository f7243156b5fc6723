import { Issues } from "./errors.ts";
import { operators, type Expression, type MapEntry, type StructField } from "./expression.ts";
import { ExpressionFactory } from "./expression-factory.ts";
import { macroKey, type Macros } from "./macros.ts";
import { Source } from "./source.ts";
import { tokenize, type Token } from "./tokens.ts";
import { CelDouble, CelUint, toInt } from "./values.ts";

export interface ParsedExpression {
  readonly expression: Expression;
  readonly source: Source;
  /** One more than the greatest id. */
  readonly size: number;
}

/**
 * Parses an expression and expands its macros. Throws `CelCompileError` with everything that is wrong up to the first syntax error.
 */
export function parse(text: string, macros: Macros): ParsedExpression {
  const source = new Source(text);
  const issues = new Issues(source);
  if (text.length > longestExpression) {
    issues.add(`expression code point size exceeds limit: size: ${text.length}, limit ${longestExpression}`, -1);
    issues.throwIfAny();
  }
  const parser = new Parser(text, macros, issues);
  const expression = parser.parseAll();
  issues.throwIfAny();
  return { expression, source, size: parser.size };
}

const longestExpression = 100_000;
/** Chains such as `a + b + c` count as well: they nest to the left. */
const deepestExpression = 250;

const reserved: ReadonlySet<string> = new Set(
  "as break const continue else false for function if import in let loop package namespace null return true var void while".split(" "),
);
const keywords: ReadonlySet<string> = new Set(["true", "false", "null", "in"]);

const relations: Readonly<Record<string, string>> = {
  "<": operators.less,
  "<=": operators.lessOrEqual,
  ">": operators.greater,
  ">=": operators.greaterOrEqual,
  "==": operators.equals,
  "!=": operators.notEquals,
  in: operators.in,
};
const sums: Readonly<Record<string, string>> = { "+": operators.add, "-": operators.subtract };
const products: Readonly<Record<string, string>> = { "*": operators.multiply, "/": operators.divide, "%": operators.modulo };

/** Ends parsing: what follows a syntax error can't be told. */
class SyntaxFailure extends Error {}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #macros: Macros;
  readonly #issues: Issues;
  readonly #make = new ExpressionFactory();
  #next = 0;
  #depth = 0;

  constructor(text: string, macros: Macros, issues: Issues) {
    this.#macros = macros;
    this.#issues = issues;
    this.#tokens = tokenize(text, (message, offset) => issues.add(message, offset));
  }

  get size(): number {
    return this.#make.size;
  }

  parseAll(): Expression {
    try {
      const expression = this.#expression();
      if (this.#token.kind !== "end") this.#fail("<EOF>");
      return expression;
    } catch (error) {
      if (!(error instanceof SyntaxFailure)) throw error;
      return this.#make.literal(null, 0);
    }
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #is(text: string): boolean {
    const token = this.#token;
    return (token.kind === "symbol" || token.kind === "name") && token.text === text;
  }

  #take(text: string): Token | undefined {
    return this.#is(text) ? this.#tokens[this.#next++] : undefined;
  }

  #expect(text: string): Token {
    return this.#take(text) ?? this.#fail(`'${text}'`);
  }

  #fail(expected: string): never {
    const { text, at } = this.#token;
    const shown = text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
    const problem =
      expected === "expression"
        ? `mismatched input '${shown}' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`
        : expected === "<EOF>"
          ? `${this.#tokens[this.#next + 1]?.kind === "end" ? "extraneous" : "mismatched"} input '${shown}' expecting <EOF>`
          : `mismatched input '${shown}' expecting ${expected}`;
    this.#issues.add(`Syntax error: ${problem}`, at);
    throw new SyntaxFailure();
  }

  /** Runs `inside` one level deeper. */
  #nested<T>(inside: () => T): T {
    this.#deepen();
    const result = inside();
    this.#depth--;
    return result;
  }

  #deepen(levels = 1): void {
    this.#depth += levels;
    if (this.#depth <= deepestExpression) return;
    this.#issues.add(`expression recursion limit exceeded: ${deepestExpression}`, -1);
    throw new SyntaxFailure();
  }

  #expression(): Expression {
    return this.#nested(() => {
      const condition = this.#logical("||", operators.or, () => this.#logical("&&", operators.and, () => this.#relation()));
      const question = this.#take("?");
      if (question === undefined) return condition;
      const whenTrue = this.#logical("||", operators.or, () => this.#logical("&&", operators.and, () => this.#relation()));
      this.#expect(":");
      const whenFalse = this.#expression();
      return this.#make.call(operators.conditional, [condition, whenTrue, whenFalse], question.at);
    });
  }

  #logical(symbol: string, operator: string, term: () => Expression): Expression {
    const first = term();
    const terms = [first];
    let at = -1;
    for (let token = this.#take(symbol); token !== undefined; token = this.#take(symbol)) {
      if (at < 0) at = token.at;
      terms.push(term());
    }
    return terms.length === 1 ? first : this.#make.call(operator, terms, at);
  }

  #relation(): Expression {
    return this.#chain(relations, () => this.#chain(sums, () => this.#chain(products, () => this.#unary())));
  }

  #chain(names: Readonly<Record<string, string>>, operand: () => Expression): Expression {
    let left = operand();
    let levels = 0;
    for (;;) {
      const { kind, text, at } = this.#token;
      const operator = kind === "symbol" || text === "in" ? names[text] : undefined;
      if (operator === undefined || (kind !== "symbol" && kind !== "name")) break;
      this.#next++;
      this.#deepen();
      levels++;
      left = this.#make.call(operator, [left, operand()], at);
    }
    this.#depth -= levels;
    return left;
  }

  #unary(): Expression {
    for (const symbol of ["!", "-"]) {
      const first = this.#token;
      if (!this.#is(symbol)) continue;
      let count = 0;
      while (this.#is(symbol)) {
        // A minus directly before a number is the number's own sign.
        const number = this.#tokens[this.#next + 1]!;
        if (symbol === "-" && (number.kind === "int" || number.kind === "double")) break;
        this.#next++;
        count++;
      }
      const operand = this.#member();
      if (count % 2 === 0) return operand;
      return this.#make.call(symbol === "!" ? operators.not : operators.negate, [operand], first.at);
    }
    return this.#member();
  }

  #member(): Expression {
    let operand = this.#primary();
    let levels = 0;
    for (;;) {
      const next = this.#is(".") ? this.#afterDot(operand) : this.#is("[") ? this.#afterBracket(operand) : undefined;
      if (next === undefined) break;
      operand = next;
      this.#deepen();
      levels++;
    }
    this.#depth -= levels;
    return operand;
  }

  #afterDot(operand: Expression): Expression {
    const dot = this.#expect(".");
    const optional = this.#take("?") !== undefined;
    const name = this.#fieldName();
    const open = optional || name.kind === "quoted" ? undefined : this.#take("(");
    if (open !== undefined) return this.#callOrMacro(name.text, operand, this.#list(")"), open.at);
    if (!optional) return this.#make.select(operand, name.text, dot.at);
    return this.#make.call(operators.optionalSelect, [operand, this.#make.literal(name.text, name.at)], dot.at);
  }

  #afterBracket(operand: Expression): Expression {
    const open = this.#expect("[");
    const optional = this.#take("?") !== undefined;
    const index = this.#expression();
    this.#expect("]");
    return this.#make.call(optional ? operators.optionalIndex : operators.index, [operand, index], open.at);
  }

  /** A field may have the name of a reserved word, but not of a keyword. */
  #fieldName(): Token {
    const token = this.#token;
    if ((token.kind !== "name" && token.kind !== "quoted") || (token.kind === "name" && keywords.has(token.text))) this.#fail("IDENTIFIER");
    this.#next++;
    return token;
  }

  #list(close: string): readonly Expression[] {
    const expressions: Expression[] = [];
    if (this.#take(close) !== undefined) return expressions;
    do expressions.push(this.#expression());
    while (this.#take(",") !== undefined);
    this.#expect(close);
    return expressions;
  }

  #primary(): Expression {
    const token = this.#token;
    switch (token.kind) {
      case "int":
      case "uint":
      case "double":
        this.#next++;
        return this.#number(token, token.at, "");
      case "value":
        this.#next++;
        return this.#make.literal(token.value, token.at);
      case "name":
        return this.#named("", token.at);
      case "symbol":
        return this.#bracketed(token);
      case "quoted":
      case "end":
        return this.#fail("expression");
    }
  }

  #bracketed({ text, at }: Token): Expression {
    switch (text) {
      case "-": {
        const number = this.#tokens[this.#next + 1]!;
        if (number.kind !== "int" && number.kind !== "double") return this.#fail("expression");
        this.#next += 2;
        return this.#number(number, at, "-");
      }
      case "(": {
        this.#next++;
        const inside = this.#expression();
        this.#expect(")");
        return inside;
      }
      case "[":
        this.#next++;
        return this.#listLiteral(at);
      case "{":
        this.#next++;
        return this.#mapLiteral(at);
      case ".":
        this.#next++;
        if (this.#token.kind !== "name") this.#fail("IDENTIFIER");
        return this.#named(".", at);
      default:
        return this.#fail("expression");
    }
  }

  #number({ kind, text }: Token, at: number, sign: "" | "-"): Expression {
    if (kind === "double") {
      const value = Number(sign + text);
      if (!Number.isFinite(value)) this.#issues.add("invalid double literal", at);
      return this.#make.literal(new CelDouble(value), at);
    }
    const magnitude = BigInt(text);
    const value = sign === "-" ? -magnitude : magnitude;
    const [least, most] = kind === "uint" ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
    if (value < least || value > most) this.#issues.add(`invalid ${kind} literal`, at);
    return this.#make.literal(kind === "uint" ? new CelUint(value) : toInt(value), at);
  }

  /** What begins with a name: a constant, a variable, a function call, or a message (`a.b.C{…}`). */
  #named(dot: "" | ".", at: number): Expression {
    const token = this.#token;
    const message = this.#messageName();
    if (message !== undefined) return this.#struct(dot + message);
    if (dot === "" && keywords.has(token.text) && token.text !== "in") {
      this.#next++;
      return this.#make.literal(token.text === "null" ? null : token.text === "true", at);
    }
    if (keywords.has(token.text)) return this.#fail(dot === "" ? "expression" : "IDENTIFIER");
    this.#next++;
    if (reserved.has(token.text)) this.#issues.add(`reserved identifier: ${token.text}`, at);
    const open = this.#take("(");
    if (open === undefined) return this.#make.identifier(dot + token.text, token.at);
    return this.#callOrMacro(dot + token.text, undefined, this.#list(")"), open.at);
  }

  /** The name of a message, if what follows is names with dots between and a brace after them. */
  #messageName(): string | undefined {
    let ahead = this.#next;
    let name = "";
    for (;;) {
      const token = this.#tokens[ahead]!;
      if (token.kind !== "name" || keywords.has(token.text)) return undefined;
      name += token.text;
      const { kind, text } = this.#tokens[ahead + 1]!;
      if (kind !== "symbol" || (text !== "." && text !== "{")) return undefined;
      ahead += text === "{" ? 1 : 2;
      if (text === "{") break;
      name += ".";
    }
    this.#next = ahead;
    return name;
  }

  #callOrMacro(name: string, target: Expression | undefined, args: readonly Expression[], at: number): Expression {
    const key = macroKey(name, target !== undefined, args.length);
    const expand = Object.hasOwn(this.#macros, key) ? this.#macros[key] : undefined;
    if (expand !== undefined) {
      const expanded = expand({ make: this.#make, at, fail: (message, place) => this.#issues.add(message, place) }, target, args);
      if (expanded !== undefined) return expanded;
    }
    return this.#make.call(name, args, at, target);
  }

  #listLiteral(at: number): Expression {
    const elements: Expression[] = [];
    const optionals = new Set<number>();
    while (!this.#is("]")) {
      if (this.#take("?") !== undefined) optionals.add(elements.length);
      elements.push(this.#expression());
      if (this.#take(",") === undefined) break;
    }
    this.#expect("]");
    return this.#make.list(elements, at, optionals);
  }

  #mapLiteral(at: number): Expression {
    const entries: MapEntry[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const key = this.#expression();
      const colon = this.#expect(":");
      entries.push(this.#make.entry(key, this.#expression(), colon.at, optional));
      if (this.#take(",") === undefined) break;
    }
    this.#expect("}");
    return this.#make.map(entries, at);
  }

  #struct(type: string): Expression {
    const { at } = this.#expect("{");
    const fields: StructField[] = [];
    while (!this.#is("}")) {
      const optional = this.#take("?") !== undefined;
      const name = this.#fieldName();
      const colon = this.#expect(":");
      fields.push(this.#make.field(name.text, this.#expression(), colon.at, optional));
      if (this.#take(",") === undefined) break;
    }
    this.#expect("}");
    return this.#make.struct(type, fields, at);
  }
}

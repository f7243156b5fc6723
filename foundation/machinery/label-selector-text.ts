import { invalid, messageOf } from "./field-errors.ts";
import type { LabelOperator, LabelRequirement } from "./label-selector.ts";
import { isQualifiedName } from "./names.ts";
import { badRequest, StatusError } from "./status-error.ts";

/** Makes a requirement, or throws when it breaks the rules. */
type Make = (key: string, operator: LabelOperator, values: readonly string[]) => LabelRequirement;

/**
 * Reads the text form of a label selector:
 *
 *     selector    = [ requirement { "," requirement } ]
 *     requirement = [ "!" ] key | key operator value | key ( "in" | "notin" ) "(" values ")"
 *     operator    = "=" | "==" | "!=" | ">" | "<"
 *
 * `in` and `notin` are words only after a key; a value may be left out and is then empty.
 */
export function parseSelectorText(text: string, make: Make): readonly LabelRequirement[] {
  return new Parser(tokensOf(text), make).selector();
}

interface Token {
  readonly kind: "word" | "symbol" | "end";
  readonly text: string;
}

const end: Token = { kind: "end", text: "" };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [token, symbol] of text.matchAll(/(==|!=|[=!(),<>])|[^=!(),<> \t\r\n]+/g)) {
    tokens.push({ kind: symbol === undefined ? "word" : "symbol", text: token });
  }
  return tokens;
}

const afterKey: readonly LabelOperator[] = ["in", "notin", "=", "==", "!=", ">", "<"];

class Parser {
  readonly #tokens: readonly Token[];
  readonly #make: Make;
  #position = 0;

  constructor(tokens: readonly Token[], make: Make) {
    this.#tokens = tokens;
    this.#make = make;
  }

  selector(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#ahead().kind === "end") return requirements;
    if (!this.#beginsRequirement()) throw this.#unexpected(this.#ahead(), "!, identifier, or 'end of string'");
    for (;;) {
      requirements.push(this.#requirementOrReason());
      const separator = this.#next();
      if (separator.kind === "end") return requirements;
      if (separator.text !== ",") throw this.#unexpected(separator, "',' or 'end of string'");
      if (!this.#beginsRequirement()) throw this.#unexpected(this.#ahead(), "identifier after ','");
    }
  }

  #beginsRequirement(): boolean {
    return this.#ahead().kind === "word" || this.#ahead().text === "!";
  }

  #requirementOrReason(): LabelRequirement {
    try {
      return this.#requirement();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw badRequest(`unable to parse requirement: ${error.message}`, { cause: error });
    }
  }

  #requirement(): LabelRequirement {
    const negated = this.#ahead().text === "!";
    if (negated) this.#next();
    const key = this.#key();
    if (negated) return this.#make(key, "!", []);
    const following = this.#ahead();
    if (following.kind === "end" || following.text === ",") return this.#make(key, "exists", []);
    const operator = afterKey.find((each) => each === this.#ahead().text);
    if (operator === undefined) throw this.#unexpected(this.#ahead(), "in, notin, =, ==, !=, gt, lt");
    this.#next();
    return this.#make(key, operator, operator === "in" || operator === "notin" ? this.#values() : [this.#value()]);
  }

  #key(): string {
    const token = this.#next();
    if (token.kind !== "word") throw this.#unexpected(token, "identifier");
    const problems = isQualifiedName(token.text);
    // Upstream has no path at hand here, and writes that it has none.
    if (problems.length > 0) throw badRequest(`<nil>: ${messageOf(invalid("", token.text, problems.join("; ")))}`);
    return token.text;
  }

  #value(): string {
    const token = this.#ahead();
    if (token.kind === "end" || token.text === ",") return "";
    if (token.kind !== "word") throw this.#unexpected(token, "identifier");
    return this.#next().text;
  }

  /** Between parentheses and commas; an empty place is the empty value. */
  #values(): readonly string[] {
    const open = this.#next();
    if (open.text !== "(") throw badRequest(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.#ahead();
      if (token.kind === "word") {
        values.push(this.#next().text);
        if (this.#ahead().kind === "word") throw this.#unexpected(this.#ahead(), "',' or ')'");
      } else if (token.text === "," || token.text === ")") {
        values.push("");
      } else throw this.#unexpected(token, values.length === 0 ? "',', ')' or identifier" : "',', or identifier");
      const separator = this.#next();
      if (separator.text === ")") return values;
      if (separator.text !== ",") throw this.#unexpected(separator, "',' or ')'");
    }
  }

  #ahead(): Token {
    return this.#tokens[this.#position] ?? end;
  }

  #next(): Token {
    const token = this.#ahead();
    this.#position++;
    return token;
  }

  #unexpected(token: Token, expected: string): StatusError {
    return badRequest(`found '${token.text}', expected: ${expected}`);
  }
}

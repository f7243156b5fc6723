import { byteLiteral, stringLiteral } from "./unescape.ts";
import type { CelValue } from "./values.ts";

/** `name`: an identifier or reserved word; `quoted`: an identifier in backquotes; `end`: what follows the last token. */
export type Token =
  | { readonly kind: "name" | "quoted" | "symbol"; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: "int" | "uint" | "double"; readonly text: string; readonly at: number; readonly end: number }
  | { readonly kind: "value"; readonly text: string; readonly value: CelValue; readonly at: number; readonly end: number }
  | { readonly kind: "end"; readonly text: "<EOF>"; readonly at: number; readonly end: number };

/**
 * Cuts an expression into tokens. `complain` is told of what is no token, or no valid one; it is skipped.
 */
export function tokenize(text: string, complain: (message: string, offset: number) => void): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const skipped = match(blank, text, at);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const token = literal(text, at, complain) ?? word(text, at) ?? symbol(text, at);
    if (token === undefined) {
      const wrong = String.fromCodePoint(text.codePointAt(at)!);
      complain(`Syntax error: token recognition error at: '${wrong}'`, at);
      at += wrong.length;
    } else {
      tokens.push(token);
      at = token.end;
    }
  }
  tokens.push({ kind: "end", text: "<EOF>", at: text.length, end: text.length });
  return tokens;
}

const blank = /(?:[\t \r\n\f]|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const quoted = /`[A-Za-z0-9_.\-/ ]+`/y;
const double = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const integer = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const symbols = /(?:==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%])/y;
const opening = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function literal(text: string, at: number, complain: (message: string, offset: number) => void): Token | undefined {
  const code = text.charCodeAt(at);
  if ((code >= 0x30 && code <= 0x39) || code === 0x2e) {
    const fractional = match(double, text, at);
    if (fractional !== undefined) return { kind: "double", text: fractional, at, end: at + fractional.length };
    const whole = match(integer, text, at);
    if (whole === undefined) return undefined;
    const end = at + whole.length;
    return /[uU]$/.test(whole) ? { kind: "uint", text: whole.slice(0, -1), at, end } : { kind: "int", text: whole, at, end };
  }
  opening.lastIndex = at;
  const opened = opening.exec(text);
  return opened === null ? undefined : quotedLiteral(text, at, opened[1]!, opened[2]!, complain);
}

function quotedLiteral(
  text: string,
  at: number,
  prefix: string,
  quote: string,
  complain: (message: string, offset: number) => void,
): Token | undefined {
  const raw = /[rR]/.test(prefix);
  const begin = at + prefix.length + quote.length;
  const close = closing(text, begin, quote, raw);
  // Without its end, the quote is no token; what follows is read as if it weren't there.
  if (close === undefined) return undefined;
  const body = text.slice(begin, close).replaceAll(/\r\n?/g, "\n");
  const end = close + quote.length;
  const value = /[bB]/.test(prefix) ? byteLiteral(body, raw) : stringLiteral(body, raw);
  if ("problem" in value) complain(value.problem, at);
  return { kind: "value", text: text.slice(at, end), value: "problem" in value ? "" : value.value, at, end };
}

function closing(text: string, begin: number, quote: string, raw: boolean): number | undefined {
  for (let index = begin; index < text.length; index++) {
    const character = text[index]!;
    if (text.startsWith(quote, index)) return index;
    if (character === "\\" && !raw) index++;
    else if (quote.length === 1 && (character === "\n" || character === "\r")) return undefined;
  }
  return undefined;
}

function word(text: string, at: number): Token | undefined {
  const found = match(name, text, at);
  if (found !== undefined) return { kind: "name", text: found, at, end: at + found.length };
  const escaped = match(quoted, text, at);
  return escaped === undefined ? undefined : { kind: "quoted", text: escaped.slice(1, -1), at, end: at + escaped.length };
}

function symbol(text: string, at: number): Token | undefined {
  const found = match(symbols, text, at);
  return found === undefined ? undefined : { kind: "symbol", text: found, at, end: at + found.length };
}

import { byteLength } from "./byte-length.ts";
import { needsQuotes } from "./yaml-scalars.ts";

/**
 * Writes a JSON value as YAML in the form of `kubectl get -o yaml`: keys sorted, lists not indented, long texts folded at column 80,
 * texts of several lines as blocks.
 *
 * @example
 * formatYaml({ b: ["x"], a: "true" }); // => 'a: "true"\nb:\n- x\n'
 */
export function formatYaml(value: unknown): string {
  const writer = new Writer();
  writer.root(value);
  return writer.text;
}

const bestWidth = 80;
const longestSimpleKey = 128;

class Writer {
  text = "";
  #column = 0;

  root(value: unknown): void {
    if (isFilledMap(value)) this.#map(value, 0);
    else if (isFilledList(value)) this.#list(value, 0);
    else this.#scalar(value, 2, false);
    if (!this.text.endsWith("\n")) this.#write("\n");
  }

  #write(text: string): void {
    this.text += text;
    const newline = text.lastIndexOf("\n");
    const begin = newline < 0 ? this.#column : 0;
    this.#column = begin + Array.from(text.slice(newline + 1)).length;
  }

  #line(indent: number): void {
    // The text itself isn't looked at: it is joined from its pieces each time that anybody does.
    if (this.#column > 0) this.#write("\n");
    this.#write(" ".repeat(indent));
  }

  /** The first key follows on the line at hand, when that has only an indicator so far. */
  #map(map: Readonly<Record<string, unknown>>, indent: number, { inline = false }: { readonly inline?: boolean } = {}): void {
    let first = inline;
    for (const key of Object.keys(map)
      .filter((each) => map[each] !== undefined)
      .sort(compareKeys)) {
      if (first) first = false;
      else this.#line(indent);
      this.#key(key, indent);
      this.#value(map[key], indent);
    }
  }

  #key(key: string, indent: number): void {
    if (byteLength(key) <= longestSimpleKey && !key.includes("\n")) {
      this.#scalar(key, indent, true);
    } else {
      this.#write("? ");
      this.#scalar(key, indent + 2, false);
      this.#line(indent);
    }
    this.#write(":");
  }

  #value(value: unknown, indent: number): void {
    if (isFilledMap(value)) this.#map(value, indent + 2);
    else if (isFilledList(value)) this.#list(value, indent);
    else {
      this.#write(" ");
      this.#scalar(value, indent + 2, false);
    }
  }

  #list(items: readonly unknown[], indent: number, { inline = false }: { readonly inline?: boolean } = {}): void {
    let first = inline;
    for (const item of items) {
      if (first) first = false;
      else this.#line(indent);
      this.#write("- ");
      if (isFilledMap(item)) this.#map(item, indent + 2, { inline: true });
      else if (isFilledList(item)) this.#list(item, indent + 2, { inline: true });
      else this.#scalar(item, indent + 2, false);
    }
  }

  #scalar(value: unknown, indent: number, isKey: boolean): void {
    if (typeof value === "string") this.#string(value, indent, isKey);
    else if (typeof value === "number") this.#write(formatNumber(value));
    else if (typeof value === "boolean") this.#write(value ? "true" : "false");
    else if (Array.isArray(value)) this.#write("[]");
    else this.#write(value === null || value === undefined ? "null" : "{}");
  }

  #string(text: string, indent: number, isKey: boolean): void {
    const may = analyse(text);
    if (text.includes("\n")) {
      if (may.block && !isKey) this.#block(text, indent);
      else this.#doubleQuoted(text, indent, isKey);
    } else if (needsQuotes(text)) this.#doubleQuoted(text, indent, isKey);
    else if (may.plain) this.#folded(text, indent, isKey, { edges: true });
    else if (may.singleQuoted) {
      this.#write("'");
      this.#folded(text, indent, isKey, { edges: false });
      this.#write("'");
    } else this.#doubleQuoted(text, indent, isKey);
  }

  /** Plain or single-quoted: a line may break at a single space beyond the width. */
  #folded(text: string, indent: number, isKey: boolean, { edges }: { readonly edges: boolean }): void {
    let pending = "";
    let spaces = false;
    for (let index = 0; index < text.length; index++) {
      const character = text[index]!;
      const inside = edges || (index > 0 && index < text.length - 1);
      if (character === " ") {
        this.#write(pending);
        pending = "";
        if (!isKey && !spaces && this.#column > bestWidth && inside && text[index + 1] !== " ") this.#line(indent);
        else this.#write(" ");
        spaces = true;
      } else {
        pending += character === "'" && !edges ? "''" : character;
        spaces = false;
      }
    }
    this.#write(pending);
  }

  #doubleQuoted(text: string, indent: number, isKey: boolean): void {
    const characters = Array.from(text);
    this.#write('"');
    let spaces = false;
    for (const [index, character] of characters.entries()) {
      if (character === " ") {
        if (!isKey && !spaces && this.#column > bestWidth && index > 0 && index < characters.length - 1) {
          this.#line(indent);
          if (characters[index + 1] === " ") this.#write("\\");
        } else this.#write(" ");
        spaces = true;
      } else {
        this.#write(escapeCharacter(character));
        spaces = false;
      }
    }
    this.#write('"');
  }

  #block(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? "2" : "";
    const chomping = text.endsWith("\n") ? (text.length === 1 || text.endsWith("\n\n") ? "+" : "") : "-";
    this.#write(`|${hint}${chomping}\n`);
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    this.#write(lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line)).join("\n"));
    this.#write("\n");
  }
}

function isFilledMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).some((each) => each !== undefined);
}

function isFilledList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** Which styles can hold a text without changing it. */
interface Styles {
  readonly plain: boolean;
  readonly singleQuoted: boolean;
  readonly block: boolean;
}

function analyse(text: string): Styles {
  const edges = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  const breaks = /[\n\r\u0085\u2028\u2029]/.test(text);
  const spaceBeforeBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const spaceAfterBreak = /[\n\r\u0085\u2028\u2029] /.test(text);
  const special = spaceBeforeBreak || !printable.test(text);
  return {
    plain: !special && !edges && !breaks && !hasIndicators(text),
    singleQuoted: !special && !spaceAfterBreak,
    block: !special && !text.endsWith(" "),
  };
}

/** Tabs and characters of four bytes are not printable to Go's writer. */
const printable = /^[\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

function hasIndicators(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text)) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  if (/^[?:-](?:[ \t]|$)/.test(text)) return true;
  return /:(?:[ \t]|$)|[ \t\n]#/.test(text);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escapeCharacter(character: string): string {
  const escape = escapes.get(character);
  if (escape !== undefined) return escape;
  if (printable.test(character)) return character;
  const code = character.codePointAt(0)!;
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

/** As Go writes a number: fractions from seven digits before the point on, and very small ones, with an exponent. */
function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const [mantissa, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Go's natural order of keys: digits before letters, and numbers within by their value. */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let index = 0; index < left.length && index < right.length; index++) {
    if (left[index] === right[index]) continue;
    const letters = [isLetter(left[index]!), isLetter(right[index]!)];
    if (letters[0] && letters[1]) return left[index]! < right[index]! ? -1 : 1;
    if (letters[0] || letters[1]) return letters[1] ? -1 : 1;
    return compareNumbers(left, right, index);
  }
  return left.length - right.length;
}

function compareNumbers(left: readonly string[], right: readonly string[], at: number): number {
  // A zero within a number counts by its place: the digits before it are the same on both sides.
  let before = "";
  for (let index = at - 1; index >= 0 && isDigit(left[index]!); index--) before = left[index]! + before;
  const start = (left[at] === "0" || right[at] === "0") && /[^0]/.test(before) ? "1" : "";
  const [a, b] = [digitsFrom(left, at), digitsFrom(right, at)];
  const [first, second] = [BigInt(`${start}${a}` || "0"), BigInt(`${start}${b}` || "0")];
  if (first !== second) return first < second ? -1 : 1;
  if (a.length !== b.length) return a.length - b.length;
  return left[at]! < right[at]! ? -1 : 1;
}

function digitsFrom(characters: readonly string[], at: number): string {
  let end = at;
  while (end < characters.length && isDigit(characters[end]!)) end++;
  return characters.slice(at, end).join("");
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}

import { shortened } from "./field-errors.ts";

/** Either what is wrong with a text, in the words of Go's decoder, or the fields that are there more than once. */
export type JsonScan = { readonly problem: string } | { readonly problem?: undefined; readonly duplicates: readonly string[] };

/** How many duplicates are named at most. */
const mostNamed = 100;

/**
 * Goes through a JSON text without making its value: for what `JSON.parse` does not tell. Its memory grows with the depth only
 * (and the keys of open objects), so hostile texts can't exhaust the stack.
 */
export function scanJson(text: string, maxDepth: number): JsonScan {
  const scanner = new Scanner(text, maxDepth);
  try {
    scanner.run();
    return { duplicates: scanner.duplicates };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

class Problem extends Error {}

interface Open {
  /** Of an object; a list has none. */
  readonly keys: Set<string> | undefined;
  /** The keys that were told of already: a text may hold one a hundred thousand times. */
  told: Set<string> | undefined;
  /** The key or index at hand. */
  at: string | number;
}

class Scanner {
  readonly duplicates: string[] = [];
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #open: Open[] = [];
  #position = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  run(): void {
    this.#space();
    this.#value();
    while (this.#open.length > 0) this.#afterValue();
    if (this.#position < this.#text.length) throw this.#invalid("after top-level value");
  }

  /** Reads a scalar, or the beginning of a list or object up to its first value. */
  #value(): void {
    const character = this.#text[this.#position];
    if (character === "{") this.#begin(new Set());
    else if (character === "[") this.#begin(undefined);
    else if (character === '"') this.#string();
    else if (character === "-" || isDigit(character)) this.#number();
    else if (character === "t") this.#word("true");
    else if (character === "f") this.#word("false");
    else if (character === "n") this.#word("null");
    else throw this.#invalid("looking for beginning of value");
    this.#space();
  }

  #begin(keys: Set<string> | undefined): void {
    this.#position++;
    if (this.#open.length >= this.#maxDepth) throw new Problem("exceeded max depth");
    this.#open.push({ keys, told: undefined, at: 0 });
    this.#space();
    if (this.#text[this.#position] === (keys === undefined ? "]" : "}")) this.#end();
    else if (keys !== undefined) this.#key("looking for beginning of object key string");
    // The first item is read by the caller's loop: nothing here may nest calls with the text.
    else this.#pending = true;
  }

  #pending = false;

  #end(): void {
    this.#position++;
    this.#open.pop();
    this.#space();
  }

  #key(expected: string): void {
    if (this.#text[this.#position] !== '"') throw this.#invalid(expected);
    const start = this.#position;
    this.#string();
    const key = JSON.parse(this.#text.slice(start, this.#position)) as string;
    const open = this.#open.at(-1)!;
    open.at = key;
    if (open.keys!.has(key)) this.#duplicate(open, key);
    else open.keys!.add(key);
    this.#space();
    if (this.#text[this.#position] !== ":") throw this.#invalid("after object key");
    this.#position++;
    this.#space();
    this.#pending = true;
  }

  /** Reads the value that was announced, or what stands between values. */
  #afterValue(): void {
    if (this.#pending) {
      this.#pending = false;
      return this.#value();
    }
    const open = this.#open.at(-1)!;
    const character = this.#text[this.#position];
    if (character === (open.keys === undefined ? "]" : "}")) return this.#end();
    if (character !== ",") throw this.#invalid(open.keys === undefined ? "after array element" : "after object key:value pair");
    this.#position++;
    this.#space();
    if (open.keys !== undefined) return this.#key("looking for beginning of object key string");
    open.at = (open.at as number) + 1;
    this.#pending = true;
  }

  #string(): void {
    for (this.#position++; ; this.#position++) {
      const code = this.#text.charCodeAt(this.#position);
      if (code === 0x22) break;
      if (code === 0x5c) this.#escape();
      else if (!(code >= 0x20)) throw this.#invalid("in string literal");
    }
    this.#position++;
  }

  #escape(): void {
    this.#position++;
    const character = this.#text[this.#position];
    if (character !== undefined && '"\\/bfnrt'.includes(character)) return;
    if (character !== "u") throw this.#invalid("in string escape code");
    for (let digit = 0; digit < 4; digit++) {
      this.#position++;
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#position] ?? "")) throw this.#invalid("in \\u hexadecimal character escape");
    }
  }

  #number(): void {
    if (this.#text[this.#position] === "-") this.#position++;
    if (this.#text[this.#position] === "0") this.#position++;
    else this.#digits("in numeric literal");
    if (this.#text[this.#position] === ".") {
      this.#position++;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#text[this.#position] === "e" || this.#text[this.#position] === "E") {
      this.#position++;
      if (this.#text[this.#position] === "+" || this.#text[this.#position] === "-") this.#position++;
      this.#digits("in exponent of numeric literal");
    }
  }

  #digits(where: string): void {
    if (!isDigit(this.#text[this.#position])) throw this.#invalid(where);
    while (isDigit(this.#text[this.#position])) this.#position++;
  }

  #word(word: string): void {
    for (const expected of word) {
      if (this.#text[this.#position] !== expected) throw this.#invalid(`in literal ${word} (expecting '${expected}')`);
      this.#position++;
    }
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position++;
    }
  }

  #duplicate(open: Open, key: string): void {
    if (this.duplicates.length >= mostNamed || open.told?.has(key) === true) return;
    (open.told ??= new Set()).add(key);
    let path = "";
    for (const { at } of this.#open) path += typeof at === "number" ? `[${at}]` : `${path === "" ? "" : "."}${shortened(at)}`;
    const text = `duplicate field ${JSON.stringify(path)}`;
    if (!this.duplicates.includes(text)) this.duplicates.push(text);
  }

  #invalid(where: string): Problem {
    const character = this.#text[this.#position];
    return new Problem(character === undefined ? "unexpected end of JSON input" : `invalid character ${quote(character)} ${where}`);
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

function quote(character: string): string {
  if (character === "'") return "'\\''";
  return character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
}

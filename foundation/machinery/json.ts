import { scanJson } from "./json-scan.ts";
import { badRequest } from "./status-error.ts";

export interface ParseJsonOptions {
  /** How deep lists and objects may nest. Upstream's limit is 10,000, for which the stack of JavaScript is too small. */
  readonly maxDepth?: number;
  /** Look for fields that are there more than once. */
  readonly findDuplicates?: boolean;
}

export interface ParsedJson {
  /** Of a duplicate field, the last value. */
  readonly value: unknown;
  /** In upstream's words, such as `duplicate field "spec.replicas"`; empty unless asked for. */
  readonly duplicates: readonly string[];
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads JSON from bytes. What is not UTF-8 is replaced, as upstream does. Throws `BadRequest` in upstream's words for what is no
 * JSON or nests too deep; no text can exhaust the stack.
 *
 * @example
 * parseJson(bytesOf('{"a":1,"a":2}'), { findDuplicates: true }); // => { value: { a: 2 }, duplicates: ['duplicate field "a"'] }
 */
export function parseJson(bytes: Uint8Array | string, { maxDepth = 1_000, findDuplicates = false }: ParseJsonOptions = {}): ParsedJson {
  const text = typeof bytes === "string" ? bytes : decoder.decode(bytes);
  // Nothing in a text that short can nest so deep.
  const looksCloser = findDuplicates || text.length >= 2 * maxDepth;
  const { depth, keys } = looksCloser ? outlineOf(text) : { depth: 0, keys: 0 };
  if (depth > maxDepth) scan(text, maxDepth);
  const value = parse(text, maxDepth);
  const duplicates = findDuplicates && keys !== countKeys(value) ? scan(text, maxDepth) : [];
  return { value, duplicates };
}

function parse(text: string, maxDepth: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    scan(text, maxDepth);
    throw badRequest(String(error), { cause: error });
  }
}

function scan(text: string, maxDepth: number): readonly string[] {
  const result = scanJson(text, maxDepth);
  if (result.problem !== undefined) throw badRequest(result.problem);
  return result.duplicates;
}

/** How deep a JSON text nests and how many keys it writes. Every request passes here, so it counts and looks at nothing else. */
function outlineOf(text: string): { readonly depth: number; readonly keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index);
        break;
      case colon:
        keys++;
        break;
      case openBrace:
      case openBracket:
        if (++depth > deepest) deepest = depth;
        break;
      case closeBrace:
      case closeBracket:
        depth--;
    }
  }
  return { depth: deepest, keys };
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  for (let code = text.charCodeAt(index); code !== quote && index < text.length; code = text.charCodeAt(++index)) {
    if (code === backslash) index++;
  }
  return index;
}

/** How many keys a value has at all depths: fewer than were written where one was written twice. */
function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item);
    return keys;
  }
  for (const key in value) keys += 1 + countKeys((value as Readonly<Record<string, unknown>>)[key]);
  return keys;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

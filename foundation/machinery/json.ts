import { scanJson } from "./json-scan.ts";
import { badRequest } from "./status-error.ts";

export interface ParseJsonOptions {
  /** How deep lists and objects may nest. Upstream's limit is 10,000, for which the stack of JavaScript is too small. */
  readonly maxDepth?: number;
  /** Look for fields that are there more than once. */
  readonly findDuplicates?: boolean;
  /** A member of the outermost object, and what it is known to say by its very text: then it isn't read again. */
  readonly known?: { readonly member: string; readonly valueOf: (text: string) => object | undefined };
}

export interface ParsedJson {
  /** Of a duplicate field, the last value. */
  readonly value: unknown;
  /** In upstream's words, such as `duplicate field "spec.replicas"`; empty unless asked for. */
  readonly duplicates: readonly string[];
  /** The text of the member that might have been known and wasn't, where it is an object; only of a text that was found to have nothing twice. */
  readonly memberText?: string;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads JSON from bytes. What is not UTF-8 is replaced, as upstream does. Throws `BadRequest` in upstream's words for what is no
 * JSON or nests too deep; no text can exhaust the stack.
 *
 * @example
 * parseJson(bytesOf('{"a":1,"a":2}'), { findDuplicates: true }); // => { value: { a: 2 }, duplicates: ['duplicate field "a"'] }
 */
export function parseJson(
  bytes: Uint8Array | string,
  { maxDepth = 1_000, findDuplicates = false, known }: ParseJsonOptions = {},
): ParsedJson {
  const text = typeof bytes === "string" ? bytes : decoder.decode(bytes);
  // Nothing in a text that short can nest so deep.
  const looksCloser = findDuplicates || known !== undefined || text.length >= 2 * maxDepth;
  if (!looksCloser) return { value: parse(text, maxDepth), duplicates: none };
  const outline = outlineOf(text, known?.member);
  const { depth, keys, member } = outline;
  if (depth > maxDepth) scan(text, maxDepth);
  const memberText = member === undefined ? undefined : text.slice(member.start, member.end);
  const saved = known === undefined || memberText === undefined ? undefined : known.valueOf(memberText);
  if (saved !== undefined) {
    const value = parseAround(text, outline, { name: known!.member, value: saved });
    if (value !== undefined) return { value, duplicates: none };
  }
  const value = parse(text, maxDepth);
  if (!findDuplicates) return { value, duplicates: none };
  if (keys !== countKeys(value)) return { value, duplicates: scan(text, maxDepth) };
  return saved !== undefined || memberText === undefined ? { value, duplicates: none } : { value, duplicates: none, memberText };
}

const none: readonly never[] = [];

/**
 * The value of a text in which a member has a known value; `undefined` for a text that isn't JSON, or has anything twice. What is left out is
 * an object's whole text, so the rest is JSON if the whole is.
 */
function parseAround(text: string, { keys, member }: Outline, { name, value }: { readonly name: string; readonly value: object }): unknown {
  const { start, end, keys: keysWithin } = member!;
  let around: unknown;
  try {
    around = JSON.parse(`${text.slice(0, start)}null${text.slice(end)}`);
  } catch {
    return undefined;
  }
  if (countKeys(around) !== keys - keysWithin) return undefined;
  (around as Record<string, unknown>)[name] = value;
  return around;
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

interface Outline {
  /** How deep the text nests. */
  readonly depth: number;
  /** How many keys it writes. */
  readonly keys: number;
  /** Where the object is that a member of the outermost object has for its value, and how many keys it writes. */
  readonly member: { readonly start: number; readonly end: number; readonly keys: number } | undefined;
}

/** Every request passes here, so it counts and looks at nothing else. Of a text that is no JSON it tells anything. */
function outlineOf(text: string, memberName: string | undefined): Outline {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  /** The string that was read last, if it can be the key of the member. */
  let isMemberKey = false;
  let start = -1;
  let end = -1;
  let keysBefore = 0;
  let keysWithin = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case quote: {
        const from = index + 1;
        index = endOfString(text, index);
        isMemberKey = depth === 1 && index - from === memberName?.length && text.startsWith(memberName, from);
        break;
      }
      case colon:
        keys++;
        if (isMemberKey && start < 0) {
          const next = afterSpace(text, index + 1);
          if (text.charCodeAt(next) === openBrace) {
            start = next;
            keysBefore = keys;
          }
        }
        break;
      case openBrace:
      case openBracket:
        if (++depth > deepest) deepest = depth;
        break;
      case closeBrace:
      case closeBracket:
        if (--depth === 1 && start >= 0 && end < 0) {
          end = index + 1;
          keysWithin = keys - keysBefore;
        }
    }
  }
  return { depth: deepest, keys, member: end < 0 ? undefined : { start, end, keys: keysWithin } };
}

function afterSpace(text: string, start: number): number {
  let index = start;
  for (let code = text.charCodeAt(index); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;)
    code = text.charCodeAt(++index);
  return index;
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

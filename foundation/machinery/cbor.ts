import { decode, encode, type EncodeOptions, Token, Type } from "cborg";
import { setOwn } from "./schema-fields.ts";
import { badRequest } from "./status-error.ts";

// Self-described CBOR: what upstream puts before every document.
const prefix = Uint8Array.of(0xd9, 0xd9, 0xf7);

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Upstream writes texts as byte strings, because Go's texts need not be UTF-8, and keys in the order of their bytes.
const encodeOptions: EncodeOptions = {
  typeEncoders: { string: (text: string) => [new Token(Type.bytes, textEncoder.encode(text))] },
};

/** A JSON value as CBOR, as upstream writes it. `isNested`: to stand within a document. */
export function formatCbor(value: unknown, { isNested = false }: { readonly isNested?: boolean } = {}): Uint8Array {
  const bytes = encode(value, encodeOptions);
  if (isNested) return bytes;
  const whole = new Uint8Array(prefix.length + bytes.length);
  whole.set(prefix, 0);
  whole.set(bytes, prefix.length);
  return whole;
}

/** What stands before and after the `count` items of a document that holds them under the name `items`, which are written apart. */
export function cborList(
  document: Readonly<Record<string, unknown>>,
  items: string,
  count: number,
): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  const mark = "\u0000items";
  const bytes = formatCbor({ ...document, [items]: mark });
  const marked = formatCbor(mark, { isNested: true });
  const at = indexOf(bytes, marked);
  const list = arrayHead(count);
  const head = new Uint8Array(at + list.length);
  head.set(bytes.subarray(0, at));
  head.set(list, at);
  return { head, tail: bytes.slice(at + marked.length) };
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; ; at++) if (part.every((byte, index) => bytes[at + index] === byte)) return at;
}

/** The head of a list of so many items. */
function arrayHead(count: number): Uint8Array {
  if (count < 24) return Uint8Array.of(0x80 | count);
  if (count < 0x100) return Uint8Array.of(0x98, count);
  if (count < 0x10000) return Uint8Array.of(0x99, count >> 8, count);
  return Uint8Array.of(0x9a, count >>> 24, count >>> 16, count >>> 8, count);
}

export interface ParseCborOptions {
  /** How deep lists and maps may nest. */
  readonly maxDepth?: number;
}

/**
 * Reads CBOR as the JSON value that it stands for: byte strings are texts, or base64 where they are tagged to become that. Throws
 * `BadRequest` for what is no CBOR, has a key twice, or stands for no JSON.
 */
export function parseCbor(bytes: Uint8Array, { maxDepth = 1_000 }: ParseCborOptions = {}): unknown {
  mustNotNestDeeper(bytes, maxDepth);
  return asJson(read(bytes));
}

/** A byte string that is meant to be read as base64. */
class Base64Bytes {
  readonly text: string;

  constructor(bytes: unknown) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("expected a byte string to be base64");
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    this.text = btoa(binary);
  }
}

type TagDecoder = (content: () => unknown) => unknown;
const transparent: TagDecoder = (content) => content();
const base64: TagDecoder = (content) => new Base64Bytes(content());
const tags: Record<number, TagDecoder> = { 0: transparent, 21: base64, 22: base64, 55799: transparent };

function read(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { useMaps: true, allowBigInt: false, allowUndefined: false, tags });
  } catch (cause) {
    throw badRequest(`cbor: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return textDecoder.decode(value);
  if (value instanceof Base64Bytes) return value.text;
  if (Array.isArray(value)) return value.map(asJson);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = {};
  for (const [key, inner] of value as Map<unknown, unknown>) {
    const name = asJson(key);
    if (typeof name !== "string") throw badRequest("cbor: a key of a map is no string");
    if (Object.hasOwn(object, name)) throw badRequest(`cbor: found duplicate map key ${JSON.stringify(name)}`);
    setOwn(object, name, asJson(inner));
  }
  return object;
}

/** Looks at the heads alone, so that no body can exhaust the stack. */
function mustNotNestDeeper(bytes: Uint8Array, maxDepth: number): void {
  /** How many items are missing at each depth; infinite for those that end with a break. */
  const open: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const major = bytes[at]! >> 5;
    const minor = bytes[at]! & 0x1f;
    const [length, size] = argumentAt(bytes, at, minor);
    at += size;
    if (major === 7 && minor === 31) open.pop();
    else if (major === 4 || major === 5) {
      open.push(minor === 31 ? Infinity : length * (major - 3));
      if (open.length > maxDepth) throw badRequest("cbor: exceeded max nested level");
    } else if ((major === 2 || major === 3) && minor === 31) open.push(Infinity);
    else if (major === 2 || major === 3) at += length;
    // What a tag stands before is the item.
    if (major === 6 || ((major === 4 || major === 5) && open.at(-1) !== 0)) continue;
    while (open.length > 0 && open[open.length - 1]! <= 1) open.pop();
    if (open.length > 0) open[open.length - 1]!--;
  }
}

/** The number in a head, and how many bytes the head takes. */
function argumentAt(bytes: Uint8Array, at: number, minor: number): readonly [number, number] {
  if (minor < 24 || minor > 27) return [minor, 1];
  const size = 1 << (minor - 24);
  let value = 0;
  for (let index = 1; index <= size; index++) value = value * 256 + (bytes[at + index] ?? 0);
  return [value, size + 1];
}

import { tags } from "./der-tags.ts";

/** One value in DER (X.690), and where it stands. */
export interface DerValue {
  /** The whole first byte: class, form and number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content: what is signed is these bytes. */
  readonly raw: Uint8Array;
}

/** What was read is no DER, or not what stands in this place. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** The one value that the bytes are. Throws {@link DerError} for anything else, also for bytes after it. */
export function readValue(bytes: Uint8Array): DerValue {
  const [value, ...more] = readValues(bytes);
  if (value === undefined) throw new DerError("asn1: syntax error: sequence truncated");
  if (more.length > 0) throw new DerError("asn1: syntax error: trailing data");
  return value;
}

/** The values that stand one after the other, as in a sequence. Throws {@link DerError} for bytes that are none. */
export function readValues(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = valueAt(bytes, at);
    values.push(value);
    at += value.raw.length;
  }
  return values;
}

function valueAt(bytes: Uint8Array, at: number): DerValue {
  const tag = bytes[at]!;
  // Nothing in a certificate has a number that takes more than the first byte.
  if ((tag & 0x1f) === 0x1f) throw new DerError("asn1: syntax error: high tag number");
  const { length, start } = lengthAt(bytes, at + 1);
  const end = start + length;
  if (end > bytes.length) throw new DerError("asn1: syntax error: data truncated");
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) };
}

function lengthAt(bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at];
  if (first === undefined) throw new DerError("asn1: syntax error: truncated tag or length");
  if (first < 0x80) return { length: first, start: at + 1 };
  const digits = first & 0x7f;
  if (digits === 0) throw new DerError("asn1: syntax error: indefinite length found (not DER)");
  if (digits > 4) throw new DerError("asn1: structure error: length too large");
  let length = 0;
  for (let index = 1; index <= digits; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) throw new DerError("asn1: syntax error: truncated tag or length");
    length = length * 256 + byte;
  }
  // DER has one way to write a length: the shortest.
  if (length < 0x80 || length < 256 ** (digits - 1)) throw new DerError("asn1: structure error: non-minimal length");
  return { length, start: at + 1 + digits };
}

/** The values in a value of this tag. Throws {@link DerError} when there is none, or it is of another tag. */
export function within(value: DerValue | undefined, tag: number): readonly DerValue[] {
  return readValues(contentOf(value, tag));
}

/** The bytes in a value of this tag. Throws {@link DerError} when there is none, or it is of another tag. */
export function contentOf(value: DerValue | undefined, tag: number): Uint8Array {
  if (value?.tag !== tag) throw new DerError(`asn1: structure error: tags don't match (${tag} vs ${value?.tag ?? "nothing"})`);
  return value.content;
}

/** The tag of a value under a number that its context gives a meaning; see `tagged`. */
export function contextTag(number: number, { constructed }: { readonly constructed: boolean }): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** Such as `2.5.4.3`. */
export function readObjectIdentifier(value: DerValue | undefined): string {
  const content = contentOf(value, tags.objectIdentifier);
  const numbers: number[] = [];
  let number = 0;
  let digits = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    // Four digits of seven bits are more than any number in use; more would lose precision.
    if (++digits > 5) throw new DerError("asn1: structure error: base 128 integer too large");
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
    digits = 0;
  }
  if (digits > 0 || numbers.length === 0) throw new DerError("asn1: syntax error: invalid object identifier");
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join(".");
}

/** The bits of a bit string in whole bytes, the unused ones last. */
export function readBits(value: DerValue | undefined): { readonly bytes: Uint8Array; readonly unusedBits: number } {
  const content = contentOf(value, tags.bitString);
  const unusedBits = content[0] ?? 8;
  if (unusedBits > 7 || (unusedBits > 0 && content.length === 1))
    throw new DerError("asn1: syntax error: invalid padding bits in BIT STRING");
  return { bytes: content.subarray(1), unusedBits };
}

/** The text of any kind of string that names are written in. Throws {@link DerError} for what is no string. */
export function readText({ tag, content }: DerValue): string {
  switch (tag) {
    case tags.utf8String:
    case tags.printableString:
    case tags.ia5String:
      return decode(content, "utf-8");
    case tags.teletexString:
      return decode(content, "latin1");
    case tags.bmpString:
      return decode(content, "utf-16be");
    default:
      throw new DerError(`asn1: structure error: unsupported string type ${tag}`);
  }
}

function decode(bytes: Uint8Array, encoding: "latin1" | "utf-16be" | "utf-8"): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new DerError("asn1: syntax error: invalid string", { cause: error });
  }
}

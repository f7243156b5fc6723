import { tags } from "./der-tags.ts";

// The few forms of DER (X.690) that a certificate is made of. Every function answers a complete value, ready to be put into another.

export const sequence = (...values: readonly Uint8Array[]): Uint8Array => value(tags.sequence, joined(...values));
export const set = (...values: readonly Uint8Array[]): Uint8Array => value(tags.set, joined(...values));
export const octetString = (bytes: Uint8Array): Uint8Array => value(tags.octetString, bytes);
export const utf8String = (text: string): Uint8Array => value(tags.utf8String, bytesOf(text));
export const boolean = (truth: boolean): Uint8Array => value(tags.boolean, Uint8Array.of(truth ? 0xff : 0));

/** A whole number that isn't negative, given by its bytes, highest first. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  // A set highest bit would make it negative.
  return value(tags.integer, digits.length === 0 || digits[0]! >= 0x80 ? joined(Uint8Array.of(0), digits) : digits);
}

/** Bits in whole bytes, or, with `unusedBits`, without the last ones. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return value(tags.bitString, joined(Uint8Array.of(unusedBits), bytes));
}

/** Such as `2.5.4.3`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return value(tags.objectIdentifier, Uint8Array.from([40 * first + second, ...rest].flatMap(base128)));
}

function base128(number: number): readonly number[] {
  const digits = [number & 0x7f];
  for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** In the form that RFC 5280 demands for the year. `iso` is as `2026-11-21T20:00:00Z`. */
export function time(iso: string): Uint8Array {
  const digits = `${iso.slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  const short = Number(iso.slice(0, 4)) < 2050;
  return short ? value(tags.utcTime, bytesOf(digits.slice(2))) : value(tags.generalizedTime, bytesOf(digits));
}

/** A value under a number that its context gives a meaning; `constructed` when it holds other values. */
export function tagged(number: number, content: Uint8Array, { constructed }: { readonly constructed: boolean }): Uint8Array {
  return value(0x80 | (constructed ? 0x20 : 0) | number, content);
}

function value(tag: number, content: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(tag, ...lengthOf(content.length)), content);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let left = length; left > 0; left >>>= 8) digits.unshift(left & 0xff);
  return [0x80 | digits.length, ...digits];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

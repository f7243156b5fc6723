/**
 * The order of keys is the order of their UTF-8 bytes, on every back end. JavaScript compares UTF-16 units, which differs for
 * characters beyond U+FFFF: their surrogates sort before U+E000 to U+FFFF, their bytes after.
 */

/** Whether plain comparison of `key` with any other key already gives the order of bytes. */
export function isOrdinary(key: string): boolean {
  return !/[\ud800-\uffff]/.test(key);
}

/** Negative when `a` comes before `b` in the order of their UTF-8 bytes, positive when after, 0 when they are equal. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

// Moves surrogates behind U+FFFF and closes the gap that they leave.
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Throws when `key` has no bytes of its own: empty, or with a lone surrogate, which UTF-8 can't write. */
export function assertKey(key: string): void {
  if (key === "") throw new RangeError("Cannot use an empty key");
  if (!key.isWellFormed()) throw new RangeError(`Cannot use the key ${JSON.stringify(key)}: it isn't well-formed Unicode`);
}

/** A monotone question about keys: true for all keys up to some point of the order, false for all after it. */
export type Before = (key: string) => boolean;

/** True for the keys before the first key that `prefix` begins. */
export function beforePrefix(prefix: string): Before {
  return isOrdinary(prefix) ? (key) => key < prefix : (key) => compareKeys(key, prefix) < 0;
}

/** True for the keys up to the last key that `prefix` begins. */
export function throughPrefix(prefix: string): Before {
  const before = beforePrefix(prefix);
  return (key) => key.startsWith(prefix) || before(key);
}

/** True for the keys that a list of `prefix` after the key `after` leaves out at its start. */
export function beforePage(prefix: string, after: string | undefined): Before {
  const before = beforePrefix(prefix);
  if (after === undefined) return before;
  return isOrdinary(after) ? (key) => key <= after || before(key) : (key) => compareKeys(key, after) <= 0 || before(key);
}

/** The bytes right after all those that begin with `prefix`, which has at least one. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  // No byte of UTF-8 is 0xff, so the last one can always be raised.
  end[end.length - 1]!++;
  return end;
}

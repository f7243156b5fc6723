import ipaddr from "ipaddr.js";

/** A range of addresses as numbers: `first` to `last`, both within, of `bits` bits each. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
  readonly bits: 32 | 128;
}

/**
 * Reads a range as it is written, such as `10.0.0.0/8`; it begins where its length says. Throws for anything else.
 *
 * @example
 * formatRange(parseRange("10.1.2.3/24").first, 24, 32); // => "10.1.2.0/24"
 */
export function parseRange(text: string): AddressRange {
  const [address, length] = ipaddr.parseCIDR(text);
  const bytes = address.toByteArray();
  const bits = bytes.length === 4 ? 32 : 128;
  const size = 1n << BigInt(bits - length);
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const first = value - (value % size);
  return { first, last: first + size - 1n, bits };
}

/** `10.0.1.0/24`, `fd00:0:0:1::/64`. */
export function formatRange(first: bigint, length: number, bits: 32 | 128): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) => Number((first >> BigInt(bits - 8 * (index + 1))) & 0xffn));
  return `${ipaddr.fromByteArray(bytes).toString()}/${length}`;
}

/**
 * The parts of `whole` of the given length that don't meet any of `taken`, from the lowest on. Time follows how many are taken, not how many
 * there might be.
 */
export function* freeParts(whole: AddressRange, length: number, taken: readonly AddressRange[]): Generator<string, void> {
  const { bits } = whole;
  const size = 1n << BigInt(bits - length);
  const sorted = taken.filter((range) => range.bits === bits).toSorted((a, b) => (a.first < b.first ? -1 : 1));
  let next = whole.first;
  for (const { first, last } of sorted) {
    for (; next + size <= first && next + size - 1n <= whole.last; next += size) yield formatRange(next, length, bits);
    if (last >= next) next += ((last - next) / size + 1n) * size;
  }
  for (; next + size - 1n <= whole.last; next += size) yield formatRange(next, length, bits);
}

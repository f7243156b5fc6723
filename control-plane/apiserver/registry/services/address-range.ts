import { type IpFamily, ipFamilyOf, ipFamilyOfRange } from "@kubets/api";
import ipaddr from "ipaddr.js";

/** A range of addresses, such as `10.96.0.0/12`, whose usable addresses are counted from 0. */
export interface AddressRange {
  readonly text: string;
  readonly family: IpFamily;
  /** How many addresses Services can have: without the network's own and, of IPv4, the broadcast address. */
  readonly size: number;
  addressOf(index: number): string;
  /** `undefined` for an address that is outside. */
  indexOf(address: string): number | undefined;
}

// Of a huge range this many are more than enough, and their indexes stay whole numbers.
const largest = 2 ** 20;

/** Throws `RangeError` for what is no range. */
export function parseAddressRange(text: string): AddressRange {
  const family = ipFamilyOfRange(text);
  if (family === undefined) throw new RangeError(`Cannot read the address range "${text}": expected one such as 10.96.0.0/12`);
  const [address, length] = ipaddr[family].parseCIDR(text);
  const bits = family === "IPv4" ? 32n : 128n;
  const span = 1n << (bits - BigInt(length));
  const base = numberOf(address) & ~(span - 1n);
  const usable = span - (family === "IPv4" ? 2n : 1n);
  if (usable < 1n) throw new RangeError(`Cannot use the address range "${text}": it has no room for Services`);
  const size = usable > BigInt(largest) ? largest : Number(usable);
  return {
    text,
    family,
    size,
    addressOf: (index) => format(base + 1n + BigInt(index), family),
    indexOf(other) {
      if (ipFamilyOf(other) !== family) return undefined;
      const index = numberOf(ipaddr.parse(other)) - base - 1n;
      return index < 0n || index >= BigInt(size) ? undefined : Number(index);
    },
  };
}

function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function format(number: bigint, family: IpFamily): string {
  const length = family === "IPv4" ? 4 : 16;
  const bytes = Array.from({ length }, (_, index) => Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

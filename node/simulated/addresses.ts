/** Addresses handed out one by one, the lowest that is free first. */
export interface AddressPool {
  /** Throws when none is left. */
  take(): string;
  /** Takes a given address; `false` when it is outside of the range or taken. */
  claim(address: string): boolean;
  release(address: string): void;
}

/** The usable addresses of an IPv4 range; the first `reserved` of them are kept back (the gateway, by default). */
export function createAddressPool(range: string, { reserved = 1 }: { readonly reserved?: number } = {}): AddressPool {
  const { base, size } = parseRange(range);
  const first = 1 + reserved;
  const last = size - 2;
  const taken = new Set<number>();
  const released: number[] = [];
  let next = first;
  return {
    take() {
      for (let offset = released.pop() ?? next++; offset <= last; offset = released.pop() ?? next++) {
        if (taken.has(offset)) continue;
        taken.add(offset);
        return formatAddress(base + offset);
      }
      throw new Error(`Cannot give an address out of ${range}: all ${last - first + 1} are taken`);
    },
    claim(address) {
      const offset = parseAddress(address) - base;
      if (!(offset >= first && offset <= last) || taken.has(offset)) return false;
      taken.add(offset);
      return true;
    },
    release(address) {
      const offset = parseAddress(address) - base;
      if (taken.delete(offset)) released.push(offset);
    },
  };
}

/** The range number `index` of those of length `prefix` within a larger one. */
export function subrange(range: string, prefix: number, index: number): string {
  const { base, size } = parseRange(range);
  const length = 2 ** (32 - prefix);
  if ((index + 1) * length > size)
    throw new Error(`Cannot cut /${prefix} number ${index} out of ${range}: it has ${Math.floor(size / length)}`);
  return `${formatAddress(base + index * length)}/${prefix}`;
}

/** The address number `index` of a range. */
export function addressIn(range: string, index: number): string {
  const { base, size } = parseRange(range);
  if (index >= size - 1) throw new Error(`Cannot take address ${index} of ${range}: it has ${size}`);
  return formatAddress(base + index);
}

function parseRange(range: string): { readonly base: number; readonly size: number } {
  const [address = "", prefix = ""] = range.split("/");
  const base = parseAddress(address);
  if (!/^\d+$/.test(prefix) || Number(prefix) > 30 || Number.isNaN(base))
    throw new Error(`Cannot read "${range}": expected an IPv4 range such as 10.1.2.0/24`);
  const size = 2 ** (32 - Number(prefix));
  return { base: base - (base % size), size };
}

function parseAddress(address: string): number {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return Number.NaN;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

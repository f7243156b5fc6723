/** The bytes of an IP address: 4 or 16. */
export type IpBytes = Uint8Array;

/** Reads an address as Go's netip does: no leading zeros, no zone. `undefined` for anything else. */
export function parseIpAddress(text: string): IpBytes | undefined {
  return text.includes(":") ? parseIpV6(text) : parseIpV4(text);
}

function parseIpV4(text: string): IpBytes | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  const octets = match?.slice(1).map(Number);
  return octets === undefined || octets.some((octet) => octet > 255) ? undefined : Uint8Array.from(octets);
}

function parseIpV6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2 || text.length > 45) return undefined;
  const groups = halves.map(groupsOf);
  const [left, right] = groups;
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  const missing = 8 - left.length - (right?.length ?? 0);
  // `::` stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  // The last of the first half may not be an IPv4 address in disguise.
  if (halves.length === 2 && halves[0]!.includes(".")) return undefined;
  const all = [...left, ...Array.from({ length: missing }, () => 0), ...(right ?? [])];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(half: string): readonly number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes(".") ? parseIpV4(part) : undefined;
    if (embedded !== undefined) groups.push(embedded[0]! * 256 + embedded[1]!, embedded[2]! * 256 + embedded[3]!);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The canonical text: RFC 5952. */
export function formatIpAddress(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes[2 * index]! * 256 + bytes[2 * index + 1]!);
  const { start, length } = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** An IPv4 address written as IPv6, such as `::ffff:1.2.3.4`. */
export function isMappedIpV4(bytes: IpBytes): boolean {
  return bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The address with all bits after the first `bits` cleared. */
export function maskIpAddress(bytes: IpBytes, bits: number): IpBytes {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff << (8 - kept));
  });
}

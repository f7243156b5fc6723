import ipaddr from "ipaddr.js";
import { type FieldError, invalid } from "@kubets/machinery";

export type IpFamily = "IPv4" | "IPv6";

/**
 * The family of an IP address; `undefined` for anything else, also for an IPv4 address with leading zeros (some programs read
 * them as octal) and for an IPv6 address with a zone.
 *
 * @example
 * ipFamilyOf("10.0.0.1"); // => "IPv4"
 * ipFamilyOf("10.0.0.01"); // => undefined
 */
export function ipFamilyOf(text: string): IpFamily | undefined {
  if (text.includes(":")) return ipaddr.IPv6.isValid(text) && !text.includes("%") ? "IPv6" : undefined;
  return ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text) ? "IPv4" : undefined;
}

/** The family of a range of addresses, such as `10.0.0.0/8`; `undefined` for anything else. */
export function ipFamilyOfRange(text: string): IpFamily | undefined {
  const [, address = "", length = ""] = /^(.*)\/(0|[1-9]\d*)$/.exec(text) ?? [];
  const family = ipFamilyOf(address);
  return family !== undefined && Number(length) <= (family === "IPv4" ? 32 : 128) ? family : undefined;
}

export function validateIp(text: string, path: string): readonly FieldError[] {
  if (ipFamilyOf(text) !== undefined) return [];
  return [invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
}

export function validateIpRange(text: string, path: string): readonly FieldError[] {
  if (ipFamilyOfRange(text) !== undefined) return [];
  return [invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
}

/** Addresses that mean something else on every node can't be those of endpoints. */
export function validateNonSpecialIp(text: string, path: string): readonly FieldError[] {
  if (ipFamilyOf(text) === undefined) return [invalid(path, text, "must be a valid IP address")];
  const address = ipaddr.process(text);
  if (isLinkLocalMulticast(address)) {
    return [invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")];
  }
  if (address.toByteArray().every((byte) => byte === 0)) return [invalid(path, text, `may not be unspecified (${text})`)];
  switch (address.range()) {
    case "loopback":
      return [invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")];
    case "linkLocal":
      return [invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")];
    default:
      return [];
  }
}

function isLinkLocalMulticast(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const bytes = address.toByteArray();
  if (address.kind() === "ipv4") return bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0;
  return bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 0x02;
}

/** Whether a range lies within another that is larger. Both must be ranges. */
export function isWithinRange(inner: string, outer: string): boolean {
  const [address, length] = ipaddr.parseCIDR(inner);
  const [network, outerLength] = ipaddr.parseCIDR(outer);
  return address.kind() === network.kind() && length > outerLength && address.match(network, outerLength);
}

/** Whether an address lies within a range; one that can't be read lies nowhere. */
export function isAddressWithin(address: string, range: string): boolean {
  if (ipFamilyOf(address) === undefined || ipFamilyOf(address) !== ipFamilyOfRange(range)) return false;
  return ipaddr.parse(address).match(ipaddr.parseCIDR(range));
}

/** The one text of an address among those that mean it; `undefined` for what is no address. */
export function canonicalIp(text: string): string | undefined {
  return ipFamilyOf(text) === undefined ? undefined : ipaddr.parse(text).toString();
}

/** An address in its canonical form, as names of objects must be. */
export function validateCanonicalIp(text: string, path: string): readonly FieldError[] {
  const canonical = canonicalIp(text);
  if (canonical === undefined) return validateIp(text, path);
  return canonical === text ? [] : [invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** A range that begins where its length says, in its canonical form. */
export function validateCanonicalIpRange(text: string, path: string): readonly FieldError[] {
  const problems = validateIpRange(text, path);
  if (problems.length > 0) return problems;
  const [address, length] = ipaddr.parseCIDR(text);
  const network = (address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(text).toString();
  if (address.toString() !== network) {
    return [invalid(path, text, "must not have bits set beyond the prefix length")];
  }
  const canonical = `${network}/${length}`;
  return canonical === text ? [] : [invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** An address with the length of its network, such as `192.0.2.5/24`, in its canonical form. */
export function validateInterfaceAddress(text: string, path: string): readonly FieldError[] {
  if (ipFamilyOfRange(text) === undefined) {
    return [invalid(path, text, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")];
  }
  const [address, length] = ipaddr.parseCIDR(text);
  const canonical = `${address.toString()}/${length}`;
  return canonical === text ? [] : [invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

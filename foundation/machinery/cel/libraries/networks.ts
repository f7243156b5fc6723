import { declare, global, method, type CallCosts, type Library } from "../declarations.ts";
import { compareBytes } from "../equality.ts";
import { addRanges, fixed } from "../estimates.ts";
import { failure } from "../errors.ts";
import { formatIpAddress, isMappedIpV4, maskIpAddress, parseIpAddress, type IpBytes } from "../ip-address.ts";
import { sizeOf, traversal, traversalFactor } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { boolType, intType, opaqueType, stringType } from "../types.ts";
import { CelOpaque } from "../values.ts";
import { parsing } from "./quantity.ts";

export const ipType: CelOpaque["type"] = opaqueType("net.IP");
export const cidrType: CelOpaque["type"] = opaqueType("net.CIDR");

export class CelIp extends CelOpaque {
  override readonly type: CelOpaque["type"] = ipType;
  readonly bytes: IpBytes;

  constructor(bytes: IpBytes) {
    super();
    this.bytes = bytes;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelIp && compareBytes(this.bytes, other.bytes) === 0;
  }
}

export class CelCidr extends CelOpaque {
  override readonly type: CelOpaque["type"] = cidrType;
  readonly bytes: IpBytes;
  readonly bits: number;

  constructor(bytes: IpBytes, bits: number) {
    super();
    this.bytes = bytes;
    this.bits = bits;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelCidr && this.bits === other.bits && compareBytes(this.bytes, other.bytes) === 0;
  }
}

const canonical: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!) * 2),
  estimate: (_, [text]) => ({ cost: traverse(text!.size, 2) }),
};

/** IPv4 or IPv6: the bytes of the address are compared, and read before if they are text. */
function containing(kind: "ip" | "cidr"): CallCosts {
  const bytes = { min: 4, max: 16 };
  return {
    actual: ([cidr, other]) => {
      const size = Math.ceil((cidr as CelCidr).bits / 8);
      const compared = Math.ceil(2 * size * traversalFactor) + (kind === "cidr" ? Math.ceil(size * traversalFactor) + 1 : 0);
      return compared + (typeof other === "string" ? traversal(sizeOf(other)) : 0);
    },
    estimate: (_, [other]) => {
      const compared = traverse(addRanges(bytes, bytes));
      const masked = kind === "cidr" ? addRanges(compared, traverse(bytes), fixed(1)) : compared;
      return { cost: other!.type.kind === "string" ? addRanges(masked, traverse(other!.size)) : masked };
    },
  };
}

/** `ip('10.0.0.1').family()`, `isIP(x)` and their like. */
export const ipLibrary: Library = {
  types: { "net.IP": ipType },
  functions: [
    declare("ip", global("string_to_ip", [stringType], ipType, toIp, parsing)),
    declare(
      "isIP",
      global("is_ip", [stringType], boolType, (text: string) => typeof readIp(text) !== "string", parsing),
    ),
    declare(
      "ip.isCanonical",
      global("ip_is_canonical", [stringType], boolType, (text: string) => formatIpAddress(toIp(text).bytes) === text, canonical),
    ),
    declare(
      "string",
      global("ip_to_string", [ipType], stringType, ({ bytes }: CelIp) => formatIpAddress(bytes)),
    ),
    declare(
      "family",
      method("ip_family", [ipType], intType, ({ bytes }: CelIp) => (bytes.length === 4 ? 4 : 6)),
    ),
    property("isUnspecified", "ip_is_unspecified", isUnspecified),
    property("isLoopback", "ip_is_loopback", isLoopback),
    property("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
    property("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
    property(
      "isGlobalUnicast",
      "ip_is_global_unicast",
      (bytes) => !isUnspecified(bytes) && !isLoopback(bytes) && !isMulticast(bytes) && !isLinkLocalUnicast(bytes) && !isBroadcast(bytes),
    ),
  ],
};

/** `cidr('10.0.0.0/8').containsIP('10.1.2.3')`, `isCIDR(x)` and their like. */
export const cidrLibrary: Library = {
  types: { "net.CIDR": cidrType },
  functions: [
    declare("cidr", global("string_to_cidr", [stringType], cidrType, toCidr, parsing)),
    declare(
      "isCIDR",
      global("is_cidr", [stringType], boolType, (text: string) => typeof readCidr(text) !== "string", parsing),
    ),
    declare(
      "string",
      global("cidr_to_string", [cidrType], stringType, ({ bytes, bits }: CelCidr) => `${formatIpAddress(bytes)}/${bits}`),
    ),
    declare(
      "containsIP",
      method(
        "cidr_contains_ip_string",
        [cidrType, stringType],
        boolType,
        (cidr: CelCidr, text: string) => contains(cidr, toIp(text).bytes),
        containing("ip"),
      ),
      method(
        "cidr_contains_ip_ip",
        [cidrType, ipType],
        boolType,
        (cidr: CelCidr, { bytes }: CelIp) => contains(cidr, bytes),
        containing("ip"),
      ),
    ),
    declare(
      "containsCIDR",
      method(
        "cidr_contains_cidr_string",
        [cidrType, stringType],
        boolType,
        (cidr: CelCidr, text: string) => containsNetwork(cidr, toCidr(text)),
        containing("cidr"),
      ),
      method("cidr_contains_cidr", [cidrType, cidrType], boolType, containsNetwork, containing("cidr")),
    ),
    declare(
      "ip",
      method("cidr_ip", [cidrType], ipType, ({ bytes }: CelCidr) => new CelIp(bytes)),
    ),
    declare(
      "prefixLength",
      method("cidr_prefix_length", [cidrType], intType, ({ bits }: CelCidr) => bits),
    ),
    declare(
      "masked",
      method("cidr_masked", [cidrType], cidrType, ({ bytes, bits }: CelCidr) => new CelCidr(maskIpAddress(bytes, bits), bits)),
    ),
  ],
};

function property(name: string, id: string, holds: (bytes: IpBytes) => boolean): Library["functions"][number] {
  return declare(
    name,
    method(id, [ipType], boolType, ({ bytes }: CelIp) => holds(bytes)),
  );
}

function readIp(text: string): IpBytes | string {
  const quoted = JSON.stringify(text);
  const zone = text.indexOf("%");
  if (zone > 0 && text.includes(":") && zone < text.length - 1 && parseIpAddress(text.slice(0, zone)) !== undefined) {
    return `IP address ${quoted} with zone value is not allowed`;
  }
  const bytes = parseIpAddress(text);
  if (bytes === undefined)
    return `IP Address ${quoted} parse error during conversion from string: ParseAddr(${quoted}): unable to parse IP`;
  return isMappedIpV4(bytes) ? `IPv4-mapped IPv6 address ${quoted} is not allowed` : bytes;
}

function toIp(text: string): CelIp {
  const bytes = readIp(text);
  if (typeof bytes === "string") throw failure(bytes);
  return new CelIp(bytes);
}

function readCidr(text: string): CelCidr | string {
  const prefix = "network address parse error during conversion from string: ";
  const quoted = JSON.stringify(text);
  const slash = text.lastIndexOf("/");
  if (slash < 0) return `${prefix}netip.ParsePrefix(${quoted}): no '/'`;
  const bytes = parseIpAddress(text.slice(0, slash));
  if (bytes === undefined)
    return `${prefix}netip.ParsePrefix(${quoted}): ParseAddr(${JSON.stringify(text.slice(0, slash))}): unable to parse IP`;
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length))
    return `${prefix}netip.ParsePrefix(${quoted}): bad bits after slash: ${JSON.stringify(length)}`;
  if (Number(length) > bytes.length * 8) return `${prefix}netip.ParsePrefix(${quoted}): prefix length out of range`;
  if (isMappedIpV4(bytes)) return `IPv4-mapped IPv6 address ${quoted} is not allowed`;
  return new CelCidr(bytes, Number(length));
}

function toCidr(text: string): CelCidr {
  const cidr = readCidr(text);
  if (typeof cidr === "string") throw failure(`network address parse error during conversion from string: ${cidr}`);
  return cidr;
}

function contains({ bytes, bits }: CelCidr, address: IpBytes): boolean {
  return bytes.length === address.length && compareBytes(maskIpAddress(bytes, bits), maskIpAddress(address, bits)) === 0;
}

function containsNetwork(cidr: CelCidr, other: CelCidr): boolean {
  return cidr.bits <= other.bits && contains(cidr, other.bytes);
}

function isUnspecified(bytes: IpBytes): boolean {
  return bytes.every((byte) => byte === 0);
}

function isLoopback(bytes: IpBytes): boolean {
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function isMulticast(bytes: IpBytes): boolean {
  return bytes.length === 4 ? (bytes[0]! & 0xf0) === 0xe0 : bytes[0] === 0xff;
}

function isLinkLocalMulticast(bytes: IpBytes): boolean {
  return bytes.length === 4 ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 2;
}

function isLinkLocalUnicast(bytes: IpBytes): boolean {
  return bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

function isBroadcast(bytes: IpBytes): boolean {
  return bytes.length === 4 && bytes.every((byte) => byte === 255);
}

import ipaddr from "ipaddr.js";

/** How an address is written in one label: `10-244-0-5`, `fd00--5`. */
export function podLabelOf(address: string): string {
  return address.replaceAll(/[.:]/g, "-");
}

/** Reads {@link podLabelOf} back; `undefined` for what is no address. */
export function addressOfPodLabel(label: string): string | undefined {
  const four = label.replaceAll("-", ".");
  if (isFour(four)) return four;
  const six = label.replaceAll("-", ":");
  return ipaddr.IPv6.isValid(six) && six.includes(":") ? ipaddr.parse(six).toString() : undefined;
}

/** The address that a name below `in-addr.arpa` or `ip6.arpa` asks for. */
export function addressOfReverseName(name: string): string | undefined {
  const four = /^([\d.]+)\.in-addr\.arpa$/.exec(name)?.[1];
  if (four !== undefined) {
    const address = four.split(".").reverse().join(".");
    return isFour(address) ? address : undefined;
  }
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  if (six === undefined) return undefined;
  const digits = six.replaceAll(".", "").split("").reverse().join("");
  return ipaddr.parse(digits.replaceAll(/(.{4})(?!$)/g, "$1:")).toString();
}

function isFour(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) && text.split(".").every((part) => String(Number(part)) === part);
}

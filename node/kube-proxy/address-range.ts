import ipaddr from "ipaddr.js";

/** Whether an address is in a range such as `10.244.0.0/16`; never, across families. */
export function isInRange(address: string, range: string): boolean {
  const parsed = ipaddr.parse(address);
  const [start, length] = ipaddr.parseCIDR(range);
  return parsed.kind() === start.kind() && parsed.match(start, length);
}

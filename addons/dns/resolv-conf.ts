import ipaddr from "ipaddr.js";

/** The name servers that a resolv.conf names, in its order. */
export function nameserversOf(resolvConf: string): readonly string[] {
  return resolvConf
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "")
    .filter((address) => ipaddr.isValid(address.split("%", 1)[0]!));
}

/** Where systemd-resolved answers, whose own servers stand in another file. */
const stubResolvers: ReadonlySet<string> = new Set(["127.0.0.53", "127.0.0.54"]);

export interface ResolvConfFiles {
  readonly resolvConf: string;
  /** What systemd-resolved asks itself, where it runs. */
  readonly systemdResolved?: string;
}

/**
 * The servers that can answer what the cluster can't. Those of systemd-resolved take the place of its stub; `own` addresses, at which
 * this server is reached, are left out: it would ask itself for ever.
 */
export function upstreamServers({ resolvConf, systemdResolved }: ResolvConfFiles, own: readonly string[]): readonly string[] {
  const named = nameserversOf(resolvConf);
  const real = nameserversOf(systemdResolved ?? "");
  const servers = real.length === 0 ? named : named.flatMap((address) => (stubResolvers.has(address) ? real : [address]));
  const ownAddresses = new Set(own.map(canonical));
  return [...new Set(servers)].filter((address) => !ownAddresses.has(canonical(address)));
}

function canonical(address: string): string {
  return ipaddr.parse(address).toString();
}

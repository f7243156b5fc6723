/** Whether rules that others have made (Docker, ufw) let through what goes through this machine, and what comes to it. */
export interface HostFirewall {
  readonly forwards: boolean;
  readonly accepts: boolean;
}

/** Reads the answer of `iptables -S`: a chain with rules or a policy may drop; without either it lets everything through. */
export function readHostFirewall(listing: string): HostFirewall {
  return { forwards: letsThrough(listing, "FORWARD"), accepts: letsThrough(listing, "INPUT") };
}

function letsThrough(listing: string, chain: string): boolean {
  const lines = listing.split("\n");
  const isOurs = (line: string): boolean => /--comment "?kubets-/.test(line);
  return (
    !lines.some((line) => line.startsWith(`-P ${chain} `) && !line.startsWith(`-P ${chain} ACCEPT`)) &&
    !lines.some((line) => line.startsWith(`-A ${chain} `) && !isOurs(line))
  );
}

/**
 * What the portmap plugin has left in the `nat` table for Pods of this network, as arguments for `iptables -t nat`, in the order in
 * which they must be carried out. Reads the answer of `iptables -t nat -S`.
 */
export function leftoverPortMappings(listing: string, network: string): readonly (readonly string[])[] {
  const lines = listing.split("\n").filter((line) => line.startsWith("-A CNI-") && line.includes(`name: \\"${network}\\"`));
  const chains = new Set(lines.flatMap((line) => /-j (CNI-DN-\S+)/.exec(line)?.[1] ?? []));
  return [
    ...lines.map((line) => ["-D", ...shellWords(line).slice(1)]),
    ...[...chains].flatMap((chain) => [
      ["-F", chain],
      ["-X", chain],
    ]),
  ];
}

/** Splits as a shell would: iptables puts what has spaces into double quotes and escapes those within. */
function shellWords(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
}

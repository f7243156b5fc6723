import { connectionFlags, loggingFlags, used } from "../common-flags.ts";
import { readConnection } from "../common-settings.ts";
import { defined, type FlagReader } from "../flag-reader.ts";
import { type Flag, FlagError } from "../flags.ts";
import { type Program, runProgram } from "../program.ts";
import type { DnsSettings } from "./dns.ts";

/** Upstream has no program of the name; what CoreDNS reads of its Corefile, these say. */
export const dnsFlags: readonly Flag[] = [
  ...connectionFlags,
  ...loggingFlags,
  used("address", "string", "the address to listen on, over UDP and TCP (default 0.0.0.0)"),
  used("port", "int", "the port (default 53)"),
  used("domain", "string", "the domain of the cluster's names (default cluster.local)"),
  used("service-address", "strings", "the cluster IPs at which Pods find this server; the name ns.dns of the domain leads there"),
  used("upstream", "strings", "servers for all other names, ADDRESS or ADDRESS:PORT; without it, those of /etc/resolv.conf"),
  used("clients", "strings", "ranges of addresses that are answered; everybody when absent"),
];

const program: Program<DnsSettings> = {
  name: "kubets dns",
  summary: "Answers for the names of a cluster's Services and Pods, and asks other servers for all others.",
  flags: dnsFlags,
  read,
  start: async (settings, logger) => (await import("./dns.ts")).startDnsProgram(settings, logger),
};

function read(given: FlagReader): DnsSettings {
  const port = given.number("port") ?? 53;
  if (port < 0 || port > 65_535) throw new FlagError(`--port ${port} must be between 0 and 65535`);
  return {
    connection: readConnection(given),
    address: given.text("address") ?? "0.0.0.0",
    port,
    serviceAddresses: given.list("service-address") ?? [],
    ...defined({ domain: given.text("domain"), upstream: given.list("upstream"), clients: given.list("clients") }),
  };
}

/** The program `kubets dns`. Resolves with the exit code once it has ended. */
export function runDnsProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}

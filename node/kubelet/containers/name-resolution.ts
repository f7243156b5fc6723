import type { HostAlias, Pod } from "@kubets/api";

export interface ResolverSettings {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

const mostServers = 3;
const mostSearches = 32;

/** Reads a resolv.conf. */
export function parseResolverConfiguration(text: string): ResolverSettings {
  const servers: string[] = [];
  let searches: readonly string[] = [];
  let options: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [key, ...values] = line.trim().split(/\s+/);
    if (key === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    // The last line of each counts.
    else if (key === "search") searches = values.map((domain) => (domain === "." ? domain : domain.replace(/\.$/, "")));
    else if (key === "options") options = values;
  }
  return { servers, searches, options };
}

/** What a Pod's resolv.conf says. */
export function resolverSettings(
  { metadata, spec }: Pod,
  {
    node,
    clusterDns,
    clusterDomain,
  }: { readonly node: ResolverSettings; readonly clusterDns: readonly string[]; readonly clusterDomain: string },
): ResolverSettings {
  const base = ((): ResolverSettings => {
    switch (spec.dnsPolicy) {
      case "None":
        return { servers: [], searches: [], options: [] };
      case "Default":
        return node;
      case "ClusterFirst":
        if (spec.hostNetwork === true) return node;
        break;
      case "ClusterFirstWithHostNet":
        break;
    }
    if (clusterDns.length === 0) return node;
    const services = `svc.${clusterDomain}`;
    return {
      servers: clusterDns,
      searches: unique([`${metadata.namespace}.${services}`, services, clusterDomain, ...node.searches]),
      options: ["ndots:5"],
    };
  })();
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const given = options.map(({ name = "", value }) => (value === undefined || value === "" ? name : `${name}:${value}`));
  const kept = base.options.filter((option) => given.every((each) => nameOf(each) !== nameOf(option)));
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, mostServers),
    searches: unique([...base.searches, ...searches]).slice(0, mostSearches),
    options: [...kept, ...given],
  };
}

function nameOf(option: string): string {
  return option.split(":", 1)[0]!;
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

const longestHostname = 63;

/** The Pod's host name, and its domain where it has one. */
export function hostnameOf({ metadata, spec }: Pod, clusterDomain: string): { readonly hostname: string; readonly domain?: string } {
  if (spec.hostnameOverride !== undefined) return { hostname: spec.hostnameOverride };
  const name = spec.hostname === undefined || spec.hostname === "" ? metadata.name : spec.hostname;
  const hostname = name.slice(0, longestHostname).replace(/[-.]+$/, "");
  if (spec.subdomain === undefined || spec.subdomain === "") return { hostname };
  return { hostname, domain: `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` };
}

/** The content of a Pod's /etc/hosts. `node`: that of the node, for Pods in its network. */
export function hostsFile(
  addresses: readonly string[],
  { hostname, domain }: { readonly hostname: string; readonly domain?: string },
  { aliases = [], node }: { readonly aliases?: readonly HostAlias[]; readonly node?: string },
): string {
  const own = addresses.map((address) => `${[address, ...(domain === undefined ? [] : [`${hostname}.${domain}`]), hostname].join("\t")}\n`);
  const lines = node === undefined ? `${managed}${own.join("")}` : `# Kubernetes-managed hosts file (host network).\n${node}`;
  if (aliases.length === 0) return lines;
  return `${lines}\n# Entries added by HostAliases.\n${aliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join("\t")}\n`).join("")}`;
}

const managed = [
  "# Kubernetes-managed hosts file.",
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
  "",
].join("\n");

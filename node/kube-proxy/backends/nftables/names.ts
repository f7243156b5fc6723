import type { IpFamily } from "@kubets/api";
import type { ProxyEndpoint, ServicePortRules, TrafficPolicy } from "../../ruleset.ts";

/** How nft calls what differs between the IP families. */
export interface FamilyWords {
  readonly family: "ip" | "ip6";
  readonly addressType: "ipv4_addr" | "ipv6_addr";
  readonly loopback: string;
}

export function wordsOf(family: IpFamily): FamilyWords {
  return family === "IPv4"
    ? { family: "ip", addressType: "ipv4_addr", loopback: "127.0.0.0/8" }
    : { family: "ip6", addressType: "ipv6_addr", loopback: "::1" };
}

/** Sets and maps that all Services share, by their names in the table. */
export const collections = {
  clusterIPs: "cluster-ips",
  serviceIPs: "service-ips",
  nodePorts: "service-nodeports",
  refusedServiceIPs: "no-endpoint-services",
  refusedNodePorts: "no-endpoint-nodeports",
} as const;

export type SharedCollection = keyof typeof collections;

export const hairpinSet = "hairpin-connections";
export const nodePortAddressSet = "nodeport-ips";

/** Chains that are there once. */
export const sharedChains = {
  services: "services",
  markForMasquerade: "mark-for-masquerade",
  masquerading: "masquerading",
  serviceCheck: "service-endpoints-check",
  nodePortCheck: "nodeport-endpoints-check",
  clusterIPCheck: "cluster-ips-check",
  reject: "reject-chain",
} as const;

/** The chain that spreads traffic over the endpoints of one policy. */
export function spreadChain({ id }: ServicePortRules, policy: TrafficPolicy): string {
  return `${policy === "Local" ? "local" : "service"}-${id}`;
}

/** The chain where traffic from outside the cluster enters. */
export function externalChain({ id }: ServicePortRules): string {
  return `external-${id}`;
}

/** The chain that lets only the load balancer's source ranges in. */
export function firewallChain({ id }: ServicePortRules): string {
  return `firewall-${id}`;
}

/** The chain of one endpoint; only with session affinity. */
export function endpointChain({ id }: ServicePortRules, endpoint: ProxyEndpoint): string {
  return `endpoint-${id}__${nameOf(endpoint)}`;
}

/** The set of the clients that stay with one endpoint. */
export function affinitySet({ id }: ServicePortRules, endpoint: ProxyEndpoint): string {
  return `affinity-${id}__${nameOf(endpoint)}`;
}

function nameOf({ address, port }: ProxyEndpoint): string {
  return `${address.replaceAll(":", ".")}/${port}`;
}

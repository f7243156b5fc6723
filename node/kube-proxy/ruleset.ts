import type { IpFamily } from "@kubets/api";
import type { ObjectKey } from "@kubets/client";

/** What a node does with packets to Services, in no backend's language. The same Services give the same Ruleset. */
export interface Ruleset {
  readonly node: ProxyNode;
  /** By the Service's key. Rules that did not change are the same object as before, which is how a backend sees what to update. */
  readonly services: ReadonlyMap<ObjectKey, ServiceRules>;
  /** The Services that want each frontend, by {@link frontendKey}; the first has it. */
  readonly claims: ReadonlyMap<string, readonly ObjectKey[]>;
}

/** What of its own node the proxy must know. */
export interface ProxyNode {
  readonly name: string;
  /** A Ruleset is of one family; a dual-stack node has two. */
  readonly family: IpFamily;
  readonly zone?: string;
  /** Where Pods have their addresses, such as `10.244.0.0/16`: whatever comes from elsewhere is masqueraded on its way to a cluster IP. */
  readonly podRange?: string;
  /** Where node ports are open; at every address of the node but loopback when absent. */
  readonly nodePortAddresses?: readonly string[];
}

export interface ServiceRules {
  readonly key: ObjectKey;
  readonly ports: readonly ServicePortRules[];
  /** Frontends, by {@link frontendKey}, that another Service has already: external addresses may be claimed twice. */
  readonly ceded: readonly string[];
  /** Where load balancers ask whether this node has endpoints of the Service. */
  readonly healthCheck?: { readonly nodePort: number; readonly localEndpoints: number };
}

export type Protocol = "tcp" | "udp" | "sctp";
export type TrafficPolicy = "Cluster" | "Local";

/** One port of a Service. */
export interface ServicePortRules {
  /** Unique in the cluster, such as `default/web/tcp/80`. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly frontends: readonly Frontend[];
  /** What traffic of policy `Cluster` is spread over: what the cluster has, narrowed by the topology hints. */
  readonly clusterEndpoints: readonly ProxyEndpoint[];
  /** What traffic of policy `Local` is spread over. */
  readonly localEndpoints: readonly ProxyEndpoint[];
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly externalTrafficPolicy: TrafficPolicy;
  /** For how long a client stays with its endpoint; absent without session affinity. */
  readonly affinitySeconds?: number;
}

/** Where traffic enters. */
export type Frontend =
  | { readonly kind: "clusterIP"; readonly address: string; readonly port: number }
  | { readonly kind: "externalIP"; readonly address: string; readonly port: number }
  | {
      readonly kind: "loadBalancer";
      readonly address: string;
      readonly port: number;
      /** Only from these; from everywhere when absent. */
      readonly sourceRanges?: readonly string[];
    }
  | { readonly kind: "nodePort"; readonly port: number };

/** Where traffic ends. */
export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
}

/** What becomes of a packet to a frontend. */
export type Destination =
  | { readonly verdict: "forward"; readonly endpoints: readonly ProxyEndpoint[] }
  /** The Service has no endpoints at all: the client is told at once. */
  | { readonly verdict: "reject" }
  /** It has some, but not where the policy allows this packet to go: another node may answer a retry. */
  | { readonly verdict: "drop" };

/** Where traffic goes that a policy governs. Whatever the external policy, Pods and the node itself reach all endpoints from outside too. */
export function destinationOf({ clusterEndpoints, localEndpoints }: ServicePortRules, policy: TrafficPolicy): Destination {
  const endpoints = policy === "Local" ? localEndpoints : clusterEndpoints;
  if (endpoints.length > 0) return { verdict: "forward", endpoints };
  return { verdict: clusterEndpoints.length > 0 ? "drop" : "reject" };
}

/** What two Services can't both have: `tcp 10.96.0.1 443`, or `tcp 30080` for a node port. */
export function frontendKey({ protocol }: Pick<ServicePortRules, "protocol">, frontend: Frontend): string {
  return frontend.kind === "nodePort" ? `${protocol} ${frontend.port}` : `${protocol} ${frontend.address} ${frontend.port}`;
}

import {
  destinationOf,
  type Frontend,
  frontendKey,
  type Protocol,
  type ProxyEndpoint,
  type Ruleset,
  type ServicePortRules,
} from "./ruleset.ts";
import { isInRange } from "./address-range.ts";

/** The first packet of a connection, as the node sees it. */
export interface Packet {
  readonly protocol: Protocol;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

/** What a packet lives through. The same story for every backend. */
export type Story =
  /** It is for no Service: the proxy leaves it as it is. */
  | { readonly verdict: "pass" }
  | {
      readonly verdict: "forward";
      readonly service: string;
      readonly through: Frontend;
      /** One of them gets it; the one it had before, with session affinity. */
      readonly endpoints: readonly ProxyEndpoint[];
      /** Those that see the address of the node instead of the client's. */
      readonly masquerade: "always" | "never" | "only to itself";
    }
  | { readonly verdict: "reject" | "drop"; readonly because: string };

export interface TraceOptions {
  /** The addresses of the node: where its node ports are, and from which its own packets come. */
  readonly nodeAddresses: readonly string[];
}

/** Tells what becomes of a packet. */
export function trace(ruleset: Ruleset, packet: Packet, { nodeAddresses }: TraceOptions): Story {
  const { node } = ruleset;
  const isAtNode = (node.nodePortAddresses ?? nodeAddresses).includes(packet.destination);
  const found =
    find(ruleset, `${packet.protocol} ${packet.destination} ${packet.port}`) ??
    (isAtNode ? find(ruleset, `${packet.protocol} ${packet.port}`) : undefined);
  if (found === undefined) {
    if (!isClusterIP(ruleset, packet.destination)) return { verdict: "pass" };
    return { verdict: "reject", because: `no Service has port ${packet.port}/${packet.protocol} at ${packet.destination}` };
  }
  const { port, frontend } = found;
  const isPod = node.podRange !== undefined && isInRange(packet.source, node.podRange);
  const isNode = nodeAddresses.includes(packet.source);
  const refuse = (verdict: "reject" | "drop", because: string): Story => ({ verdict, because: `${port.id}: ${because}` });
  if (frontend.kind === "clusterIP") {
    const destination = destinationOf(port, port.internalTrafficPolicy);
    if (destination.verdict !== "forward") return refuse(destination.verdict, emptiness(destination.verdict));
    const masquerade = node.podRange === undefined || isPod ? "only to itself" : "always";
    return { verdict: "forward", service: port.id, through: frontend, endpoints: destination.endpoints, masquerade };
  }
  const everywhere = destinationOf(port, "Cluster");
  if (everywhere.verdict !== "forward") return refuse(everywhere.verdict, emptiness(everywhere.verdict));
  if (frontend.kind === "loadBalancer" && frontend.sourceRanges?.some((range) => isInRange(packet.source, range)) === false)
    return refuse("drop", `${packet.source} is in none of the load balancer's source ranges`);
  if (port.externalTrafficPolicy === "Cluster")
    return { verdict: "forward", service: port.id, through: frontend, endpoints: everywhere.endpoints, masquerade: "always" };
  if (isPod || isNode) {
    const masquerade = isPod ? "only to itself" : "always";
    return { verdict: "forward", service: port.id, through: frontend, endpoints: everywhere.endpoints, masquerade };
  }
  const local = destinationOf(port, "Local");
  if (local.verdict !== "forward") return refuse(local.verdict, emptiness(local.verdict));
  return { verdict: "forward", service: port.id, through: frontend, endpoints: local.endpoints, masquerade: "never" };
}

function emptiness(verdict: "reject" | "drop"): string {
  return verdict === "reject" ? "the Service has no endpoints" : "the Service has no endpoints on this node, and its policy is Local";
}

function find(ruleset: Ruleset, key: string): { readonly port: ServicePortRules; readonly frontend: Frontend } | undefined {
  const [owner] = ruleset.claims.get(key) ?? [];
  if (owner === undefined) return undefined;
  for (const port of ruleset.services.get(owner)?.ports ?? []) {
    const frontend = port.frontends.find((each) => frontendKey(port, each) === key);
    if (frontend !== undefined) return { port, frontend };
  }
  return undefined;
}

function isClusterIP({ services }: Ruleset, address: string): boolean {
  return [...services.values()].some(({ ports }) =>
    ports.some(({ frontends }) => frontends.some((frontend) => frontend.kind === "clusterIP" && frontend.address === address)),
  );
}

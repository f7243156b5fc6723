import type { Frontend, ProxyEndpoint, ProxyNode, ServicePortRules, ServiceRules, TrafficPolicy } from "../../ruleset.ts";
import { destinationOf, frontendKey } from "../../ruleset.ts";
import {
  affinitySet,
  endpointChain,
  externalChain,
  type FamilyWords,
  firewallChain,
  sharedChains,
  type SharedCollection,
  spreadChain,
  wordsOf,
} from "./names.ts";

/** What one Service puts into the table. Nothing in it belongs to another Service too, so that each is updated on its own. */
export interface ServiceStatements {
  /** The rules of each chain of its own. A chain comes after those that it leads to. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Its sets that remember clients, for session affinity. */
  readonly sets: ReadonlySet<string>;
  /** Elements of the shared sets and maps: `""` in a set, a verdict in a map. */
  readonly elements: ReadonlyMap<SharedCollection, ReadonlyMap<string, string>>;
  /** Endpoints of this node: connections of theirs may lead back to themselves. */
  readonly hairpins: ReadonlySet<string>;
}

export const noStatements: ServiceStatements = { chains: new Map(), sets: new Set(), elements: new Map(), hairpins: new Set() };

export function serviceStatements(rules: ServiceRules, node: ProxyNode): ServiceStatements {
  const statements = {
    chains: new Map<string, readonly string[]>(),
    sets: new Set<string>(),
    elements: new Map<SharedCollection, Map<string, string>>(),
    hairpins: new Set<string>(),
  };
  for (const port of rules.ports) {
    const frontends = port.frontends.filter((frontend) => !rules.ceded.includes(frontendKey(port, frontend)));
    addChains(port, frontends, node, statements);
    for (const frontend of frontends) {
      if (frontend.kind === "clusterIP") put(statements.elements, "clusterIPs", frontend.address, "");
      put(statements.elements, ...entryOf(port, frontend));
    }
    for (const { address, isLocal } of [...port.clusterEndpoints, ...port.localEndpoints]) if (isLocal) statements.hairpins.add(address);
  }
  return statements;
}

type Elements = Map<SharedCollection, Map<string, string>>;

function put(elements: Elements, collection: SharedCollection, key: string, verdict: string): void {
  const known = elements.get(collection);
  if (known === undefined) elements.set(collection, new Map([[key, verdict]]));
  else known.set(key, verdict);
}

/** Where a packet to the frontend is looked up, and what it is told there. */
function entryOf(port: ServicePortRules, frontend: Frontend): readonly [SharedCollection, string, string] {
  const isNodePort = frontend.kind === "nodePort";
  const key = isNodePort ? `${port.protocol} . ${frontend.port}` : `${frontend.address} . ${port.protocol} . ${frontend.port}`;
  // Pods and the node itself reach all endpoints from outside as well, so what comes in there is sorted in a chain.
  const { verdict } = destinationOf(port, frontend.kind === "clusterIP" ? port.internalTrafficPolicy : "Cluster");
  if (verdict === "forward") return [isNodePort ? "nodePorts" : "serviceIPs", key, `goto ${entryChain(port, frontend)}`];
  return [isNodePort ? "refusedNodePorts" : "refusedServiceIPs", key, verdict === "drop" ? "drop" : `goto ${sharedChains.reject}`];
}

function entryChain(port: ServicePortRules, frontend: Frontend): string {
  if (frontend.kind === "clusterIP") return spreadChain(port, port.internalTrafficPolicy);
  return frontend.kind === "loadBalancer" && frontend.sourceRanges !== undefined ? firewallChain(port) : externalChain(port);
}

function addChains(
  port: ServicePortRules,
  frontends: readonly Frontend[],
  node: ProxyNode,
  { chains, sets }: { readonly chains: Map<string, readonly string[]>; readonly sets: Set<string> },
): void {
  const words = wordsOf(node.family);
  const isExternal = frontends.some(({ kind }) => kind !== "clusterIP");
  const spread = (policy: TrafficPolicy): void => {
    const destination = destinationOf(port, policy);
    if (destination.verdict !== "forward") return;
    const { endpoints } = destination;
    if (port.affinitySeconds !== undefined) {
      for (const endpoint of endpoints) {
        sets.add(affinitySet(port, endpoint));
        chains.set(endpointChain(port, endpoint), stickToEndpoint(port, endpoint, port.affinitySeconds, words));
      }
    }
    chains.set(spreadChain(port, policy), spreadRules(port, endpoints, words));
  };
  if (isExternal || port.internalTrafficPolicy === "Cluster") spread("Cluster");
  if (port.internalTrafficPolicy === "Local" || (isExternal && port.externalTrafficPolicy === "Local")) spread("Local");
  if (!isExternal || destinationOf(port, "Cluster").verdict !== "forward") return;
  chains.set(externalChain(port), externalRules(port, node, words));
  for (const frontend of frontends) {
    if (frontend.kind !== "loadBalancer" || frontend.sourceRanges === undefined) continue;
    // One rule for each range: it is no error then that ranges overlap.
    const admitted = frontend.sourceRanges.map((range) => `${words.family} saddr ${range} goto ${externalChain(port)}`);
    chains.set(firewallChain(port), [...admitted, "drop"]);
  }
}

function externalRules(port: ServicePortRules, { podRange }: ProxyNode, { family }: FamilyWords): readonly string[] {
  const everywhere = `goto ${spreadChain(port, "Cluster")}`;
  const mark = `jump ${sharedChains.markForMasquerade}`;
  if (port.externalTrafficPolicy === "Cluster") return [mark, everywhere];
  const local = destinationOf(port, "Local");
  return [
    ...(podRange === undefined ? [] : [`${family} saddr ${podRange} ${everywhere}`]),
    `fib saddr type local ${mark}`,
    `fib saddr type local ${everywhere}`,
    local.verdict === "forward" ? `goto ${spreadChain(port, "Local")}` : "drop",
  ];
}

function spreadRules(port: ServicePortRules, endpoints: readonly ProxyEndpoint[], { family }: FamilyWords): readonly string[] {
  const count = endpoints.length;
  if (port.affinitySeconds !== undefined) {
    const known = endpoints.map((endpoint) => `${family} saddr @${affinitySet(port, endpoint)} goto ${endpointChain(port, endpoint)}`);
    const choices = endpoints.map((endpoint, index) => `${index} : goto ${endpointChain(port, endpoint)}`);
    return [...known, `numgen random mod ${count} vmap { ${choices.join(", ")} }`];
  }
  if (count === 1) return [`meta l4proto ${port.protocol} dnat to ${targetOf(endpoints[0]!)}`];
  const choices = endpoints.map((endpoint, index) => `${index} : ${endpoint.address} . ${endpoint.port}`);
  return [`meta l4proto ${port.protocol} dnat ${family} to numgen random mod ${count} map { ${choices.join(", ")} }`];
}

function stickToEndpoint(port: ServicePortRules, endpoint: ProxyEndpoint, seconds: number, { family }: FamilyWords): readonly string[] {
  return [
    `update @${affinitySet(port, endpoint)} { ${family} saddr timeout ${seconds}s }`,
    `meta l4proto ${port.protocol} dnat to ${targetOf(endpoint)}`,
  ];
}

function targetOf({ address, port }: ProxyEndpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

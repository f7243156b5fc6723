import { type Frontend, type ProxyEndpoint, type Ruleset, type ServicePortRules, type ServiceRules } from "./ruleset.ts";

/**
 * Connections of UDP that the kernel would keep on their old way as long as packets flow: those to an endpoint that is gone, and
 * (`endpoint` absent) those that went nowhere because there was none.
 */
export interface StaleConnections {
  readonly frontend: Frontend;
  readonly endpoint?: string;
}

/** What must be forgotten when `next` takes the place of `previous`. TCP clients notice on their own; UDP has no end. */
export function staleConnections(next: Ruleset, previous: Ruleset | undefined): readonly StaleConnections[] {
  if (previous === undefined) return [];
  const stale: StaleConnections[] = [];
  for (const [key, before] of previous.services) {
    const after = next.services.get(key);
    if (before !== after) stale.push(...ofService(before, after));
  }
  for (const [key, after] of next.services) if (!previous.services.has(key)) stale.push(...ofService(undefined, after));
  return stale;
}

function ofService(before: ServiceRules | undefined, after: ServiceRules | undefined): readonly StaleConnections[] {
  const udp = (rules: ServiceRules | undefined): ReadonlyMap<string, ServicePortRules> =>
    new Map(rules?.ports.filter(({ protocol }) => protocol === "udp").map((port) => [port.id, port]));
  const was = udp(before);
  const is = udp(after);
  const gone = [...was.values()].flatMap((port) => {
    const left = new Set(addressesOf(is.get(port.id)));
    const lost = addressesOf(port).filter((address) => !left.has(address));
    return lost.flatMap((endpoint) => port.frontends.map((frontend) => ({ frontend, endpoint })));
  });
  const served = [...is.values()].flatMap((port) => {
    const first = addressesOf(port).length > 0 && addressesOf(was.get(port.id)).length === 0;
    return first ? port.frontends.map((frontend) => ({ frontend })) : [];
  });
  return [...gone, ...served];
}

function addressesOf(port: ServicePortRules | undefined): readonly string[] {
  const endpoints: readonly ProxyEndpoint[] = port === undefined ? [] : [...port.clusterEndpoints, ...port.localEndpoints];
  return [...new Set(endpoints.map(({ address }) => address))];
}

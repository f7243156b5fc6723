import type { Endpoint, EndpointSlice, ServicePort } from "@kubets/api";
import type { ProxyEndpoint, ProxyNode } from "./ruleset.ts";

export interface SelectedEndpoints {
  /** What the whole cluster offers, narrowed by topology hints. */
  readonly cluster: readonly ProxyEndpoint[];
  /** What this node offers. */
  readonly local: readonly ProxyEndpoint[];
}

/**
 * The endpoints of one port that take traffic: those that are ready; where none is, those that still serve while they terminate, so
 * that a Service is not cut off between its last old Pod and its first new one. Hints are followed only where every ready endpoint has
 * one and some is meant for this node; else they would leave traffic without a place.
 */
export function selectEndpoints(slices: readonly EndpointSlice[], port: ServicePort, node: ProxyNode): SelectedEndpoints {
  const candidates = slices.flatMap((slice) => candidatesOf(slice, port, node));
  return {
    cluster: distinct(forNode(takingTraffic(candidates), node)),
    local: distinct(takingTraffic(candidates.filter(({ endpoint }) => endpoint.nodeName === node.name))),
  };
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly target: ProxyEndpoint;
}

function candidatesOf(slice: EndpointSlice, port: ServicePort, node: ProxyNode): readonly Candidate[] {
  if (slice.addressType !== node.family || slice.metadata.deletionTimestamp !== undefined) return [];
  const number = slice.ports.find(({ name, protocol }) => name === (port.name ?? "") && protocol === port.protocol)?.port;
  if (number === undefined) return [];
  return slice.endpoints.flatMap((endpoint) => {
    const [address] = endpoint.addresses;
    return address === undefined ? [] : [{ endpoint, target: { address, port: number, isLocal: endpoint.nodeName === node.name } }];
  });
}

function takingTraffic(candidates: readonly Candidate[]): readonly Candidate[] {
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions.ready ?? true);
  if (ready.length > 0) return ready;
  return candidates.filter(({ endpoint: { conditions } }) => conditions.serving === true && conditions.terminating === true);
}

function forNode(candidates: readonly Candidate[], { name, zone }: ProxyNode): readonly Candidate[] {
  const byNode = hinted(candidates, ({ endpoint }) => endpoint.hints?.forNodes?.map((node) => node.name), name);
  return byNode ?? (zone === undefined ? undefined : hinted(candidates, zonesOf, zone)) ?? candidates;
}

function zonesOf({ endpoint }: Candidate): readonly string[] | undefined {
  return endpoint.hints?.forZones?.map((zone) => zone.name);
}

function hinted(
  candidates: readonly Candidate[],
  namesOf: (candidate: Candidate) => readonly string[] | undefined,
  wanted: string,
): readonly Candidate[] | undefined {
  if (!candidates.every((candidate) => (namesOf(candidate)?.length ?? 0) > 0)) return undefined;
  const chosen = candidates.filter((candidate) => namesOf(candidate)?.includes(wanted));
  return chosen.length > 0 ? chosen : undefined;
}

/** The same address may stand in two slices while it moves from one to the other. Sorted, so that the order of slices changes nothing. */
function distinct(candidates: readonly Candidate[]): readonly ProxyEndpoint[] {
  const byTarget = new Map(candidates.map(({ target }) => [`${target.address} ${target.port}`, target]));
  return [...byTarget].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

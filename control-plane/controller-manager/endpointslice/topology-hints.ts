import type { Endpoint, Node, Service } from "@kubets/api";
import { milliValue } from "@kubets/machinery";

/** What part of the cluster's processors each zone has; `undefined` when it can't be said of every node. */
export type ZoneShares = ReadonlyMap<string, number> | undefined;

export type TopologyHints =
  | { readonly is: "spread"; readonly zones: ReadonlyMap<Endpoint, string> }
  /** Zones can't be kept apart without overloading endpoints, and why. */
  | { readonly is: "impossible"; readonly problem: string };

/** By how much an endpoint may be asked more than its share. */
const overload = 0.2;
const controlPlaneLabels = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
const zoneLabel = "topology.kubernetes.io/zone";

/** Whether a Service asks for hints by zones' sizes, as one could before `trafficDistribution`. */
export function wantsTopologyHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations["service.kubernetes.io/topology-mode"] ?? annotations["service.kubernetes.io/topology-aware-hints"];
  return mode === "Auto" || mode === "auto";
}

/** What of a node the shares of zones depend on. */
export function topologyFactsOf({ metadata: { labels = {} }, status }: Node): string {
  const isReady = status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true;
  const isExcluded = controlPlaneLabels.some((label) => labels[label] !== undefined);
  return JSON.stringify([isReady && !isExcluded, labels[zoneLabel] ?? "", status.allocatable?.["cpu"] ?? "0"]);
}

/** Of the nodes that are ready and take ordinary Pods. */
export function zoneSharesOf(nodes: readonly Node[]): ZoneShares {
  const zones = new Map<string, number>();
  for (const node of nodes) {
    const [counts, zone, cpu] = JSON.parse(topologyFactsOf(node)) as readonly [boolean, string, string];
    if (!counts) continue;
    const processors = milliValue(cpu);
    if (zone === "" || processors === 0) return undefined;
    zones.set(zone, (zones.get(zone) ?? 0) + processors);
  }
  if (zones.size < 2) return undefined;
  const total = [...zones.values()].reduce((sum, each) => sum + each, 0);
  return new Map([...zones].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([zone, processors]) => [zone, processors / total]));
}

/**
 * For which zone each ready endpoint should be kept: its own, as far as each zone's endpoints then suffice for its processors. What
 * was decided before (`hinted`) stands as long as no endpoint has to bear more than it may.
 */
export function topologyHints(
  endpoints: readonly Endpoint[],
  shares: ZoneShares,
  hinted: (endpoint: Endpoint) => string | undefined,
): TopologyHints {
  const ready = endpoints.filter(({ conditions }) => conditions.ready === true);
  if (shares === undefined) return impossible("Insufficient Node information: allocatable CPU or zone not specified on one or more nodes");
  const size = `(${ready.length} endpoints, ${shares.size} zones)`;
  if (shares.size > ready.length) return impossible(`Insufficient number of endpoints ${size}`);
  const allocations = allocationsOf(shares, ready.length);
  if (allocations === undefined)
    return impossible(`Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${size}`);
  if (ready.some(({ zone = "" }) => zone === "")) return impossible("One or more endpoints do not have a zone specified");
  const kept = new Map(ready.map((endpoint) => [endpoint, hinted(endpoint) ?? endpoint.zone!]));
  const isKept = ready.some((endpoint) => hinted(endpoint) !== undefined) && suffices(kept, allocations);
  return { is: "spread", zones: isKept ? kept : spread(ready, allocations) };
}

function impossible(problem: string): TopologyHints {
  return { is: "impossible", problem };
}

/** How many endpoints a zone should have. */
interface Allocation {
  readonly least: number;
  readonly most: number;
  readonly wanted: number;
}

function allocationsOf(shares: ReadonlyMap<string, number>, count: number): ReadonlyMap<string, Allocation> | undefined {
  const least = new Map([...shares].map(([zone, share]) => [zone, Math.ceil((share * count) / (1 + overload))]));
  const spare = count - [...least.values()].reduce((sum, each) => sum + each, 0);
  if (spare < 0) return undefined;
  return new Map(
    [...least].map(([zone, minimum]) => [
      zone,
      { least: minimum, most: minimum + spare, wanted: Math.max(shares.get(zone)! * count, minimum) },
    ]),
  );
}

function suffices(zones: ReadonlyMap<Endpoint, string>, allocations: ReadonlyMap<string, Allocation>): boolean {
  const counts = countsOf(zones);
  return (
    [...counts.keys()].every((zone) => allocations.has(zone)) &&
    [...allocations].every(([zone, { least, most }]) => (counts.get(zone) ?? 0) >= least && (counts.get(zone) ?? 0) <= most)
  );
}

function countsOf(zones: ReadonlyMap<Endpoint, string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const zone of zones.values()) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}

/** Everyone stays at home; then zones that have too many give to those that have too few. */
function spread(ready: readonly Endpoint[], allocations: ReadonlyMap<string, Allocation>): ReadonlyMap<Endpoint, string> {
  const zones = new Map(ready.map((endpoint) => [endpoint, endpoint.zone!]));
  const { giving, receiving } = transfers(countsOf(zones), allocations);
  for (const endpoint of ready) {
    const left = giving.get(endpoint.zone!) ?? 0;
    const [receiver] = [...receiving].find(([, missing]) => missing > 0) ?? [];
    if (left === 0 || receiver === undefined) continue;
    zones.set(endpoint, receiver);
    giving.set(endpoint.zone!, left - 1);
    receiving.set(receiver, receiving.get(receiver)! - 1);
  }
  return zones;
}

/** How many endpoints zones give and get. Half an endpoint too many is given only to a zone that lacks a whole one, or the reverse. */
function transfers(
  counts: ReadonlyMap<string, number>,
  allocations: ReadonlyMap<string, Allocation>,
): { readonly giving: Map<string, number>; readonly receiving: Map<string, number> } {
  const surplus = new Map([...allocations].map(([zone, { wanted }]) => [zone, (counts.get(zone) ?? 0) - wanted]));
  const [giving, receiving] = [new Map<string, number>(), new Map<string, number>()];
  for (;;) {
    const [giver, over] = extreme(surplus, 1);
    const [taker, under] = extreme(surplus, -1);
    if ((over < 1 && under < 1) || over < 0.5 || under < 0.5) return { giving, receiving };
    giving.set(giver, (giving.get(giver) ?? 0) + 1);
    receiving.set(taker, (receiving.get(taker) ?? 0) + 1);
    surplus.set(giver, surplus.get(giver)! - 1);
    surplus.set(taker, surplus.get(taker)! + 1);
  }
}

function extreme(surplus: ReadonlyMap<string, number>, sign: 1 | -1): readonly [zone: string, amount: number] {
  return [...surplus].reduce<readonly [string, number]>(
    (best, [zone, amount]) => (amount * sign > best[1] ? [zone, amount * sign] : best),
    ["", 0],
  );
}

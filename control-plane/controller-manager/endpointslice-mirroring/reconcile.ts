import {
  canonicalIp,
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointAddress,
  type Endpoints,
  EndpointsKind,
  type EndpointSlice,
  EndpointSliceKind,
  type EndpointSubset,
  ipFamilyOf,
  type Service,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, update } from "@kubets/client";
import { type Instant, type Kind, nameSuffix, type Random, sameJson } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { triggerAnnotation } from "../services/change-trigger.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const appliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
/** How many addresses of a subset are mirrored at most, as upstream. */
const mostOfSubset = 1000;

export interface Observed {
  readonly endpoints: Endpoints | undefined;
  readonly service: Service | undefined;
  /** The slices that mirror these Endpoints now. */
  readonly slices: readonly EndpointSlice[];
}

/** Slices say what Endpoints that somebody else writes say, for as long as there is a Service without a selector to which they belong. */
export function reconcile({ endpoints, service, slices }: Observed, _now: Instant, { random }: { readonly random: Random }): Decision {
  if (endpoints === undefined || !isMirrored(endpoints) || service === undefined || service.spec.selector !== undefined)
    return { actions: slices.map((slice) => deletion(EndpointSliceKind, slice)) };
  const { groups, invalid, skipped } = groupsOf(endpoints);
  const metadata = metadataOf(endpoints);
  const free = new Set(slices);
  const missing: Group[] = [];
  const actions: Action[] = [];
  for (const group of groups) {
    const slice = [...free].find(({ addressType, ports }) => addressType === group.addressType && sameJson(ports, group.ports));
    if (slice === undefined) missing.push(group);
    else {
      free.delete(slice);
      if (!isRight(slice, group, metadata)) actions.push(rewritten(slice, group, metadata));
    }
  }
  for (const group of missing) {
    // An address type can't be changed; anything else can, which is fewer writes than a deletion and a creation.
    const spare = [...free].find(({ addressType }) => addressType === group.addressType);
    if (spare !== undefined) free.delete(spare);
    if (spare !== undefined) actions.push(rewritten(spare, group, metadata));
    else if (endpoints.metadata.deletionTimestamp === undefined) actions.push(created(endpoints, group, { metadata, random }));
  }
  actions.push(...[...free].map((slice) => deletion(EndpointSliceKind, slice)));
  return { actions: [...actions, ...told(endpoints, invalid, skipped)] };
}

/** Whether Endpoints are meant to be mirrored: not when they only hold a lease, nor when their owner writes slices as well. */
export function isMirrored({ metadata: { labels = {}, annotations = {} } }: Endpoints): boolean {
  return labels[skipLabel] !== "true" && annotations[leaderAnnotation] === undefined;
}

interface Group {
  readonly addressType: "IPv4" | "IPv6";
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

interface Groups {
  readonly groups: readonly Group[];
  /** Addresses that are none. */
  readonly invalid: number;
  /** Addresses that aren't mirrored, for whatever reason. */
  readonly skipped: number;
}

/** Endpoints by their family and ports: each group is one slice. */
function groupsOf({ subsets = [] }: Endpoints): Groups {
  const groups = new Map<string, Group & { readonly endpoints: Endpoint[] }>();
  let [invalid, skipped] = [0, 0];
  for (const subset of subsets) {
    const ports = portsOf(subset);
    let room = mostOfSubset;
    for (const { address, ready } of addressesOf(subset)) {
      const addressType = ipFamilyOf(address.ip);
      if (room === 0 || addressType === undefined) {
        skipped++;
        if (room > 0) invalid++;
        continue;
      }
      room--;
      const id = JSON.stringify([addressType, ports]);
      let group = groups.get(id);
      if (group === undefined) groups.set(id, (group = { addressType, ports, endpoints: [] }));
      group.endpoints.push(endpointOf(address, ready));
    }
  }
  return { groups: [...groups.values()].map((group) => ({ ...group, endpoints: distinct(group.endpoints) })), invalid, skipped };
}

function* addressesOf({
  addresses = [],
  notReadyAddresses = [],
}: EndpointSubset): Iterable<{ readonly address: EndpointAddress; readonly ready: boolean }> {
  for (const address of addresses) yield { address, ready: true };
  for (const address of notReadyAddresses) yield { address, ready: false };
}

function portsOf({ ports = [] }: EndpointSubset): readonly DiscoveryV1EndpointPort[] {
  return ports.map(({ name = "", port, protocol, appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [canonicalIp(ip) ?? ip],
    conditions: { ready },
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return [
    ...new Map(
      endpoints.map((endpoint) => [JSON.stringify([endpoint.addresses, endpoint.hostname, endpoint.targetRef?.uid]), endpoint]),
    ).values(),
  ];
}

interface SliceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function metadataOf({ metadata: { name, labels = {}, annotations = {} } }: Endpoints): SliceMetadata {
  const { [triggerAnnotation]: _trigger, [appliedAnnotation]: _applied, ...kept } = annotations;
  return { labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy }, annotations: kept };
}

function isRight(slice: EndpointSlice, { endpoints }: Group, { labels, annotations }: SliceMetadata): boolean {
  return (
    sameJson(slice.endpoints, endpoints) &&
    sameJson(slice.metadata.labels ?? {}, labels) &&
    sameJson(slice.metadata.annotations ?? {}, annotations)
  );
}

function rewritten(slice: EndpointSlice, { ports, endpoints }: Group, metadata: SliceMetadata): Action {
  return update(EndpointSliceKind, { ...slice, ports, endpoints, metadata: { ...slice.metadata, ...metadata } });
}

function created(
  owner: Endpoints,
  group: Group,
  { metadata, random }: { readonly metadata: SliceMetadata; readonly random: Random },
): Action {
  const prefix = `${owner.metadata.name}-`;
  return create(EndpointSliceKind, {
    metadata: {
      ...metadata,
      name: `${prefix}${nameSuffix(random)}`,
      generateName: prefix,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ownerReferences: [controllerReference(owner, EndpointsKind as unknown as Kind)],
    },
    ...group,
  });
}

function told(endpoints: Endpoints, invalid: number, skipped: number): readonly Action[] {
  const invalidMessage = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`;
  const tooMany = `A max of ${mostOfSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`;
  return [
    ...(invalid > 0 ? [event(endpoints, "Warning", "InvalidIPAddress", invalidMessage)] : []),
    ...(skipped > invalid ? [event(endpoints, "Warning", "TooManyAddressesToMirror", tooMany)] : []),
  ];
}

import {
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointHints,
  type EndpointSlice,
  EndpointSliceKind,
  isHeadless,
  isPodReady,
  type Node,
  type Pod,
  type Service,
  ServiceKind,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, nothing, update } from "@kubets/client";
import { type Instant, type Kind, nameSuffix, type Random, sameJson } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { changeTriggerTime, triggerAnnotation } from "../services/change-trigger.ts";
import { addressesOf, ipFamiliesOf } from "../services/ip-families.ts";
import { targetPortOf } from "../services/pods-of-service.ts";
import { identityOf, pack } from "./pack.ts";
import { topologyHints, wantsTopologyHints, type ZoneShares } from "./topology-hints.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";

export interface Observed {
  readonly service: Service;
  /** The Pods that it leads to; see `podsOf`. */
  readonly pods: readonly Pod[];
  /** The slices that this controller keeps for it. */
  readonly slices: readonly EndpointSlice[];
  readonly nodeOf: (pod: Pod) => Node | undefined;
  /** Asked only for Services that want hints by it. */
  readonly zoneShares: () => ZoneShares;
}

type AddressType = "IPv4" | "IPv6";

/** Slices follow the Pods with as few writes as can be: a Pod's change touches the one slice that it is in. */
export function reconcile(observed: Observed, _now: Instant, { random }: { readonly random: Random }): Decision {
  const { service, slices } = observed;
  if (service.metadata.deletionTimestamp !== undefined) return nothing;
  const families = ipFamiliesOf(service);
  const isOwn = ({ metadata, addressType }: EndpointSlice): boolean =>
    families.includes(addressType as AddressType) && metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid) === true;
  // Also those of a Service of the same name that was before: they are on their way out already.
  const strangers = slices.filter((slice) => !isOwn(slice));
  const own = { ...observed, slices: slices.filter(isOwn) };
  const actions = families.flatMap((family) => reconcileFamily(own, family, random));
  return { actions: [...actions, ...strangers.map((slice) => deletion(EndpointSliceKind, slice))] };
}

function reconcileFamily(observed: Observed, family: AddressType, random: Random): readonly Action[] {
  const { service, pods } = observed;
  const present = observed.slices.filter(({ addressType }) => addressType === family);
  const metadata = metadataOf(service, changeTriggerTime(service, pods, present));
  const actions: Action[] = [];
  const free = new Set(present);
  const missing: Group[] = [];
  const { groups, events } = hinted(observed, groupsOf(observed, family), { present, family });
  for (const { ports, endpoints } of groups) {
    const { updated, created } = pack(
      endpoints,
      [...free].filter((slice) => sameJson(slice.ports ?? [], ports)),
    );
    for (const [slice, content] of updated) {
      free.delete(slice);
      const isRight = sameJson(content, slice.endpoints) && sameJson(metadata.labels, slice.metadata.labels);
      if (!isRight) actions.push(rewritten(slice, metadata, { ports, endpoints: content }));
    }
    missing.push(...created.map((content): Group => ({ ports, endpoints: content })));
  }
  // Slices that no group has a use for as they are serve for other ports before new ones are made.
  const spare = [...free];
  for (const group of missing) {
    const slice = spare.shift();
    actions.push(slice === undefined ? sliceFor(service, metadata, group, { family, random }) : rewritten(slice, metadata, group));
  }
  return [...actions, ...spare.map((slice) => deletion(EndpointSliceKind, slice)), ...events];
}

function rewritten(slice: EndpointSlice, { labels, annotations }: SliceMetadata, group: Group): Action {
  const metadata = { ...slice.metadata, labels, annotations: { ...slice.metadata.annotations, ...annotations } };
  return update(EndpointSliceKind, { ...slice, ...group, metadata });
}

function sliceFor(
  service: Service,
  metadata: SliceMetadata,
  group: Group,
  { family, random }: { readonly family: AddressType; readonly random: Random },
): Action {
  const prefix = `${service.metadata.name}-`;
  return create(EndpointSliceKind, {
    metadata: {
      ...metadata,
      name: `${prefix}${nameSuffix(random)}`,
      generateName: prefix,
      namespace: service.metadata.namespace,
      ownerReferences: [controllerReference(service, ServiceKind as unknown as Kind)],
    },
    addressType: family,
    ...group,
  });
}

interface Group {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Endpoints by the ports that they have: a named target port may be another number on each Pod. One group without ports when there is no Pod. */
function groupsOf({ service, pods, nodeOf }: Observed, family: AddressType): readonly Group[] {
  const groups = new Map<string, { readonly ports: readonly DiscoveryV1EndpointPort[]; readonly endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const addresses = addressesOf(pod, family);
    const node = nodeOf(pod);
    // A Pod whose node is gone will be deleted; until then nobody can say where its traffic would go.
    const isLost = node === undefined && (pod.spec.nodeName ?? "") !== "" && service.spec.publishNotReadyAddresses !== true;
    if (addresses.length === 0 || isLost) continue;
    const ports = endpointPorts(service, pod);
    const id = JSON.stringify(ports);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpointOf(service, pod, addresses, node));
  }
  return groups.size > 0 ? [...groups.values()] : [{ ports: [], endpoints: [] }];
}

/** Groups with hints by the sizes of zones, for a Service that asks for them; and what is to be told of it. */
function hinted(
  { service, zoneShares }: Observed,
  groups: readonly Group[],
  { present, family }: { readonly present: readonly EndpointSlice[]; readonly family: AddressType },
): { readonly groups: readonly Group[]; readonly events: readonly Action[] } {
  const tell = (type: "Normal" | "Warning", what: "Disabled" | "Enabled", message: string): readonly Action[] => [
    event(service, type, `TopologyAwareHints${what}`, `${message}, addressType: ${family}`),
  ];
  const before = new Map(
    present.flatMap(({ endpoints }) => endpoints.map((endpoint) => [identityOf(endpoint), endpoint.hints?.forZones?.[0]?.name])),
  );
  const wasHinted = [...before.values()].some((zone) => zone !== undefined);
  if (!wantsTopologyHints(service)) {
    const isOver = wasHinted && service.spec.trafficDistribution === undefined;
    return { groups, events: isOver ? tell("Warning", "Disabled", "Topology Aware Hints has been disabled") : [] };
  }
  const all = groups.flatMap(({ endpoints }) => endpoints);
  const hints = topologyHints(all, zoneShares(), (endpoint) => before.get(identityOf(endpoint)));
  if (hints.is === "impossible") return { groups, events: tell("Warning", "Disabled", hints.problem) };
  const withHint = (endpoint: Endpoint): Endpoint => {
    const zone = hints.zones.get(endpoint);
    return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } };
  };
  return {
    groups: groups.map(({ ports, endpoints }) => ({ ports, endpoints: endpoints.map(withHint) })),
    events: wasHinted ? [] : tell("Normal", "Enabled", "Topology Aware Hints has been enabled"),
  };
}

function endpointPorts(service: Service, pod: Pod): readonly DiscoveryV1EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(servicePort, pod);
    if (port === undefined) return [];
    const { name = "", protocol, appProtocol } = servicePort;
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function endpointOf(service: Service, pod: Pod, addresses: readonly string[], node: Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { namespace, name, uid } = pod.metadata;
  const zone = node?.metadata.labels?.["topology.kubernetes.io/zone"];
  const hostname = pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hints = ready && !wantsTopologyHints(service) ? hintsFor(service, { zone, nodeName: pod.spec.nodeName }) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: "Pod", ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** Whose traffic an endpoint should get, as the Service's `trafficDistribution` asks: its own zone's, or its own node's before it. */
function hintsFor(
  { spec: { trafficDistribution } }: Service,
  { zone, nodeName }: { readonly zone: string | undefined; readonly nodeName: string | undefined },
): EndpointHints | undefined {
  const forNodes = trafficDistribution === "PreferSameNode" && nodeName !== undefined ? { forNodes: [{ name: nodeName }] } : {};
  const forZones = trafficDistribution !== undefined && zone !== undefined ? { forZones: [{ name: zone }] } : {};
  const hints: EndpointHints = { ...forZones, ...forNodes };
  return Object.keys(hints).length === 0 ? undefined : hints;
}

interface SliceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

function metadataOf(service: Service, trigger: string | undefined): SliceMetadata {
  return {
    labels: {
      ...service.metadata.labels,
      ...(isHeadless(service.spec) ? { "service.kubernetes.io/headless": "" } : {}),
      [serviceNameLabel]: service.metadata.name,
      [managedByLabel]: managedBy,
    },
    ...(trigger === undefined ? {} : { annotations: { [triggerAnnotation]: trigger } }),
  };
}

import {
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointSlice,
  EndpointSliceKind,
  isHeadless,
  isPodReady,
  type Node,
  type Pod,
  type Service,
  ServiceKind,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, nothing, update } from "@kubets/client";
import { type Instant, type Kind, nameSuffix, type Random, sameJson } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { changeTriggerTime, triggerAnnotation } from "../services/change-trigger.ts";
import { addressesOf, ipFamiliesOf } from "../services/ip-families.ts";
import { targetPortOf } from "../services/pods-of-service.ts";
import { pack } from "./pack.ts";

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
}

type AddressType = "IPv4" | "IPv6";

/** Slices follow the Pods with as few writes as can be: a Pod's change touches the one slice that it is in. */
export function reconcile(observed: Observed, _now: Instant, { random }: { readonly random: Random }): Decision {
  const { service, slices } = observed;
  if (service.metadata.deletionTimestamp !== undefined) return nothing;
  const families = ipFamiliesOf(service);
  const strangers = slices.filter(({ addressType }) => !families.includes(addressType as AddressType));
  const actions = families.flatMap((family) => reconcileFamily(observed, family, random));
  return { actions: [...actions, ...strangers.map((slice) => deletion(EndpointSliceKind, slice))] };
}

function reconcileFamily(observed: Observed, family: AddressType, random: Random): readonly Action[] {
  const { service, pods } = observed;
  const present = observed.slices.filter(({ addressType }) => addressType === family);
  const trigger = changeTriggerTime(service, pods, present);
  const metadata = metadataOf(service, trigger);
  const actions: Action[] = [];
  const kept = new Set<EndpointSlice>();
  for (const group of groupsOf(observed, family)) {
    const matching = present.filter((slice) => !kept.has(slice) && sameJson(portsOf(slice), group.ports));
    const { updated, created } = pack(group.endpoints, matching);
    for (const slice of matching) {
      const endpoints = updated.get(slice);
      if (endpoints === undefined) continue;
      kept.add(slice);
      const labels = metadata.labels;
      if (sameJson(endpoints, slice.endpoints) && sameJson(labels, slice.metadata.labels)) continue;
      const annotations = { ...slice.metadata.annotations, ...metadata.annotations };
      actions.push(update(EndpointSliceKind, { ...slice, metadata: { ...slice.metadata, labels, annotations }, endpoints }));
    }
    // A slice whose ports have changed is used again before a new one is made.
    for (const endpoints of created) {
      const reused = present.find((slice) => !kept.has(slice) && !matching.includes(slice));
      if (reused !== undefined) {
        kept.add(reused);
        actions.push(
          update(EndpointSliceKind, { ...reused, metadata: { ...reused.metadata, ...metadata }, endpoints, ports: group.ports }),
        );
      } else {
        const name = `${service.metadata.name}-${nameSuffix(random)}`;
        actions.push(
          create(EndpointSliceKind, {
            metadata: {
              name,
              generateName: `${service.metadata.name}-`,
              ...metadata,
              namespace: service.metadata.namespace,
              ownerReferences: [controllerReference(service, ServiceKind as unknown as Kind)],
            },
            addressType: family,
            endpoints,
            ports: group.ports,
          }),
        );
      }
    }
  }
  return [...actions, ...present.filter((slice) => !kept.has(slice)).map((slice) => deletion(EndpointSliceKind, slice))];
}

function portsOf({ ports }: EndpointSlice): readonly DiscoveryV1EndpointPort[] {
  return ports ?? [];
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
    if (addresses.length === 0) continue;
    const ports = endpointPorts(service, pod);
    const id = JSON.stringify(ports);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { ports, endpoints: [] }));
    group.endpoints.push(endpointOf(service, pod, addresses, nodeOf(pod)));
  }
  return groups.size > 0 ? [...groups.values()] : [{ ports: [], endpoints: [] }];
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
  return {
    addresses,
    conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: "Pod", ...(namespace === undefined ? {} : { namespace }), name, uid },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function metadataOf(
  service: Service,
  trigger: string | undefined,
): { readonly labels: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> } {
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

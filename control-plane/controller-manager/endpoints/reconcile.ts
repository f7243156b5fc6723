import {
  type EndpointAddress,
  type EndpointPort,
  type Endpoints,
  EndpointsKind,
  type EndpointSubset,
  isHeadless,
  isPodReady,
  type Pod,
  type Service,
} from "@kubets/api";
import { create, type Decision, deletion, nothing, update } from "@kubets/client";
import { sameJson } from "@kubets/machinery";
import { changeTriggerTime, triggerAnnotation } from "../services/change-trigger.ts";
import { addressesOf, ipFamiliesOf } from "../services/ip-families.ts";
import { targetPortOf } from "../services/pods-of-service.ts";

export type Observed =
  | { readonly service: Service; readonly pods: readonly Pod[]; readonly endpoints: Endpoints | undefined }
  /** Endpoints whose Service is gone. */
  | { readonly service: undefined; readonly endpoints: Endpoints };

const headlessLabel = "service.kubernetes.io/headless";
const managedByLabel = "endpoints.kubernetes.io/managed-by";
const managedBy = "endpoint-controller";
const overCapacity = "endpoints.kubernetes.io/over-capacity";
/** How many addresses are written at most: an object must stay small enough to be watched. */
const capacity = 1000;

export function reconcile(observed: Observed): Decision {
  if (observed.service === undefined) {
    const isOurs = observed.endpoints.metadata.labels?.[managedByLabel] === managedBy;
    return isOurs ? { actions: [deletion(EndpointsKind, observed.endpoints)] } : nothing;
  }
  const { service, pods, endpoints } = observed;
  if (service.metadata.deletionTimestamp !== undefined) return nothing;
  const all = subsetsOf(service, pods);
  const count = all.reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0);
  const subsets = count > capacity ? truncated(all) : all;
  const labels = {
    ...service.metadata.labels,
    [managedByLabel]: managedBy,
    ...(isHeadless(service.spec) ? { [headlessLabel]: "" } : {}),
  };
  const trigger = changeTriggerTime(service, pods, endpoints === undefined ? [] : [endpoints]);
  const { [overCapacity]: _was, ...others } = endpoints?.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(trigger === undefined ? {} : { [triggerAnnotation]: trigger }),
    ...(count > capacity ? { [overCapacity]: "truncated" } : {}),
  };
  const content = subsets.length === 0 ? {} : { subsets };
  if (endpoints === undefined) {
    const { name, namespace } = service.metadata;
    return {
      actions: [
        create(EndpointsKind, { metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels, annotations }, ...content }),
      ],
    };
  }
  const isRight =
    sameJson(subsets, endpoints.subsets ?? []) &&
    sameJson(labels, endpoints.metadata.labels) &&
    endpoints.metadata.annotations?.[overCapacity] === annotations[overCapacity];
  if (isRight) return nothing;
  const { subsets: _old, ...rest } = endpoints;
  return { actions: [update(EndpointsKind, { ...rest, metadata: { ...endpoints.metadata, labels, annotations }, ...content })] };
}

/** Addresses that have the same ports stand together, each part sorted, so that equal content is equal text. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const groups = new Map<
    string,
    { readonly ports: readonly EndpointPort[]; readonly ready: EndpointAddress[]; readonly notReady: EndpointAddress[] }
  >();
  const [family] = ipFamiliesOf(service);
  for (const pod of pods) {
    // Unlike slices, Endpoints don't tell of Pods on their way out, unless readiness doesn't matter.
    if (pod.metadata.deletionTimestamp !== undefined && service.spec.publishNotReadyAddresses !== true) continue;
    const [ip] = addressesOf(pod, family!);
    if (ip === undefined) continue;
    const ports = endpointPorts(service, pod);
    if (ports.length === 0 && (service.spec.ports?.length ?? 0) > 0) continue;
    const id = JSON.stringify(ports);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { ports, ready: [], notReady: [] }));
    const isReady = service.spec.publishNotReadyAddresses === true || isPodReady(pod);
    (isReady ? group.ready : group.notReady).push(addressOf(service, pod, ip));
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: ready.sort(byIp) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports.length === 0 ? {} : { ports }),
    }));
}

function endpointPorts(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = targetPortOf(servicePort, pod);
    if (port === undefined) return [];
    const { name, protocol, appProtocol } = servicePort;
    return [{ ...(name === undefined ? {} : { name }), port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function addressOf(service: Service, { metadata, spec }: Pod, ip: string): EndpointAddress {
  const { namespace, name, uid } = metadata;
  return {
    ip,
    ...(spec.hostname !== undefined && spec.subdomain === service.metadata.name ? { hostname: spec.hostname } : {}),
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: "Pod", ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? "") < (b.targetRef?.uid ?? "") ? -1 : 1;
}

/** Ready addresses are kept before those that aren't. */
function truncated(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  let room = capacity;
  const take = <T>(list: readonly T[] | undefined): readonly T[] | undefined => {
    const taken = list?.slice(0, room);
    room -= taken?.length ?? 0;
    return taken === undefined || taken.length === 0 ? undefined : taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  return subsets.flatMap(({ notReadyAddresses, ports }, index) => {
    const addresses = ready[index];
    const notReady = take(notReadyAddresses);
    if (addresses === undefined && notReady === undefined) return [];
    return [
      {
        ...(addresses === undefined ? {} : { addresses }),
        ...(notReady === undefined ? {} : { notReadyAddresses: notReady }),
        ...(ports === undefined ? {} : { ports }),
      },
    ];
  });
}

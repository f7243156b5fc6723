import {
  addressOfService,
  canonicalIp,
  ipFamilyOf,
  type IPAddress,
  IPAddressKind,
  isAddressOf,
  isAddressWithin,
  isKeptForServices,
  isLabelledForServices,
  type Service,
  ServiceCIDRKind,
  type ServiceCIDR,
  ServiceKind,
} from "@kubets/api";
import { type Action, type Controller, create, type Decision, deletion, event, nothing, watch } from "@kubets/client";
import { type Instant, type Kind, parseTime } from "@kubets/machinery";

/** How often all is looked at again. */
const period = 3 * 60 * 1000;
/** An IPAddress is made before its Service, which may take as long as a request. */
const grace = 60 * 1000;

export interface ObservedService {
  readonly service: Service;
  readonly ranges: readonly ServiceCIDR[];
  /** The IPAddress of an address, and the Service that it says it belongs to. */
  readonly addressOf: (address: string) => { readonly present: IPAddress | undefined; readonly owner: Service | undefined };
}

/** Every address of a Service has an IPAddress that says so. */
export const serviceAddressRepair: Controller<ObservedService> = {
  name: "ipallocator-repair-controller",
  watches: [
    watch(ServiceKind),
    watch(IPAddressKind, { keys: ({ spec: { parentRef } }) => [`${parentRef.namespace ?? ""}/${parentRef.name}`] }),
    watch(ServiceCIDRKind, { keys: () => [] }),
  ],
  resyncPeriod: period,
  observe(key, caches) {
    const [services, addresses] = [caches.of(ServiceKind), caches.of(IPAddressKind)];
    const service = services.get(key);
    if (service === undefined) return undefined;
    const addressOf: ObservedService["addressOf"] = (address) => {
      const present = addresses.get(address);
      const { namespace = "", name = "" } = present?.spec.parentRef ?? {};
      return { present, owner: services.get(`${namespace}/${name}`) };
    };
    return { service, ranges: caches.of(ServiceCIDRKind).list(), addressOf };
  },
  reconcile: reconcileService,
};

export function reconcileService({ service, ranges, addressOf }: ObservedService): Decision {
  const { spec, metadata } = service;
  if (spec.type === "ExternalName" || metadata.deletionTimestamp !== undefined) return nothing;
  const actions = (spec.clusterIPs ?? [])
    .filter((each) => each !== "None" && each !== "")
    .flatMap((text): readonly Action[] => {
      const warn = (reason: string, message: string): Action => event(service, "Warning", reason, message);
      const address = canonicalIp(text);
      if (address === undefined) return [warn("ClusterIPNotValid", `Cluster IP ${text} is not a valid IP; please recreate Service`)];
      const family = ipFamilyOf(address) ?? "IPv4";
      if (!ranges.some((range) => isInRange(range, address)))
        return [
          warn(
            "ClusterIPOutOfRange",
            `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`,
          ),
        ];
      const wanted = create(IPAddressKind, addressOfService(address, metadata));
      // A cache can't tell what is gone from what it hasn't seen yet.
      const gone: Action = { verb: "confirmGone", kind: IPAddressKind as unknown as Kind, name: address };
      const { present, owner } = addressOf(address);
      if (present === undefined)
        return [gone, wanted, warn("ClusterIPNotAllocated", `Cluster IP [${family}]: ${address} is not allocated; repairing`)];
      if (isAddressOf(present, metadata)) return isLabelledForServices(present) ? [] : [deletion(IPAddressKind, present), wanted];
      if (owner !== undefined && isAddressOf(present, owner.metadata) && owner.spec.clusterIPs?.includes(address) === true)
        return [
          warn("ClusterIPAlreadyAllocated", `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`),
        ];
      const problem = `the ClusterIP [${family}]: ${address} for Service ${metadata.namespace}/${metadata.name} has a wrong reference; repairing`;
      return [deletion(IPAddressKind, present), wanted, warn("ClusterIPNotAllocated", problem)];
    });
  return { actions };
}

function isInRange({ spec: { cidrs = [] } }: ServiceCIDR, address: string): boolean {
  return cidrs.some((range) => isAddressWithin(address, range));
}

export interface ObservedAddress {
  readonly address: IPAddress;
  readonly service: Service | undefined;
}

/** Every IPAddress that is kept for Services belongs to one. */
export const addressRepair: Controller<ObservedAddress> = {
  name: "ipallocator-repair-controller-ipaddresses",
  watches: [
    watch(IPAddressKind),
    // A Service that goes takes its address along, a moment later.
    watch(ServiceKind, { keys: () => [] }),
  ],
  resyncPeriod: period,
  observe(key, caches) {
    const address = caches.of(IPAddressKind).get(key);
    if (address === undefined || !isKeptForServices(address)) return undefined;
    const { namespace = "", name } = address.spec.parentRef;
    return { address, service: caches.of(ServiceKind).get(`${namespace}/${name}`) };
  },
  reconcile: reconcileAddress,
};

export function reconcileAddress({ address, service }: ObservedAddress, now: Instant): Decision {
  const { metadata, spec } = address;
  const { group = "", resource, namespace = "", name } = spec.parentRef;
  const remove = (reason: string, message: string): Decision => ({
    actions: [deletion(IPAddressKind, address), event(address, "Warning", reason, message)],
  });
  if (group !== "" || resource !== "services") {
    const reference = `{${group} ${resource} ${namespace} ${name}}`;
    return remove(
      "IPAddressNotAllocated",
      `IPAddress ${metadata.name} appears to have been modified, not referencing a Service ${reference}: cleaning up`,
    );
  }
  if (service === undefined) {
    const left = (parseTime(metadata.creationTimestamp) ?? now) + grace - now;
    if (left > 0) return { actions: [], requeueAfter: left };
    return remove(
      "IPAddressNotAllocated",
      `IPAddress: ${metadata.name} for Service ${namespace}/${name} appears to have leaked: cleaning up`,
    );
  }
  if ((service.spec.clusterIPs ?? []).some((each) => canonicalIp(each) === metadata.name)) return nothing;
  return remove(
    "IPAddressWrongReference",
    `IPAddress: ${metadata.name} for Service ${namespace}/${name} has a wrong reference; cleaning up`,
  );
}

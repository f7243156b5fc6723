import { type EndpointSlice, EndpointSliceKind, NamespaceKind, type Service, ServiceKind } from "@kubets/api";
import type { Informers } from "@kubets/client";

/** What of the cluster its names follow from, at one moment. */
export interface ClusterView {
  /** In lower case, such as `cluster.local`. */
  readonly domain: string;
  /** Grows with every change. */
  readonly serial: number;
  /** Where this server is reached. */
  readonly serverAddresses: readonly string[];
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  /** The Services that have the cluster IP. */
  servicesAt(address: string): readonly Service[];
  /** The slices that hold the address. */
  slicesAt(address: string): readonly EndpointSlice[];
  /** The Service that a slice belongs to. */
  serviceOf(slice: EndpointSlice): Service | undefined;
}

const serviceNameLabel = "kubernetes.io/service-name";
const byService = "service";
const byAddress = "address";

export interface ClusterViewOptions {
  readonly domain: string;
  readonly serverAddresses: readonly string[];
}

/** A view that is always of now. */
export function clusterView(informers: Informers, { domain, serverAddresses }: ClusterViewOptions): ClusterView {
  const services = informers.of(ServiceKind);
  const slices = informers.of(EndpointSliceKind);
  const namespaces = informers.of(NamespaceKind);
  const serviceKeyOf = ({ metadata: { namespace, labels = {} } }: EndpointSlice): string =>
    `${namespace}/${labels[serviceNameLabel] ?? ""}`;
  slices.addIndex(byService, (slice) => [serviceKeyOf(slice)]);
  slices.addIndex(byAddress, (slice) => [...new Set(slice.endpoints.flatMap(({ addresses }) => addresses))]);
  services.addIndex(byAddress, ({ spec }) => (spec.clusterIPs ?? []).filter((address) => address !== "None" && address !== ""));
  return {
    domain,
    serverAddresses,
    get serial() {
      // 32 bits are all that a SOA has room for.
      return Math.max(services.revision, slices.revision) % 2 ** 32;
    },
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (namespace, service) => slices.byIndex(byService, `${namespace}/${service}`),
    servicesAt: (address) => services.byIndex(byAddress, address),
    slicesAt: (address) => slices.byIndex(byAddress, address),
    serviceOf: (slice) => services.get(serviceKeyOf(slice)),
  };
}

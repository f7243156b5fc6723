import { type Endpoint, type EndpointSlice, EndpointSliceKind, type Service, ServiceKind, type ServiceSpec } from "@kubets/api";
import { applyDefaults, type Draft } from "@kubets/machinery";
import type { ClusterView } from "../cluster-view.ts";

export interface ServiceFacts extends Partial<Draft<ServiceSpec>> {
  readonly name: string;
}

/** A Service in the namespace `default`, as a server answers it. */
export function aService({ name, clusterIP = "10.96.0.1", ports = [{ name: "http", port: 80 }], ...spec }: ServiceFacts): Service {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(name),
    spec: { clusterIP, clusterIPs: spec.type === "ExternalName" ? [] : [clusterIP], ports, ...spec },
  };
  return applyDefaults(ServiceKind.schema, service as unknown as Service);
}

/** The endpoints of a Service; with a port `http`, 8080. */
export function aSlice(
  service: string,
  endpoints: readonly Draft<Endpoint>[],
  addressType: EndpointSlice["addressType"] = "IPv4",
): EndpointSlice {
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadataOf(`${service}-abcde`), labels: { "kubernetes.io/service-name": service } },
    addressType,
    ports: [{ name: "http", port: 8080 }],
    endpoints,
  };
  return applyDefaults(EndpointSliceKind.schema, slice as unknown as EndpointSlice);
}

/** A cluster with the namespaces `default` and `empty`. */
export function viewOf(services: readonly Service[], slices: readonly EndpointSlice[]): ClusterView {
  const nameOf = ({ metadata: { labels } }: EndpointSlice): string => labels?.["kubernetes.io/service-name"] ?? "";
  const service = (namespace: string, name: string): Service | undefined =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  return {
    domain: "cluster.local",
    serial: 7,
    serverAddresses: ["10.96.0.10"],
    hasNamespace: (name) => name === "default" || name === "empty",
    service,
    slices: (namespace, name) => slices.filter((slice) => slice.metadata.namespace === namespace && nameOf(slice) === name),
    servicesAt: (address) => services.filter(({ spec }) => spec.clusterIPs?.includes(address)),
    slicesAt: (address) => slices.filter(({ endpoints }) => endpoints.some(({ addresses }) => addresses.includes(address))),
    serviceOf: (slice) => service(slice.metadata.namespace ?? "", nameOf(slice)),
  };
}

function metadataOf(name: string): Service["metadata"] {
  return {
    name,
    namespace: "default",
    uid: `uid-of-${name}`,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T12:00:00Z",
  };
}

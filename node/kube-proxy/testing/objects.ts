import {
  type Endpoint,
  type EndpointSlice,
  EndpointSliceKind,
  type Service,
  ServiceKind,
  type ServicePort,
  type ServiceSpec,
  type ServiceStatus,
} from "@kubets/api";
import { applyDefaults, type Draft } from "@kubets/machinery";
import type { ProxyNode } from "../ruleset.ts";

export interface ServiceFacts extends Partial<Omit<ServiceSpec, "ports">> {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly (Pick<ServicePort, "port"> & Partial<ServicePort>)[];
  readonly status?: ServiceStatus;
}

/** A Service as a server answers it: `web` at 10.96.0.1, port 80, unless said otherwise. */
export function aService({
  name = "web",
  labels = {},
  status,
  ports = [{ port: 80 }],
  clusterIP = "10.96.0.1",
  ...spec
}: ServiceFacts = {}): Service {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadataOf(name), labels },
    spec: { clusterIP, clusterIPs: [clusterIP], ipFamilies: ["IPv4"], ports, ...spec },
    ...(status === undefined ? {} : { status }),
  } satisfies Draft<Service>;
  const complete = applyDefaults(ServiceKind.schema, service as unknown as Service);
  return ServiceKind.strategy.defaults?.(complete) ?? complete;
}

export interface SliceFacts {
  readonly name?: string;
  readonly service?: string;
  readonly addressType?: EndpointSlice["addressType"];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: ServicePort["protocol"] }[];
  /** Endpoints, or just their addresses. */
  readonly endpoints: readonly (string | Draft<Endpoint>)[];
}

/** An EndpointSlice of the Service `web`, port 8080, unless said otherwise. */
export function aSlice({
  service = "web",
  name = `${service}-abcde`,
  addressType = "IPv4",
  ports = [{ port: 8080 }],
  endpoints,
}: SliceFacts): EndpointSlice {
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadataOf(name), labels: { "kubernetes.io/service-name": service } },
    addressType,
    ports,
    endpoints: endpoints.map((endpoint) =>
      typeof endpoint === "string" ? { addresses: [endpoint], conditions: { ready: true } } : endpoint,
    ),
  };
  return applyDefaults(EndpointSliceKind.schema, slice as unknown as EndpointSlice);
}

/** An endpoint on the node of the tests, or on another. */
export function anEndpoint(address: string, { nodeName = aNode.name, ...rest }: Partial<Draft<Endpoint>> = {}): Draft<Endpoint> {
  return { addresses: [address], nodeName, ...rest };
}

export const aNode: ProxyNode = { name: "node-1", family: "IPv4", podRange: "10.244.0.0/16" };

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

import { sameJson } from "@kubets/machinery";
import { isExternallyAccessible, needsHealthCheck } from "./service-defaults.ts";
import type { Service, ServicePort, ServiceSpec } from "./service.ts";

/** Before a create: `clusterIP` and `clusterIPs` say the same. */
export function prepareServiceForCreate(service: Service): Service {
  const { clusterIP = "", clusterIPs = [] } = service.spec;
  return clusterIP !== "" && clusterIPs.length === 0 ? { ...service, spec: { ...service.spec, clusterIPs: [clusterIP] } } : service;
}

/**
 * Before an update: what the server gave to the Service and the writer left out, stays, so that a Service can be replaced by the
 * manifest it was made from; and what the new type has no use for goes, where the writer sent it back as it was.
 */
export function prepareServiceForUpdate(service: Service, previous: Service): Service {
  const steps = [withAddressesInStep, withoutFieldsOfOldType, withAllocationKept];
  return { ...service, spec: steps.reduce((spec, step) => step(spec, previous.spec), service.spec) };
}

/** Whoever changed only one of `clusterIP` and `clusterIPs` means both. */
function withAddressesInStep(spec: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  const { clusterIP = "", clusterIPs = [] } = spec;
  if (clusterIP === (previous.clusterIP ?? "") || !sameJson(clusterIPs, previous.clusterIPs ?? [])) return spec;
  return { ...spec, clusterIPs: clusterIP === "" ? [] : [clusterIP] };
}

function withoutFieldsOfOldType(spec: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  const unused = fieldsByNeed
    .filter(({ needs }) => needs(previous) && !needs(spec))
    .flatMap(({ fields }) => fields)
    .filter((field) => sameJson(spec[field], previous[field]));
  const rest = Object.fromEntries(
    Object.entries(spec).filter(([field]) => !unused.some((each) => each === field)),
  ) as unknown as ServiceSpec;
  const dropsNodePorts = usesNodePorts(previous) && !usesNodePorts(spec) && sameJson(nodePortsOf(spec), nodePortsOf(previous));
  return dropsNodePorts && rest.ports !== undefined ? { ...rest, ports: rest.ports.map(withoutNodePort) } : rest;
}

const fieldsByNeed: readonly {
  readonly needs: (spec: ServiceSpec) => boolean;
  readonly fields: readonly (keyof ServiceSpec & string)[];
}[] = [
  { needs: hasAddresses, fields: ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] },
  { needs: needsHealthCheck, fields: ["healthCheckNodePort"] },
  { needs: isLoadBalancer, fields: ["loadBalancerClass", "allocateLoadBalancerNodePorts"] },
  { needs: isExternallyAccessible, fields: ["externalTrafficPolicy"] },
];

function hasAddresses({ type }: ServiceSpec): boolean {
  return type !== "ExternalName";
}

function isLoadBalancer({ type }: ServiceSpec): boolean {
  return type === "LoadBalancer";
}

/** Whether its ports are ports of every node too. */
export function usesNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);
}

function nodePortsOf({ ports = [] }: ServiceSpec): readonly number[] {
  return ports.map(({ nodePort = 0 }) => nodePort);
}

function withoutNodePort(port: ServicePort): ServicePort {
  const { nodePort: _, ...rest } = port;
  return rest;
}

function withAllocationKept(spec: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  const addresses = hasAddresses(spec) && hasAddresses(previous) ? withAddressesKept(spec, previous) : spec;
  const healthCheck =
    needsHealthCheck(spec) &&
    needsHealthCheck(previous) &&
    (spec.healthCheckNodePort ?? 0) === 0 &&
    previous.healthCheckNodePort !== undefined
      ? { ...addresses, healthCheckNodePort: previous.healthCheckNodePort }
      : addresses;
  if (!usesNodePorts(spec) || !usesNodePorts(previous) || healthCheck.ports === undefined) return healthCheck;
  return { ...healthCheck, ports: withNodePortsKept(healthCheck.ports, previous.ports ?? []) };
}

function withAddressesKept(spec: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  const clusterIP = spec.clusterIP || previous.clusterIP;
  const keepsAddresses = isEmpty(spec.clusterIPs) && clusterIP === previous.clusterIP;
  const ipFamilyPolicy = spec.ipFamilyPolicy ?? previous.ipFamilyPolicy;
  const keepsFamilies = isEmpty(spec.ipFamilies) && ipFamilyPolicy === previous.ipFamilyPolicy;
  return {
    ...spec,
    ...(clusterIP === undefined ? {} : { clusterIP }),
    ...(keepsAddresses && previous.clusterIPs !== undefined ? { clusterIPs: previous.clusterIPs } : {}),
    ...(ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy }),
    ...(keepsFamilies && previous.ipFamilies !== undefined ? { ipFamilies: previous.ipFamilies } : {}),
  };
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

/** A port is still the same port as long as it has the same name. */
function withNodePortsKept(ports: readonly ServicePort[], previous: readonly ServicePort[]): readonly ServicePort[] {
  const taken = new Set(ports.map(({ nodePort = 0 }) => nodePort));
  return ports.map((port) => {
    if ((port.nodePort ?? 0) !== 0) return port;
    const nodePort = previous.find(({ name = "" }) => name === (port.name ?? ""))?.nodePort ?? 0;
    if (nodePort === 0 || taken.has(nodePort)) return port;
    taken.add(nodePort);
    return { ...port, nodePort };
  });
}

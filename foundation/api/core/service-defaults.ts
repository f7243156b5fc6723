import type { LoadBalancerIngress } from "./load-balancer-status.ts";
import type { Service, ServicePort, ServiceSpec } from "./service.ts";

/** For how long affinity by the client's address holds where nothing is said: three hours. */
const defaultAffinitySeconds = 10_800;

/** The defaults that depend on other fields; those of single fields stand in the schema. */
export function withServiceDefaults(service: Service): Service {
  const { spec, status } = service;
  const ingress = spec.type === "LoadBalancer" ? status.loadBalancer.ingress?.map(withIpMode) : undefined;
  return {
    ...service,
    spec: withTrafficPolicies(
      withAffinityConfig({ ...spec, ...(spec.ports === undefined ? {} : { ports: spec.ports.map(withTargetPort) }) }),
    ),
    ...(ingress === undefined ? {} : { status: { ...status, loadBalancer: { ...status.loadBalancer, ingress } } }),
  };
}

function withTargetPort(port: ServicePort): ServicePort {
  const { targetPort } = port;
  return targetPort === undefined || targetPort === 0 || targetPort === "" ? { ...port, targetPort: port.port } : port;
}

function withAffinityConfig(spec: ServiceSpec): ServiceSpec {
  const { sessionAffinityConfig, ...rest } = spec;
  if (spec.sessionAffinity === "None") return rest;
  if (sessionAffinityConfig?.clientIP?.timeoutSeconds !== undefined) return spec;
  return { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: defaultAffinitySeconds } } };
}

function withTrafficPolicies(spec: ServiceSpec): ServiceSpec {
  const external = isExternallyAccessible(spec) ? { externalTrafficPolicy: spec.externalTrafficPolicy ?? ("Cluster" as const) } : {};
  const internal = spec.type === "ExternalName" ? {} : { internalTrafficPolicy: spec.internalTrafficPolicy ?? ("Cluster" as const) };
  const nodePorts = spec.type === "LoadBalancer" ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true } : {};
  return { ...spec, ...external, ...internal, ...nodePorts };
}

function withIpMode(ingress: LoadBalancerIngress): LoadBalancerIngress {
  return (ingress.ip ?? "") !== "" && ingress.ipMode === undefined ? { ...ingress, ipMode: "VIP" } : ingress;
}

/** Whether nodes or a load balancer take traffic for it from outside the cluster. */
export function isExternallyAccessible({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === "LoadBalancer" || type === "NodePort" || (type === "ClusterIP" && externalIPs.length > 0);
}

/** Whether load balancers must ask the nodes if they have Pods of the Service. */
export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

/** Whether it has no address of its own: its name leads to the Pods themselves. */
export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === "None";
}

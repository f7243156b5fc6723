import { type EndpointSlice, ipFamilyOf, ipFamilyOfRange, isHeadless, type Service, type ServicePort } from "@kubets/api";
import { type ObjectKey, objectKey } from "@kubets/client";
import {
  type Frontend,
  frontendKey,
  type Protocol,
  type ProxyNode,
  type Ruleset,
  type ServicePortRules,
  type ServiceRules,
} from "./ruleset.ts";
import { selectEndpoints } from "./select-endpoints.ts";

/** The label that ties an EndpointSlice to its Service. */
export const serviceNameLabel = "kubernetes.io/service-name";
/** A Service that carries this label is another proxy's. */
const otherProxyLabel = "service.kubernetes.io/service-proxy-name";
const defaultAffinitySeconds = 10_800;

/** The rules for all Services. `plan` of a whole cluster and {@link replan} of its changes, one after the other, come to the same. */
export function plan(services: readonly Service[], slices: readonly EndpointSlice[], node: ProxyNode): Ruleset {
  const slicesOf = Map.groupBy(slices, serviceOf);
  const planned = services.map((service): ServiceChange => {
    const key = objectKey(service);
    return { key, service, slices: slicesOf.get(key) ?? [] };
  });
  return replan(emptyRuleset(node), planned);
}

/** A Service as it is now; gone when `service` is absent. */
export interface ServiceChange {
  readonly key: ObjectKey;
  readonly service?: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

export function emptyRuleset(node: ProxyNode): Ruleset {
  return { node, services: new Map(), claims: new Map() };
}

/** The rules after some Services changed. What did not change stays the same object. */
export function replan(previous: Ruleset, changes: readonly ServiceChange[]): Ruleset {
  const services = new Map(previous.services);
  const claims = new Map(previous.claims);
  const contested = new Set<string>();
  for (const { key, service, slices } of changes) {
    const before = services.get(key);
    const rules = service === undefined ? undefined : planService(service, slices, previous.node);
    if (before !== undefined) for (const frontend of frontendKeys(before)) withdraw(claims, frontend, key, contested);
    if (rules !== undefined) for (const frontend of frontendKeys(rules)) claim(claims, frontend, key, contested);
    if (rules === undefined) services.delete(key);
    else services.set(key, before !== undefined && isSame({ ...before, ceded: [] }, rules) ? before : rules);
  }
  cede(services, claims, contested);
  return { node: previous.node, services, claims };
}

/** Who loses a frontend, or gets it back, has new rules. */
function cede(
  services: Map<ObjectKey, ServiceRules>,
  claims: ReadonlyMap<string, readonly ObjectKey[]>,
  contested: ReadonlySet<string>,
): void {
  for (const key of new Set([...contested].flatMap((frontend) => claims.get(frontend) ?? []))) {
    const rules = services.get(key)!;
    const ceded = frontendKeys(rules).filter((frontend) => claims.get(frontend)?.[0] !== key);
    if (!isSame(ceded, rules.ceded)) services.set(key, { ...rules, ceded });
  }
}

function claim(claims: Map<string, readonly ObjectKey[]>, frontend: string, key: ObjectKey, contested: Set<string>): void {
  const known = claims.get(frontend) ?? [];
  if (known.length > 0) contested.add(frontend);
  claims.set(frontend, [...known, key].sort());
}

function withdraw(claims: Map<string, readonly ObjectKey[]>, frontend: string, key: ObjectKey, contested: Set<string>): void {
  const left = (claims.get(frontend) ?? []).filter((each) => each !== key);
  if (left.length === 0) claims.delete(frontend);
  else {
    claims.set(frontend, left);
    contested.add(frontend);
  }
}

function frontendKeys({ ports }: ServiceRules): readonly string[] {
  return [...new Set(ports.flatMap((port) => port.frontends.map((frontend) => frontendKey(port, frontend))))];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The key of the Service that a slice belongs to; that of no Service where it doesn't say. */
export function serviceOf({ metadata: { namespace = "", labels = {} } }: EndpointSlice): ObjectKey {
  return `${namespace}/${labels[serviceNameLabel] ?? ""}`;
}

/** The rules of one Service; `undefined` for one that a proxy has nothing to do with: headless, an external name, another proxy's. */
export function planService(service: Service, slices: readonly EndpointSlice[], node: ProxyNode): ServiceRules | undefined {
  const { spec, metadata } = service;
  if (spec.type === "ExternalName" || isHeadless(spec) || metadata.labels?.[otherProxyLabel] !== undefined) return undefined;
  const key = objectKey(service);
  const ports = (spec.ports ?? []).map((port) => planPort(service, port, slices, node)).filter(({ frontends }) => frontends.length > 0);
  if (ports.length === 0) return undefined;
  const nodePort = spec.healthCheckNodePort ?? 0;
  if (nodePort === 0) return { key, ports, ceded: [] };
  const localEndpoints = new Set(ports.flatMap((port) => port.localEndpoints.map(({ address }) => address))).size;
  return { key, ports, ceded: [], healthCheck: { nodePort, localEndpoints } };
}

function planPort(service: Service, port: ServicePort, slices: readonly EndpointSlice[], node: ProxyNode): ServicePortRules {
  const { spec } = service;
  const protocol = port.protocol.toLowerCase() as Protocol;
  const { cluster, local } = selectEndpoints(slices, port, node);
  return {
    id: `${objectKey(service)}/${protocol}/${port.port}`,
    protocol,
    frontends: frontendsOf(service, port, node),
    clusterEndpoints: cluster,
    localEndpoints: local,
    internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
    externalTrafficPolicy: spec.externalTrafficPolicy ?? "Cluster",
    ...(spec.sessionAffinity === "ClientIP"
      ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds }
      : {}),
  };
}

function frontendsOf({ spec, status }: Service, { port, nodePort = 0 }: ServicePort, { family }: ProxyNode): readonly Frontend[] {
  const inFamily = (address: string): boolean => ipFamilyOf(address) === family;
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const ranges = (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  const sourceRanges = ranges.length === 0 ? undefined : ranges.filter((range) => ipFamilyOfRange(range) === family);
  // An address in mode Proxy is the load balancer's own: what is sent there must not be caught on the node.
  const ingress = (status.loadBalancer.ingress ?? []).filter(({ ip, ipMode }) => ip !== undefined && ipMode !== "Proxy" && inFamily(ip));
  const isReached = clusterIPs.some(inFamily);
  return [
    ...clusterIPs.filter(inFamily).map((address): Frontend => ({ kind: "clusterIP", address, port })),
    ...(spec.externalIPs ?? []).filter(inFamily).map((address): Frontend => ({ kind: "externalIP", address, port })),
    ...(spec.type === "LoadBalancer" ? ingress : []).map(({ ip = "" }): Frontend => ({
      kind: "loadBalancer",
      address: ip,
      port,
      ...(sourceRanges === undefined ? {} : { sourceRanges }),
    })),
    ...(nodePort === 0 || !isReached ? [] : [{ kind: "nodePort", port: nodePort } satisfies Frontend]),
  ];
}

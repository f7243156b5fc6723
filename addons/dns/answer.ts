import { type Endpoint, type EndpointSlice, isHeadless, type Service, type ServicePort } from "@kubets/api";
import type { ClusterView } from "./cluster-view.ts";
import { addressOfPodLabel, addressOfReverseName, podLabelOf } from "./address-names.ts";
import { type Answer, type DomainName, type Question, recordTypes, type ResourceRecord, responseCodes } from "./wire/message.ts";

/** The version of the DNS-based service discovery specification that is followed. */
const specificationVersion = "1.1.0";
/** For how long, in seconds, answers may be kept. */
const ttl = 30;
const internet = 1;
const anyClass = 255;

/** A question that isn't the cluster's to answer. */
export const notOurs = "not ours";

/**
 * Answers what the cluster knows: Services, their endpoints, Pods by their address, and the way back from an address to a name. Says
 * `notOurs` for every other name. An answer whose last record is a CNAME out of the cluster's domain is not complete: a client that
 * asked for addresses expects those of its target too.
 */
export function answer(question: Question, view: ClusterView): Answer | typeof notOurs {
  if (question.class !== internet && question.class !== anyClass) return notOurs;
  const address = addressOfReverseName(question.name);
  if (address !== undefined) return reverse(question, address, view);
  const zone = view.domain;
  if (question.name !== zone && !question.name.endsWith(`.${zone}`)) return notOurs;
  if (question.type === recordTypes.AXFR) return { ...nothing, code: responseCodes.refused };
  const found = lookUp(question, view);
  if (found === undefined) return { ...nothing, code: responseCodes.nameError, authority: [startOfAuthority(view)] };
  const { records, additional = [] } = found;
  const wanted = records.filter(({ type }) => type === "CNAME" || recordTypes[type] === question.type || question.type === recordTypes.ANY);
  if (wanted.length === 0) return { ...nothing, authority: [startOfAuthority(view)] };
  return { ...nothing, answers: wanted, additional: question.type === recordTypes.SRV ? additional : [] };
}

const nothing: Answer = { code: responseCodes.noError, authoritative: true, answers: [], authority: [], additional: [] };

/** Everything there is under a name. */
interface Found {
  readonly records: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
}

const exists: Found = { records: [] };

function lookUp({ name, type }: Question, view: ClusterView): Found | undefined {
  const { domain } = view;
  if (name === domain) return { records: [startOfAuthority(view), { name, ttl, type: "NS", target: `ns.dns.${domain}` }] };
  // From the last to the first: `svc`, namespace, Service, and what stands before it.
  const [kind, namespace, third, ...rest] = name
    .slice(0, -domain.length - 1)
    .split(".")
    .reverse();
  if (kind === "dns-version" && namespace === undefined) return { records: [{ name, ttl, type: "TXT", text: specificationVersion }] };
  if (kind === "dns") return nameServer(name, namespace, third, view);
  if (kind !== "svc" && kind !== "pod") return undefined;
  if (namespace === undefined) return exists;
  if (!view.hasNamespace(namespace)) return undefined;
  if (third === undefined) return exists;
  if (kind === "pod") return rest.length === 0 ? podRecords(name, third) : undefined;
  const service = view.service(namespace, third);
  return service === undefined ? undefined : serviceRecords({ name, type, service, prefix: rest.reverse() }, view);
}

/** `ns.dns` is the name of the server itself. */
function nameServer(name: DomainName, second: string | undefined, third: string | undefined, view: ClusterView): Found | undefined {
  if (second === undefined) return exists;
  if (second !== "ns" || third !== undefined) return undefined;
  return { records: view.serverAddresses.map((address) => addressRecord(name, address)) };
}

function podRecords(name: DomainName, label: string): Found | undefined {
  const address = addressOfPodLabel(label);
  return address === undefined ? undefined : { records: [addressRecord(name, address)] };
}

interface ServiceQuestion {
  readonly name: DomainName;
  readonly type: number;
  readonly service: Service;
  /** What stands before the Service's name: nothing, `_port` and `_protocol`, or the name of an endpoint. */
  readonly prefix: readonly string[];
}

function serviceRecords({ name, service, prefix }: ServiceQuestion, view: ClusterView): Found | undefined {
  const { spec } = service;
  const [first = "", second = ""] = prefix;
  if (spec.type === "ExternalName") {
    const target = (spec.externalName ?? "").toLowerCase().replace(/\.$/, "");
    return prefix.length === 0 && target !== "" ? { records: [{ name, ttl, type: "CNAME", target }] } : undefined;
  }
  if (prefix.length > 2) return undefined;
  if (prefix.length === 2) return first.startsWith("_") && second.startsWith("_") ? portRecords(name, service, prefix, view) : undefined;
  if (prefix.length === 1) {
    const endpoints = endpointsOf(service, view).filter(({ label }) => label === first);
    return found(name, endpoints, serviceName(service, view));
  }
  if (!isHeadless(spec)) return clusterAddresses(name, service, spec.ports ?? [], view);
  const endpoints = endpointsOf(service, view);
  // A headless Service that has no endpoint (yet) has no name either, as clients of StatefulSets expect.
  return found(name, endpoints, serviceName(service, view));
}

/** `_http._tcp.web`: only what has such a port. */
function portRecords(
  name: DomainName,
  service: Service,
  [port = "", protocol = ""]: readonly string[],
  view: ClusterView,
): Found | undefined {
  const isWanted = (known: { readonly name?: string; readonly protocol: string }): boolean =>
    `_${known.name ?? ""}` === port && `_${known.protocol.toLowerCase()}` === protocol;
  if (!isHeadless(service.spec)) {
    const ports = (service.spec.ports ?? []).filter(isWanted);
    return ports.length === 0 ? undefined : clusterAddresses(name, service, ports, view);
  }
  const endpoints = endpointsOf(service, view).flatMap((endpoint) => {
    const ports = endpoint.ports.filter(isWanted);
    return ports.length === 0 ? [] : [{ ...endpoint, ports }];
  });
  return found(name, endpoints, serviceName(service, view));
}

function clusterAddresses(name: DomainName, service: Service, ports: readonly ServicePort[], view: ClusterView): Found {
  const target = serviceName(service, view);
  const addresses = service.spec.clusterIPs ?? [];
  const weight = weightFor(ports.length);
  return {
    records: [
      ...addresses.map((address) => addressRecord(name, address)),
      ...ports.map(({ port }): ResourceRecord => ({ name, ttl, type: "SRV", priority: 0, weight, port, target })),
    ],
    additional: addresses.map((address) => addressRecord(target, address)),
  };
}

interface KnownEndpoint {
  /** Its name below that of the Service. */
  readonly label: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port?: number }[];
}

function found(name: DomainName, endpoints: readonly KnownEndpoint[], service: DomainName): Found | undefined {
  if (endpoints.length === 0) return undefined;
  const addresses = new Set(endpoints.map(({ address }) => address));
  const targets = endpoints.flatMap(({ label, ports }) =>
    ports.flatMap(({ port }) => (port === undefined ? [] : [{ target: `${label}.${service}`, port }])),
  );
  const distinct = [...new Map(targets.map((each) => [`${each.target} ${each.port}`, each])).values()];
  const weight = weightFor(distinct.length);
  const additional = new Map(endpoints.map(({ label, address }) => [`${label} ${address}`, addressRecord(`${label}.${service}`, address)]));
  return {
    records: [
      ...[...addresses].map((address) => addressRecord(name, address)),
      ...distinct.map(({ target, port }): ResourceRecord => ({ name, ttl, type: "SRV", priority: 0, weight, port, target })),
    ],
    additional: [...additional.values()],
  };
}

/** What takes traffic, in all slices of both families. */
function endpointsOf({ metadata: { name, namespace = "" } }: Service, view: ClusterView): readonly KnownEndpoint[] {
  return view.slices(namespace, name).flatMap((slice) =>
    slice.endpoints.flatMap((endpoint) => {
      if (slice.addressType === "FQDN" || !(endpoint.conditions.ready ?? true)) return [];
      return endpoint.addresses.map((address) => ({ label: labelOf(endpoint, address), address, ports: slice.ports }));
    }),
  );
}

function labelOf({ hostname }: Endpoint, address: string): string {
  return hostname === undefined || hostname === "" ? podLabelOf(address) : hostname.toLowerCase();
}

/** From an address to names: those of Services that have it as cluster IP, else those of the endpoints behind it. */
function reverse({ name, type }: Question, address: string, view: ClusterView): Answer | typeof notOurs {
  const services = view.servicesAt(address).map((service) => serviceName(service, view));
  const targets = services.length > 0 ? services : view.slicesAt(address).flatMap((slice) => endpointNames(slice, address, view));
  if (targets.length === 0) return notOurs;
  if (type !== recordTypes.PTR && type !== recordTypes.ANY) return { ...nothing, authority: [startOfAuthority(view)] };
  return { ...nothing, answers: [...new Set(targets)].map((target): ResourceRecord => ({ name, ttl, type: "PTR", target })) };
}

function endpointNames(slice: EndpointSlice, address: string, view: ClusterView): readonly DomainName[] {
  const service = view.serviceOf(slice);
  if (service === undefined) return [];
  return slice.endpoints
    .filter(({ addresses, conditions }) => addresses.includes(address) && (conditions.ready ?? true))
    .map((endpoint) => `${labelOf(endpoint, address)}.${serviceName(service, view)}`);
}

function serviceName({ metadata: { name, namespace } }: Service, { domain }: ClusterView): DomainName {
  return `${name}.${namespace}.svc.${domain}`;
}

function addressRecord(name: DomainName, address: string): ResourceRecord {
  return { name, ttl, type: address.includes(":") ? "AAAA" : "A", address };
}

/** All targets alike share what there is. */
function weightFor(count: number): number {
  return Math.floor(100 / Math.max(count, 1));
}

function startOfAuthority({ domain, serial }: ClusterView): ResourceRecord {
  return {
    name: domain,
    ttl,
    type: "SOA",
    primary: `ns.dns.${domain}`,
    mailbox: `hostmaster.${domain}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttl,
  };
}

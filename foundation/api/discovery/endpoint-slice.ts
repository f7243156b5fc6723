import {
  type defaulted,
  defineKind,
  duplicate,
  duplicates,
  type FieldError,
  flag,
  integer,
  invalid,
  isDnsLabel,
  isDnsSubdomain,
  isLabelValue,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  repeatedPlaces,
  required,
  type Schema,
  string,
  struct,
  text,
  tooMany,
  validateLabels,
} from "@kubets/machinery";
import { ageColumn, firstOf, nameColumn } from "../columns.ts";
import { objectReference, type ObjectReference } from "../core/shared/object-reference.ts";
import { immutable } from "../immutable.ts";
import { ipFamilyOf, validateNonSpecialIp } from "../ip-address.ts";

/** A part of the addresses that a Service leads to. */
export interface EndpointSlice extends KubernetesObject {
  readonly [defaulted]?: "endpoints" | "ports";
  readonly addressType: "FQDN" | "IPv4" | "IPv6";
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly DiscoveryV1EndpointPort[];
}

/** One backend of a Service. */
export interface Endpoint {
  readonly [defaulted]?: "conditions";
  readonly addresses: readonly string[];
  readonly conditions: EndpointConditions;
  readonly hostname?: string;
  readonly targetRef?: ObjectReference;
  readonly deprecatedTopology?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hints?: EndpointHints;
}

/** Whether an endpoint takes traffic. */
export interface EndpointConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

/** Who should use an endpoint. */
export interface EndpointHints {
  readonly forZones?: readonly ForZone[];
  readonly forNodes?: readonly ForNode[];
}

/** A zone whose clients should use an endpoint. */
export interface ForZone {
  readonly name: string;
}

/** A node whose clients should use an endpoint. */
export interface ForNode {
  readonly name: string;
}

/** A port that the endpoints of a slice have. */
export interface DiscoveryV1EndpointPort {
  readonly [defaulted]?: "name" | "protocol";
  readonly name: string;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly port?: number;
  readonly appProtocol?: string;
}

const endpointConditions: Schema<EndpointConditions> = object<EndpointConditions>(
  "io.k8s.api.discovery.v1.EndpointConditions",
  "Whether an endpoint takes traffic.",
  {
    ready: flag({
      field: 1,
      presence: "pointer",
      doc: "Whether it takes new traffic: it serves and isn't terminating, or the Service publishes all addresses. Absent counts as true.",
    }),
    serving: flag({ field: 2, presence: "pointer", doc: "Whether it could take traffic, terminating or not. Absent counts as ready." }),
    terminating: flag({ field: 3, presence: "pointer", doc: "Whether it is on its way out. Absent counts as false." }),
  },
);

const forZone: Schema<ForZone> = object<ForZone>("io.k8s.api.discovery.v1.ForZone", "A zone whose clients should use an endpoint.", {
  name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The zone's name." }),
});

const forNode: Schema<ForNode> = object<ForNode>("io.k8s.api.discovery.v1.ForNode", "A node whose clients should use an endpoint.", {
  name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The node's name." }),
});

const endpointHints: Schema<EndpointHints> = object<EndpointHints>("io.k8s.api.discovery.v1.EndpointHints", "Who should use an endpoint.", {
  forZones: list(forZone, { field: 1, listType: "atomic", doc: "The zones whose clients should, at most 8." }),
  forNodes: list(forNode, { field: 2, listType: "atomic", doc: "The nodes whose clients should, at most 8." }),
});

const endpoint: Schema<Endpoint> = object<Endpoint>("io.k8s.api.discovery.v1.Endpoint", "One backend of a Service.", {
  addresses: list(string, { field: 1, required: true, mayBeEmpty: true, listType: "set", doc: "Its addresses; readers use the first." }),
  conditions: struct(endpointConditions, { field: 2, default: {}, doc: "Whether it takes traffic." }),
  hostname: text({ field: 3, presence: "pointer", doc: "The name under the Service's own by which DNS knows it." }),
  targetRef: struct(objectReference, { field: 4, presence: "pointer", doc: "The object behind it, most often a Pod." }),
  deprecatedTopology: map(string, { field: 5, doc: "No longer used: facts on where it is." }),
  nodeName: text({ field: 6, presence: "pointer", doc: "The node that it is on." }),
  zone: text({ field: 7, presence: "pointer", doc: "The zone that it is in." }),
  hints: struct(endpointHints, { field: 8, presence: "pointer", doc: "Who should use it." }),
});

const discoveryV1EndpointPort: Schema<DiscoveryV1EndpointPort> = object<DiscoveryV1EndpointPort>(
  "io.k8s.api.discovery.v1.EndpointPort",
  "A port that the endpoints of a slice have.",
  {
    name: text({ field: 1, presence: "pointer", default: "", doc: "The name of the Service's port; empty where there is one." }),
    protocol: text({ field: 2, presence: "pointer", default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
    port: integer({ field: 3, presence: "pointer", doc: "The number; absent stands for all ports." }),
    appProtocol: text({ field: 4, presence: "pointer", doc: "What is spoken on the port." }),
  },
  { atomic: true },
);

const endpointSlice: Schema<EndpointSlice> = kindObject<EndpointSlice>(
  "io.k8s.api.discovery.v1.EndpointSlice",
  "A part of the addresses that a Service leads to.",
  {
    addressType: text({
      field: 4,
      required: true,
      enum: ["FQDN", "IPv4", "IPv6"],
      doc: "What kind of addresses these are; never changes.",
    }),
    endpoints: list(endpoint, { field: 2, default: [], listType: "atomic", doc: "The endpoints, at most 1000." }),
    ports: list(discoveryV1EndpointPort, {
      field: 3,
      default: [],
      listType: "atomic",
      doc: "The ports that each of them has; none stands for all ports.",
    }),
  },
);

export const EndpointSliceKind: Kind<EndpointSlice> = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  resource: "endpointslices",
  scope: "Namespaced",
  schema: endpointSlice,
  columns: [
    nameColumn,
    { name: "AddressType", type: "string", doc: "What kind of addresses these are.", cell: ({ addressType }) => addressType },
    { name: "Ports", type: "string", doc: "The ports that each endpoint has.", cell: ({ ports }) => orUnset(ports.map(portText)) },
    {
      name: "Endpoints",
      type: "string",
      doc: "The addresses.",
      cell: ({ endpoints }) => orUnset(endpoints.flatMap(({ addresses }) => addresses)),
    },
    ageColumn,
  ],
  strategy: {
    generation: true,
    validate: validateEndpointSlice,
    validateUpdate: ({ addressType }, previous) => immutable("addressType", addressType, previous.addressType),
  },
});

function orUnset(texts: readonly string[]): string {
  return texts.length === 0 ? "<unset>" : firstOf(texts, 3);
}

function portText({ port, name }: DiscoveryV1EndpointPort): string {
  if (port !== undefined) return String(port);
  return name === "" ? "*" : name;
}

const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 20_000;
const mostTopologyLabels = 16;
const mostHints = 8;

function validateEndpointSlice({ addressType, endpoints, ports }: EndpointSlice): readonly FieldError[] {
  return [
    ...(endpoints.length > mostEndpoints
      ? [tooMany("endpoints", endpoints.length, mostEndpoints)]
      : endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`))),
    ...(ports.length > mostPorts
      ? [tooMany("ports", ports.length, mostPorts)]
      : ports.flatMap((port, index) => validatePort(port, `ports[${index}]`))),
    ...validatePortNames(ports),
  ];
}

function validateEndpoint(endpoint: Endpoint, type: EndpointSlice["addressType"], path: string): readonly FieldError[] {
  const { addresses, deprecatedTopology = {}, hostname, nodeName, hints } = endpoint;
  const topology = Object.keys(deprecatedTopology);
  return [
    ...(addresses.length === 0 ? [required(`${path}.addresses`, "must contain at least 1 address")] : []),
    ...(addresses.length > mostAddresses ? [tooMany(`${path}.addresses`, addresses.length, mostAddresses)] : []),
    ...addresses.flatMap((address, index) => validateAddress(address, type, `${path}.addresses[${index}]`)),
    ...(nodeName === undefined ? [] : isDnsSubdomain(nodeName).map((message) => invalid(`${path}.nodeName`, nodeName, message))),
    ...(topology.length > mostTopologyLabels ? [tooMany(`${path}.deprecatedTopology`, topology.length, mostTopologyLabels)] : []),
    ...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`),
    ...(hostname === undefined ? [] : isDnsLabel(hostname).map((message) => invalid(`${path}.hostname`, hostname, message))),
    ...validateHints(hints?.forZones ?? [], `${path}.hints.forZones`),
    ...validateHints(hints?.forNodes ?? [], `${path}.hints.forNodes`),
  ];
}

function validateAddress(address: string, type: EndpointSlice["addressType"], path: string): readonly FieldError[] {
  switch (type) {
    case "IPv4":
    case "IPv6":
      return [
        ...(ipFamilyOf(address) === type ? [] : [invalid(path, address, `must be a valid ${type} address`)]),
        ...validateNonSpecialIp(address, path),
      ];
    case "FQDN":
      return validateFullyQualifiedName(address, path);
    default:
      // Another type is named by the schema.
      return [];
  }
}

function validateFullyQualifiedName(name: string, path: string): readonly FieldError[] {
  if (name === "") return [required(path)];
  const relative = name.replace(/\.$/, "");
  const problems = isDnsSubdomain(relative);
  if (problems.length > 0) return [invalid(path, name, problems.join(","))];
  return relative.includes(".") ? [] : [invalid(path, name, "should be a domain with at least two segments separated by dots")];
}

function validateHints(hints: readonly { readonly name: string }[], path: string): readonly FieldError[] {
  if (hints.length > mostHints) return [tooMany(path, hints.length, mostHints)];
  return [
    ...duplicates(path, hints, ({ name }) => name, { child: "name" }),
    ...hints.flatMap(({ name }, index) => isLabelValue(name).map((message) => invalid(`${path}[${index}].name`, name, message))),
  ];
}

function validatePort({ name, appProtocol }: DiscoveryV1EndpointPort, path: string): readonly FieldError[] {
  return [
    ...(name === "" ? [] : isDnsLabel(name).map((message) => invalid(`${path}.name`, name, message))),
    ...(appProtocol === undefined
      ? []
      : isQualifiedName(appProtocol).map((message) => invalid(`${path}.appProtocol`, appProtocol, message))),
  ];
}

/** One port may have no name, too. */
function validatePortNames(ports: readonly DiscoveryV1EndpointPort[]): readonly FieldError[] {
  return [...repeatedPlaces(ports, ({ name }) => name)].map((index) => duplicate(`ports[${index}].name`, ports[index]!.name));
}

import {
  type defaulted,
  defineKind,
  type FieldError,
  integer,
  invalid,
  isDnsLabel,
  isDnsSubdomain,
  isPortNumber,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  required,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, firstOf, nameColumn } from "../columns.ts";
import { validateIp, validateNonSpecialIp } from "../ip-address.ts";
import { objectReference, type ObjectReference } from "./shared/object-reference.ts";

/** Superseded by EndpointSlice: all addresses that a Service leads to. */
export interface Endpoints extends KubernetesObject {
  readonly subsets?: readonly EndpointSubset[];
}

/** Addresses that have the same ports: every address with every port is an endpoint. */
export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly EndpointPort[];
}

/** An address that a Service leads to. */
export interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: ObjectReference;
}

/** A port that endpoints have. */
export interface EndpointPort {
  readonly [defaulted]?: "protocol";
  readonly name?: string;
  readonly port: number;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly appProtocol?: string;
}

const endpointAddress: Schema<EndpointAddress> = object<EndpointAddress>(
  "io.k8s.api.core.v1.EndpointAddress",
  "An address that a Service leads to.",
  {
    ip: text({ field: 1, required: true, doc: "The IP address." }),
    hostname: text({ field: 3, doc: "The name under the Service's own by which DNS knows it." }),
    nodeName: text({ field: 4, presence: "pointer", doc: "The node that it is on." }),
    targetRef: struct(objectReference, { field: 2, presence: "pointer", doc: "The object behind it, most often a Pod." }),
  },
  { atomic: true },
);

const endpointPort: Schema<EndpointPort> = object<EndpointPort>(
  "io.k8s.api.core.v1.EndpointPort",
  "A port that endpoints have.",
  {
    name: text({ field: 1, doc: "The name of the Service's port; may only be left out where there is one port." }),
    port: integer({ field: 2, required: true, doc: "The number." }),
    protocol: text({ field: 3, default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
    appProtocol: text({ field: 4, presence: "pointer", doc: "What is spoken on the port." }),
  },
  { atomic: true },
);

const endpointSubset: Schema<EndpointSubset> = object<EndpointSubset>(
  "io.k8s.api.core.v1.EndpointSubset",
  "Addresses that have the same ports: every address with every port is an endpoint.",
  {
    addresses: list(endpointAddress, { field: 1, listType: "atomic", doc: "Those that are ready." }),
    notReadyAddresses: list(endpointAddress, { field: 2, listType: "atomic", doc: "Those that aren't ready, or not any more." }),
    ports: list(endpointPort, { field: 3, listType: "atomic", doc: "The ports of all of them." }),
  },
);

const endpoints: Schema<Endpoints> = kindObject<Endpoints>(
  "io.k8s.api.core.v1.Endpoints",
  "Superseded by EndpointSlice: all addresses that a Service leads to.",
  {
    subsets: list(endpointSubset, { field: 2, listType: "atomic", doc: "The addresses, grouped by the ports they have." }),
  },
);

export const EndpointsKind: Kind<Endpoints> = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  resource: "endpoints",
  shortNames: ["ep"],
  scope: "Namespaced",
  schema: endpoints,
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  columns: [
    nameColumn,
    { name: "Endpoints", type: "string", doc: "The addresses with their ports.", cell: ({ subsets = [] }) => addressesOf(subsets) },
    ageColumn,
  ],
  strategy: {
    createOnUpdate: true,
    validate: ({ subsets = [] }) => subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
  },
});

function addressesOf(subsets: readonly EndpointSubset[]): string {
  if (subsets.length === 0) return "<none>";
  const texts = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`))),
  );
  return firstOf(texts, 3);
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, path: string): readonly FieldError[] {
  return [
    ...(addresses.length + notReadyAddresses.length === 0 ? [required(path, "must specify `addresses` or `notReadyAddresses`")] : []),
    ...addresses.flatMap((address, index) => validateAddress(address, `${path}.addresses[${index}]`)),
    ...notReadyAddresses.flatMap((address, index) => validateAddress(address, `${path}.notReadyAddresses[${index}]`)),
    ...ports.flatMap((port, index) => validatePort(port, ports.length > 1, `${path}.ports[${index}]`)),
  ];
}

function validateAddress({ ip, hostname = "", nodeName }: EndpointAddress, path: string): readonly FieldError[] {
  return [
    ...validateIp(ip, `${path}.ip`),
    ...(hostname === "" ? [] : isDnsLabel(hostname).map((message) => invalid(`${path}.hostname`, hostname, message))),
    ...(nodeName === undefined ? [] : isDnsSubdomain(nodeName).map((message) => invalid(`${path}.nodeName`, nodeName, message))),
    ...validateNonSpecialIp(ip, `${path}.ip`),
  ];
}

function validatePort({ name = "", port, appProtocol }: EndpointPort, needsName: boolean, path: string): readonly FieldError[] {
  return [
    ...(name === ""
      ? needsName
        ? [required(`${path}.name`)]
        : []
      : isDnsLabel(name).map((message) => invalid(`${path}.name`, name, message))),
    ...isPortNumber(port).map((message) => invalid(`${path}.port`, port, message)),
    ...(appProtocol === undefined
      ? []
      : isQualifiedName(appProtocol).map((message) => invalid(`${path}.appProtocol`, appProtocol, message))),
  ];
}

import {
  defineKind,
  type FieldError,
  invalid,
  isDnsSubdomain,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { validateCanonicalIp } from "../ip-address.ts";
import { validatePathSegment } from "./references.ts";

/** Takes one address of a Service range: whoever makes the object has the address. Its name is the address. */
export interface IPAddress extends KubernetesObject {
  readonly spec: IPAddressSpec;
}

/** Whose an address is. */
export interface IPAddressSpec {
  readonly parentRef: ParentReference;
}

/** Names the object that has an address. */
export interface ParentReference {
  readonly group?: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
}

const parentReference: Schema<ParentReference> = object<ParentReference>(
  "io.k8s.api.networking.v1.ParentReference",
  "Names the object that has an address.",
  {
    group: text({ field: 1, doc: "Its API group; empty for the core group." }),
    resource: text({ field: 2, required: true, doc: "Its resource, such as services." }),
    namespace: text({ field: 3, doc: "Its namespace, where it has one." }),
    name: text({ field: 4, required: true, doc: "Its name." }),
  },
);

const ipAddressSpec: Schema<IPAddressSpec> = object<IPAddressSpec>("io.k8s.api.networking.v1.IPAddressSpec", "Whose an address is.", {
  parentRef: struct(parentReference, {
    field: 1,
    presence: "pointer",
    required: true,
    doc: "The object that has the address, most often a Service.",
  }),
});

const ipAddress: Schema<IPAddress> = kindObject<IPAddress>(
  "io.k8s.api.networking.v1.IPAddress",
  "Takes one address of a Service range: whoever makes the object has the address. Its name is the address.",
  {
    spec: struct(ipAddressSpec, { field: 2, required: true, doc: "Whose address it is." }),
  },
);

export const IPAddressKind: Kind<IPAddress> = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  resource: "ipaddresses",
  shortNames: ["ip"],
  scope: "Cluster",
  schema: ipAddress,
  columns: [nameColumn, { name: "ParentRef", type: "string", doc: "Whose address it is.", cell: ({ spec }) => parentText(spec.parentRef) }],
  selectableFields: {},
  strategy: {
    // An address of the newer family has colons, which no other rule of names lets pass.
    name: "pathSegment",
    validate: validateIPAddress,
    validateUpdate: ({ spec }, previous) => immutable("spec.parentRef", spec.parentRef, previous.spec.parentRef),
  },
});

function parentText(parent: ParentReference | undefined): string {
  if (parent === undefined) return "<none>";
  const { group = "", resource, namespace = "", name } = parent;
  const of = group === "" ? resource : `${resource}.${group}`;
  return (namespace === "" ? `${of}/${name}` : `${of}/${namespace}/${name}`).toLowerCase();
}

function validateIPAddress({ metadata, spec }: IPAddress): readonly FieldError[] {
  return [...validateCanonicalIp(metadata.name, "metadata.name"), ...validateParent(spec.parentRef, "spec.parentRef")];
}

function validateParent(parent: ParentReference | undefined, path: string): readonly FieldError[] {
  if (parent === undefined) return [];
  const { group = "", resource, namespace = "", name } = parent;
  return [
    ...(group === "" ? [] : isDnsSubdomain(group).map((message) => invalid(`${path}.group`, group, message))),
    ...validatePathSegment(resource, `${path}.resource`),
    ...validatePathSegment(name, `${path}.name`),
    ...validatePathSegment(namespace, `${path}.namespace`),
  ];
}

import {
  type defaulted,
  defineKind,
  embedded,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { type TypedLocalObjectReference, typedLocalObjectReference } from "../core/shared/object-reference.ts";
import { nameColumn, ageColumn, firstOf } from "../columns.ts";
import { validateIngress, validateIngressClassAnnotation, validateIngressStatus, warningsOfIngress } from "./ingress-rules.ts";

/** Leads HTTP traffic from outside to Services, by host and path. */
export interface Ingress extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: IngressSpec;
  readonly status: IngressStatus;
}

/** Which traffic of an Ingress goes where. */
export interface IngressSpec {
  readonly ingressClassName?: string;
  readonly defaultBackend?: IngressBackend;
  readonly tls?: readonly IngressTLS[];
  readonly rules?: readonly IngressRule[];
}

/** A certificate, and the hosts that it is for. */
export interface IngressTLS {
  readonly hosts?: readonly string[];
  readonly secretName?: string;
}

/** The paths of one host. */
export interface IngressRule extends IngressRuleValue {
  readonly host?: string;
}

/** What an Ingress does with the traffic of a host. */
export interface IngressRuleValue {
  readonly http?: HTTPIngressRuleValue;
}

/** The paths of a host. */
export interface HTTPIngressRuleValue {
  readonly paths: readonly HTTPIngressPath[];
}

/** One path of a host, and where it leads. */
export interface HTTPIngressPath {
  readonly path?: string;
  readonly pathType: "Exact" | "ImplementationSpecific" | "Prefix";
  readonly backend: IngressBackend;
}

/** Where traffic is led: to a Service, or to another kind of object. */
export interface IngressBackend {
  readonly service?: IngressServiceBackend;
  readonly resource?: TypedLocalObjectReference;
}

/** A port of a Service. */
export interface IngressServiceBackend {
  readonly [defaulted]?: "port";
  readonly name: string;
  readonly port: ServiceBackendPort;
}

/** A port of a Service, by name or by number. */
export interface ServiceBackendPort {
  readonly name?: string;
  readonly number?: number;
}

/** Where an Ingress can be reached. */
export interface IngressStatus {
  readonly [defaulted]?: "loadBalancer";
  readonly loadBalancer: IngressLoadBalancerStatus;
}

/** The load balancer of an Ingress. */
export interface IngressLoadBalancerStatus {
  readonly ingress?: readonly IngressLoadBalancerIngress[];
}

/** A point where a load balancer takes the traffic of an Ingress. */
export interface IngressLoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ports?: readonly IngressPortStatus[];
}

/** How one port of an Ingress does at a load balancer. */
export interface IngressPortStatus {
  readonly port: number;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly error?: string;
}

const ingressPortStatus: Schema<IngressPortStatus> = object<IngressPortStatus>(
  "io.k8s.api.networking.v1.IngressPortStatus",
  "How one port of an Ingress does at a load balancer.",
  {
    port: integer({ field: 1, required: true, doc: "The port's number." }),
    protocol: text({ field: 2, required: true, enum: ["SCTP", "TCP", "UDP"], doc: "The port's protocol." }),
    error: text({ field: 3, presence: "pointer", doc: "What is wrong with it, in one CamelCase word, perhaps with a domain before it." }),
  },
);

const ingressLoadBalancerIngress: Schema<IngressLoadBalancerIngress> = object<IngressLoadBalancerIngress>(
  "io.k8s.api.networking.v1.IngressLoadBalancerIngress",
  "A point where a load balancer takes the traffic of an Ingress.",
  {
    ip: text({ field: 1, doc: "Its address, of a load balancer that has one." }),
    hostname: text({ field: 2, doc: "Its name, of a load balancer that has one." }),
    ports: list(ingressPortStatus, { field: 4, listType: "atomic", doc: "How each port is doing there." }),
  },
);

const ingressLoadBalancerStatus: Schema<IngressLoadBalancerStatus> = object<IngressLoadBalancerStatus>(
  "io.k8s.api.networking.v1.IngressLoadBalancerStatus",
  "The load balancer of an Ingress.",
  {
    ingress: list(ingressLoadBalancerIngress, { field: 1, listType: "atomic", doc: "Its points of entry." }),
  },
);

const ingressStatus: Schema<IngressStatus> = object<IngressStatus>(
  "io.k8s.api.networking.v1.IngressStatus",
  "Where an Ingress can be reached.",
  {
    loadBalancer: struct(ingressLoadBalancerStatus, { field: 1, default: {}, doc: "The load balancer that takes its traffic." }),
  },
);

const serviceBackendPort: Schema<ServiceBackendPort> = object<ServiceBackendPort>(
  "io.k8s.api.networking.v1.ServiceBackendPort",
  "A port of a Service, by name or by number.",
  {
    name: text({ field: 1, doc: "Its name; not together with number." }),
    number: integer({ field: 2, doc: "Its number." }),
  },
  { atomic: true },
);

const ingressServiceBackend: Schema<IngressServiceBackend> = object<IngressServiceBackend>(
  "io.k8s.api.networking.v1.IngressServiceBackend",
  "A port of a Service.",
  {
    name: text({ field: 1, required: true, doc: "The Service." }),
    port: struct(serviceBackendPort, { field: 2, default: {}, doc: "Its port." }),
  },
);

const ingressBackend: Schema<IngressBackend> = object<IngressBackend>(
  "io.k8s.api.networking.v1.IngressBackend",
  "Where traffic is led: to a Service, or to another kind of object.",
  {
    service: struct(ingressServiceBackend, { field: 4, presence: "pointer", doc: "A port of a Service of the same namespace." }),
    resource: struct(typedLocalObjectReference, {
      field: 3,
      presence: "pointer",
      doc: "An object of the same namespace that the controller knows how to serve; not together with service.",
    }),
  },
);

const httpIngressPath: Schema<HTTPIngressPath> = object<HTTPIngressPath>(
  "io.k8s.api.networking.v1.HTTPIngressPath",
  "One path of a host, and where it leads.",
  {
    path: text({ field: 1, doc: "What the path of a request is compared with; begins with `/`." }),
    pathType: text({
      field: 3,
      presence: "pointer",
      required: true,
      mayBeEmpty: true,
      doc: "How: as a whole (Exact), by its first elements (Prefix), or as the controller does it.",
    }),
    backend: struct(ingressBackend, { field: 2, required: true, doc: "Where it leads." }),
  },
);

const httpIngressRuleValue: Schema<HTTPIngressRuleValue> = object<HTTPIngressRuleValue>(
  "io.k8s.api.networking.v1.HTTPIngressRuleValue",
  "The paths of a host.",
  {
    paths: list(httpIngressPath, { field: 1, required: true, listType: "atomic", doc: "The paths and where each leads." }),
  },
);

const ingressRuleValue: Schema<IngressRuleValue> = object<IngressRuleValue>(
  "io.k8s.api.networking.v1.IngressRuleValue",
  "What an Ingress does with the traffic of a host.",
  {
    http: struct(httpIngressRuleValue, {
      field: 1,
      presence: "pointer",
      doc: "Where its paths lead; all of its traffic goes to the default backend where none are given.",
    }),
  },
);

const ingressRule: Schema<IngressRule> = object<IngressRule>("io.k8s.api.networking.v1.IngressRule", "The paths of one host.", {
  host: text({ field: 1, doc: "The full name of the host, or with `*` for its first label; any host where none is given." }),
  ...embedded(ingressRuleValue, { field: 2 }),
});

const ingressTLS: Schema<IngressTLS> = object<IngressTLS>(
  "io.k8s.api.networking.v1.IngressTLS",
  "A certificate, and the hosts that it is for.",
  {
    hosts: list(string, { field: 1, listType: "atomic", doc: "The hosts, as they stand in the certificate." }),
    secretName: text({ field: 2, doc: "The Secret of type kubernetes.io/tls with the certificate and its key." }),
  },
);

const ingressSpec: Schema<IngressSpec> = object<IngressSpec>(
  "io.k8s.api.networking.v1.IngressSpec",
  "Which traffic of an Ingress goes where.",
  {
    ingressClassName: text({
      field: 4,
      presence: "pointer",
      doc: "The IngressClass, and with it the controller that serves it; the default class where none is named.",
    }),
    defaultBackend: struct(ingressBackend, { field: 1, presence: "pointer", doc: "Where traffic goes that no rule takes." }),
    tls: list(ingressTLS, { field: 2, listType: "atomic", doc: "Certificates by host; all of it is served on port 443." }),
    rules: list(ingressRule, {
      field: 3,
      listType: "atomic",
      doc: "Hosts with their paths; what none of them takes goes to the default backend.",
    }),
  },
);

const ingress: Schema<Ingress> = kindObject<Ingress>(
  "io.k8s.api.networking.v1.Ingress",
  "Leads HTTP traffic from outside to Services, by host and path.",
  {
    spec: struct(ingressSpec, { field: 2, default: {}, doc: "Which traffic goes where." }),
    status: struct(ingressStatus, { field: 3, default: {}, doc: "Where it can be reached." }),
  },
);

export const IngressKind: Kind<Ingress> = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  resource: "ingresses",
  shortNames: ["ing"],
  scope: "Namespaced",
  schema: ingress,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Class", type: "string", doc: "Its IngressClass.", cell: ({ spec }) => spec.ingressClassName ?? "<none>" },
    { name: "Hosts", type: "string", doc: "The hosts that it has rules for.", cell: ({ spec }) => hostsOf(spec) },
    { name: "Address", type: "string", doc: "Where it can be reached.", cell: ({ status }) => addressesOf(status) },
    {
      name: "Ports",
      type: "string",
      doc: "The ports that it is served on.",
      cell: ({ spec }) => (spec.tls === undefined ? "80" : "80, 443"),
    },
    ageColumn,
  ],
  strategy: {
    generation: true,
    validate: validateIngress,
    validateCreate: validateIngressClassAnnotation,
    validateStatusUpdate: validateIngressStatus,
    warnings: warningsOfIngress,
  },
});

function hostsOf({ rules = [] }: IngressSpec): string {
  const hosts = rules.flatMap(({ host = "" }) => (host === "" ? [] : [host]));
  return hosts.length === 0 ? "*" : firstOf(hosts, 3);
}

function addressesOf({ loadBalancer }: IngressStatus): string {
  const addresses = (loadBalancer.ingress ?? []).map(({ ip = "", hostname = "" }) => (ip === "" ? hostname : ip));
  return [...new Set(addresses.filter((address) => address !== ""))].toSorted().join(",");
}

import {
  type Condition,
  condition,
  type defaulted,
  defineKind,
  field,
  flag,
  integer,
  intOrString,
  type IntOrString,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  oneOf,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { type LoadBalancerStatus, loadBalancerStatus } from "./load-balancer-status.ts";
import { serviceColumns } from "./service-columns.ts";
import { withServiceDefaults } from "./service-defaults.ts";
import { validateService, validateServiceStatus, validateServiceUpdate } from "./service-rules.ts";
import { prepareServiceForCreate, prepareServiceForUpdate } from "./service-strategy.ts";

/** A name and a stable address for a set of Pods, or for something outside the cluster. */
export interface Service extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}

/** How a Service is reached, and what it leads to. */
export interface ServiceSpec {
  readonly [defaulted]?: "type" | "sessionAffinity";
  readonly ports?: readonly ServicePort[];
  readonly selector?: Readonly<Record<string, string>>;
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly type: "ClusterIP" | "ExternalName" | "LoadBalancer" | "NodePort";
  readonly externalIPs?: readonly string[];
  readonly sessionAffinity: "ClientIP" | "None";
  readonly loadBalancerIP?: string;
  readonly loadBalancerSourceRanges?: readonly string[];
  readonly externalName?: string;
  readonly externalTrafficPolicy?: "Cluster" | "Local";
  readonly healthCheckNodePort?: number;
  readonly publishNotReadyAddresses?: boolean;
  readonly sessionAffinityConfig?: SessionAffinityConfig;
  readonly ipFamilies?: readonly ("" | "IPv4" | "IPv6")[];
  readonly ipFamilyPolicy?: "PreferDualStack" | "RequireDualStack" | "SingleStack";
  readonly allocateLoadBalancerNodePorts?: boolean;
  readonly loadBalancerClass?: string;
  readonly internalTrafficPolicy?: "Cluster" | "Local";
  readonly trafficDistribution?: string;
}

/** One port of a Service. */
export interface ServicePort {
  readonly [defaulted]?: "protocol";
  readonly name?: string;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly appProtocol?: string;
  readonly port: number;
  readonly targetPort?: IntOrString;
  readonly nodePort?: number;
}

/** For how long affinity holds. */
export interface SessionAffinityConfig {
  readonly clientIP?: ClientIPConfig;
}

/** For how long affinity by the client's address holds. */
export interface ClientIPConfig {
  readonly timeoutSeconds?: number;
}

/** What was set up for a Service. */
export interface ServiceStatus {
  readonly [defaulted]?: "loadBalancer";
  readonly loadBalancer: LoadBalancerStatus;
  readonly conditions?: readonly Condition[];
}

const servicePort: Schema<ServicePort> = object<ServicePort>("io.k8s.api.core.v1.ServicePort", "One port of a Service.", {
  name: text({ field: 1, doc: "The port's name, a DNS label; needed where there are several ports." }),
  protocol: text({ field: 2, default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
  appProtocol: text({ field: 6, presence: "pointer", doc: "What is spoken on the port, such as `kubernetes.io/h2c` or `https`." }),
  port: integer({ field: 3, required: true, doc: "The Service's port." }),
  targetPort: field(intOrString, {
    field: 4,
    doc: "The Pods' port, by number or by its name in the Pod; the same as port where nothing is said.",
  }),
  nodePort: integer({ field: 5, doc: "The port of every node that leads here, given by the server where nothing is said." }),
});

const clientIPConfig: Schema<ClientIPConfig> = object<ClientIPConfig>(
  "io.k8s.api.core.v1.ClientIPConfig",
  "For how long affinity by the client's address holds.",
  {
    timeoutSeconds: integer({ field: 1, presence: "pointer", doc: "How long, at most a day; three hours where nothing is said." }),
  },
);

const sessionAffinityConfig: Schema<SessionAffinityConfig> = object<SessionAffinityConfig>(
  "io.k8s.api.core.v1.SessionAffinityConfig",
  "For how long affinity holds.",
  {
    clientIP: struct(clientIPConfig, { field: 1, presence: "pointer", doc: "For how long it holds by the client's address." }),
  },
);

const serviceSpec: Schema<ServiceSpec> = object<ServiceSpec>(
  "io.k8s.api.core.v1.ServiceSpec",
  "How a Service is reached, and what it leads to.",
  {
    ports: list(servicePort, {
      field: 1,
      listType: "map",
      mapKeys: ["port", "protocol"],
      patchStrategy: "merge",
      mergeKey: "port",
      doc: "The ports that it listens on.",
    }),
    selector: map(string, {
      field: 2,
      mapType: "atomic",
      doc: "The labels of the Pods it leads to; without, its endpoints are kept by someone else.",
    }),
    clusterIP: text({
      field: 3,
      doc: "Its address within the cluster, given by the server; `None` makes it headless: its name leads to the Pods themselves.",
    }),
    clusterIPs: list(string, {
      field: 18,
      listType: "atomic",
      doc: "Its addresses within the cluster, at most one of each IP family; the first is clusterIP.",
    }),
    type: text({
      field: 4,
      default: "ClusterIP",
      enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
      doc: "From where it is reached: within the cluster, at a port of every node, at a load balancer, or as another name.",
    }),
    externalIPs: list(string, {
      field: 5,
      listType: "atomic",
      doc: "Further addresses at which nodes take traffic for it; nobody in the cluster manages them.",
    }),
    sessionAffinity: text({
      field: 7,
      default: "None",
      enum: ["ClientIP", "None"],
      doc: "ClientIP leads each client to the same Pod for a time.",
    }),
    loadBalancerIP: text({ field: 8, doc: "Superseded: the address wanted from the load balancer." }),
    loadBalancerSourceRanges: list(string, {
      field: 9,
      listType: "atomic",
      doc: "From which ranges of addresses the load balancer takes traffic.",
    }),
    externalName: text({ field: 10, doc: "The name that an ExternalName Service stands for, given out as a CNAME." }),
    externalTrafficPolicy: text({
      field: 11,
      enum: ["Cluster", "Local"],
      doc: "Whether traffic from outside goes to Pods of the whole cluster or stays on the node that got it, which keeps the client's address.",
    }),
    healthCheckNodePort: integer({
      field: 12,
      doc: "With the external traffic policy Local: the port where load balancers ask whether a node has Pods of the Service.",
    }),
    publishNotReadyAddresses: flag({
      field: 13,
      doc: "If true, Pods that aren't ready count as well, as peers that want to find each other need.",
    }),
    sessionAffinityConfig: struct(sessionAffinityConfig, { field: 14, presence: "pointer", doc: "For how long affinity holds." }),
    ipFamilies: list(oneOf("", "IPv4", "IPv6"), {
      field: 19,
      listType: "atomic",
      doc: "The IP families of its addresses, given by the server where nothing is said.",
    }),
    ipFamilyPolicy: text({
      field: 17,
      presence: "pointer",
      enum: ["PreferDualStack", "RequireDualStack", "SingleStack"],
      doc: "Whether it has addresses of one IP family or of two.",
    }),
    allocateLoadBalancerNodePorts: flag({
      field: 20,
      presence: "pointer",
      doc: "Whether a LoadBalancer Service gets node ports too; true unless said otherwise.",
    }),
    loadBalancerClass: text({ field: 21, presence: "pointer", doc: "Which implementation makes the load balancer; set once." }),
    internalTrafficPolicy: text({
      field: 22,
      presence: "pointer",
      enum: ["Cluster", "Local"],
      doc: "Whether traffic from within the cluster goes to all Pods or only to those on the same node.",
    }),
    trafficDistribution: text({
      field: 23,
      presence: "pointer",
      doc: "Which Pods are preferred: those in the client's zone (PreferSameZone, or PreferClose) or on its node (PreferSameNode).",
    }),
  },
);

const serviceStatus: Schema<ServiceStatus> = object<ServiceStatus>("io.k8s.api.core.v1.ServiceStatus", "What was set up for a Service.", {
  loadBalancer: struct(loadBalancerStatus, { field: 1, default: {}, doc: "Where the load balancer takes traffic." }),
  conditions: list(condition, {
    field: 2,
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
    doc: "Observations about the Service.",
  }),
});

const service: Schema<Service> = kindObject<Service>(
  "io.k8s.api.core.v1.Service",
  "A name and a stable address for a set of Pods, or for something outside the cluster.",
  {
    spec: struct(serviceSpec, { field: 2, default: {}, doc: "How the Service is reached, and what it leads to." }),
    status: struct(serviceStatus, { field: 3, default: {}, doc: "What was set up for the Service." }),
  },
);

export const ServiceKind: Kind<Service> = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  resource: "services",
  shortNames: ["svc"],
  categories: ["all"],
  scope: "Namespaced",
  schema: service,
  subresources: { status: true, others: ["proxy"] },
  columns: serviceColumns,
  selectableFields: { "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "", "spec.type": ({ spec }) => spec.type },
  strategy: {
    answersDeleted: true,
    name: "dns1035Label",
    createOnUpdate: true,
    defaults: withServiceDefaults,
    prepareForCreate: prepareServiceForCreate,
    prepareForUpdate: prepareServiceForUpdate,
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    validateStatusUpdate: validateServiceStatus,
  },
});

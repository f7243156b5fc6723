import { type defaulted, flag, integer, list, map, object, quantity, type Schema, string, struct, text } from "@kubets/machinery";
import { type LocalObjectReference, localObjectReference } from "../shared/object-reference.ts";
import { type ResourceList, type ResourceRequirements, resourceRequirements } from "../shared/resource-requirements.ts";
import { type Toleration, toleration } from "../shared/taint.ts";
import { type Affinity, affinity } from "./affinity.ts";
import { type Container, container } from "./container.ts";
import { type HostAlias, hostAlias, type PodDNSConfig, podDNSConfig } from "./name-resolution.ts";
import { type EphemeralContainer, ephemeralContainer } from "./ephemeral-container.ts";
import { type PodSecurityContext, podSecurityContext } from "./security-context.ts";
import { type TopologySpreadConstraint, topologySpreadConstraint } from "./topology-spread-constraint.ts";
import { type Volume, volume } from "./volumes/volume.ts";

export interface PodSpec {
  readonly [defaulted]?: "restartPolicy" | "terminationGracePeriodSeconds" | "dnsPolicy" | "securityContext" | "schedulerName";
  readonly volumes?: readonly Volume[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly ephemeralContainers?: readonly EphemeralContainer[];
  readonly restartPolicy: "Always" | "Never" | "OnFailure";
  readonly terminationGracePeriodSeconds: number;
  readonly activeDeadlineSeconds?: number;
  readonly dnsPolicy: "ClusterFirst" | "ClusterFirstWithHostNet" | "Default" | "None";
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly serviceAccountName?: string;
  readonly serviceAccount?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly securityContext: PodSecurityContext;
  readonly imagePullSecrets?: readonly LocalObjectReference[];
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly affinity?: Affinity;
  readonly schedulerName: string;
  readonly tolerations?: readonly Toleration[];
  readonly hostAliases?: readonly HostAlias[];
  readonly priorityClassName?: string;
  readonly priority?: number;
  readonly dnsConfig?: PodDNSConfig;
  readonly readinessGates?: readonly PodReadinessGate[];
  readonly runtimeClassName?: string;
  readonly enableServiceLinks?: boolean;
  readonly preemptionPolicy?: "Never" | "PreemptLowerPriority";
  readonly overhead?: ResourceList;
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];
  readonly setHostnameAsFQDN?: boolean;
  readonly os?: PodOS;
  readonly hostUsers?: boolean;
  readonly schedulingGates?: readonly PodSchedulingGate[];
  readonly resourceClaims?: readonly PodResourceClaim[];
  readonly resources?: ResourceRequirements;
  readonly hostnameOverride?: string;
  readonly schedulingGroup?: PodSchedulingGroup;
}

export interface PodReadinessGate {
  readonly conditionType: string;
}

export interface PodOS {
  readonly name: "linux" | "windows";
}

export interface PodSchedulingGate {
  readonly name: string;
}

export interface PodResourceClaim {
  readonly name: string;
  readonly resourceClaimName?: string;
  readonly resourceClaimTemplateName?: string;
}

export interface PodSchedulingGroup {
  readonly podGroupName?: string;
}

export const podReadinessGate: Schema<PodReadinessGate> = object<PodReadinessGate>(
  "io.k8s.api.core.v1.PodReadinessGate",
  "A condition that must hold for the Pod to be ready.",
  {
    conditionType: text({ field: 1, required: true, doc: "Type of the condition." }),
  },
);

export const podOS: Schema<PodOS> = object<PodOS>("io.k8s.api.core.v1.PodOS", "An operating system.", {
  name: text({ field: 1, enum: ["linux", "windows"], required: true, doc: "linux or windows." }),
});

export const podSchedulingGate: Schema<PodSchedulingGate> = object<PodSchedulingGate>(
  "io.k8s.api.core.v1.PodSchedulingGate",
  "Holds a Pod back from being scheduled.",
  {
    name: text({ field: 1, required: true, doc: "Name of the gate, unique in the Pod." }),
  },
);

export const podResourceClaim: Schema<PodResourceClaim> = object<PodResourceClaim>(
  "io.k8s.api.core.v1.PodResourceClaim",
  "A ResourceClaim that the Pod uses. Exactly one of claim and template is named.",
  {
    name: text({ field: 1, required: true, doc: "Name by which containers refer to the claim, unique in the Pod." }),
    resourceClaimName: text({ field: 3, presence: "pointer", doc: "ResourceClaim of the same namespace." }),
    resourceClaimTemplateName: text({
      field: 4,
      presence: "pointer",
      doc: "ResourceClaimTemplate from which a claim is made for the Pod; the claim goes with it.",
    }),
  },
);

export const podSchedulingGroup: Schema<PodSchedulingGroup> = object<PodSchedulingGroup>(
  "io.k8s.api.core.v1.PodSchedulingGroup",
  "The group with which a Pod is scheduled.",
  {
    podGroupName: text({ field: 1, presence: "pointer", doc: "Name of the PodGroup." }),
  },
  { union: { fields: ["podGroupName"] } },
);

export const podSpec: Schema<PodSpec> = object<PodSpec>("io.k8s.api.core.v1.PodSpec", "What a Pod is to be.", {
  volumes: list(volume, {
    field: 1,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    mergeKey: "name",
    doc: "Volumes that containers may mount.",
  }),
  initContainers: list(container, {
    field: 20,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "Containers run to their end, one after another, before the others; sidecars start in the same order and stay.",
  }),
  containers: list(container, {
    field: 2,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    required: true,
    doc: "Containers of the Pod, at least one.",
  }),
  ephemeralContainers: list(ephemeralContainer, {
    field: 34,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "Containers added to the running Pod; changed through the subresource of the same name only.",
  }),
  restartPolicy: text({
    field: 3,
    enum: ["Always", "Never", "OnFailure"],
    default: "Always",
    doc: "Whether containers are started again when they end.",
  }),
  terminationGracePeriodSeconds: integer({
    field: 4,
    presence: "pointer",
    bits: 64,
    default: 30,
    doc: "How long the Pod may take to stop before it is killed.",
  }),
  activeDeadlineSeconds: integer({
    field: 5,
    presence: "pointer",
    bits: 64,
    doc: "How long the Pod may be active on a node before it is failed and killed.",
  }),
  dnsPolicy: text({
    field: 6,
    enum: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
    default: "ClusterFirst",
    doc: "Where DNS settings come from.",
  }),
  nodeSelector: map(string, { field: 7, mapType: "atomic", doc: "Labels that a node must have." }),
  serviceAccountName: text({ field: 8, doc: "ServiceAccount that the Pod runs as." }),
  serviceAccount: text({ field: 9, doc: "Deprecated: the same as serviceAccountName." }),
  automountServiceAccountToken: flag({
    field: 21,
    presence: "pointer",
    doc: "Whether a token of the ServiceAccount is mounted; what the ServiceAccount says when absent.",
  }),
  nodeName: text({ field: 10, doc: "Node that the Pod is placed on; empty until it is scheduled." }),
  hostNetwork: flag({ field: 11, doc: "Use the node's network; container ports then are ports of the node." }),
  hostPID: flag({ field: 12, doc: "Use the node's process namespace." }),
  hostIPC: flag({ field: 13, doc: "Use the node's IPC namespace." }),
  shareProcessNamespace: flag({ field: 27, presence: "pointer", doc: "Put all containers into one process namespace." }),
  securityContext: struct(podSecurityContext, {
    field: 14,
    presence: "pointer",
    default: {},
    doc: "Security settings of the Pod, and defaults for its containers.",
  }),
  imagePullSecrets: list(localObjectReference, {
    field: 15,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "Secrets with logins for image registries.",
  }),
  hostname: text({ field: 16, doc: "Host name of the Pod; its name when empty." }),
  subdomain: text({ field: 17, doc: "Makes the Pod's full name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN." }),
  affinity: struct(affinity, { field: 18, presence: "pointer", doc: "Where the Pod may or had better be placed." }),
  schedulerName: text({ field: 19, default: "default-scheduler", doc: "Scheduler that places the Pod." }),
  tolerations: list(toleration, { field: 22, listType: "atomic", doc: "Taints that the Pod tolerates." }),
  hostAliases: list(hostAlias, {
    field: 23,
    listType: "map",
    mapKeys: ["ip"],
    patchStrategy: "merge",
    mergeKey: "ip",
    doc: "Further lines of /etc/hosts.",
  }),
  priorityClassName: text({ field: 24, doc: "PriorityClass of the Pod; the default one when empty." }),
  priority: integer({ field: 25, presence: "pointer", doc: "Priority of the Pod, filled in from its PriorityClass." }),
  dnsConfig: struct(podDNSConfig, { field: 26, presence: "pointer", doc: "DNS settings on top of those of dnsPolicy." }),
  readinessGates: list(podReadinessGate, {
    field: 28,
    listType: "atomic",
    doc: "Conditions that must hold, besides those of the containers, for the Pod to be ready.",
  }),
  runtimeClassName: text({ field: 29, presence: "pointer", doc: "RuntimeClass that runs the Pod; the default handler when absent." }),
  enableServiceLinks: flag({ field: 30, presence: "pointer", doc: "Whether Services of the namespace are told by environment variables." }),
  preemptionPolicy: text({
    field: 31,
    presence: "pointer",
    enum: ["Never", "PreemptLowerPriority"],
    doc: "Whether the Pod may preempt Pods of lower priority.",
  }),
  overhead: map(quantity, {
    field: 32,
    doc: "Resources that running the Pod costs besides its containers, filled in from the RuntimeClass.",
  }),
  topologySpreadConstraints: list(topologySpreadConstraint, {
    field: 33,
    listType: "map",
    mapKeys: ["topologyKey", "whenUnsatisfiable"],
    patchStrategy: "merge",
    mergeKey: "topologyKey",
    doc: "How evenly the Pod and its like are spread over topology domains.",
  }),
  setHostnameAsFQDN: flag({ field: 35, presence: "pointer", doc: "Use the full name as the host name." }),
  os: struct(podOS, { field: 36, presence: "pointer", doc: "Operating system that the containers are for." }),
  hostUsers: flag({ field: 37, presence: "pointer", doc: "Use the node's user namespace; one of the Pod's own when false." }),
  schedulingGates: list(podSchedulingGate, {
    field: 38,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "While any is listed, the Pod is not scheduled; none can be added later.",
  }),
  resourceClaims: list(podResourceClaim, {
    field: 39,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    mergeKey: "name",
    doc: "ResourceClaims that must be allocated before the Pod may start.",
  }),
  resources: struct(resourceRequirements, {
    field: 40,
    presence: "pointer",
    doc: "Resources of the whole Pod: cpu, memory and hugepages.",
  }),
  hostnameOverride: text({
    field: 41,
    presence: "pointer",
    doc: "Host name as the Pod itself sees it, instead of all that is said above.",
  }),
  schedulingGroup: struct(podSchedulingGroup, { field: 43, presence: "pointer", doc: "PodGroup with which the Pod is scheduled as one." }),
});

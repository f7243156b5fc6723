import {
  type defaulted,
  field,
  integer,
  list,
  map,
  object,
  quantity,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { type ResourceList, type ResourceRequirements, resourceRequirements } from "../shared/resource-requirements.ts";
import { type ContainerStatus, containerStatus } from "./container-status.ts";

export interface PodStatus {
  readonly [defaulted]?: "phase";
  readonly observedGeneration?: number;
  readonly phase: "Failed" | "Pending" | "Running" | "Succeeded" | "Unknown";
  readonly conditions?: readonly PodCondition[];
  readonly message?: string;
  readonly reason?: string;
  readonly nominatedNodeName?: string;
  readonly hostIP?: string;
  readonly hostIPs?: readonly HostIP[];
  readonly podIP?: string;
  readonly podIPs?: readonly PodIP[];
  readonly startTime?: Time;
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly qosClass?: "BestEffort" | "Burstable" | "Guaranteed";
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  readonly resize?: string;
  readonly resourceClaimStatuses?: readonly PodResourceClaimStatus[];
  readonly extendedResourceClaimStatus?: PodExtendedResourceClaimStatus;
  readonly allocatedResources?: ResourceList;
  readonly resources?: ResourceRequirements;
  readonly nodeAllocatableResourceClaimStatuses?: readonly NodeAllocatableResourceClaimStatus[];
}

export interface PodCondition {
  readonly type: string;
  readonly observedGeneration?: number;
  readonly status: "False" | "True" | "Unknown";
  readonly lastProbeTime?: Time;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

export interface HostIP {
  readonly ip: string;
}

export interface PodIP {
  readonly ip: string;
}

export interface PodResourceClaimStatus {
  readonly name: string;
  readonly resourceClaimName?: string;
}

export interface PodExtendedResourceClaimStatus {
  readonly requestMappings: readonly ContainerExtendedResourceRequest[];
  readonly resourceClaimName: string;
}

export interface ContainerExtendedResourceRequest {
  readonly containerName: string;
  readonly resourceName: string;
  readonly requestName: string;
}

export interface NodeAllocatableResourceClaimStatus {
  readonly resourceClaimName: string;
  readonly containers?: readonly string[];
  readonly resources: ResourceList;
}

export const podCondition: Schema<PodCondition> = object<PodCondition>("io.k8s.api.core.v1.PodCondition", "One condition of a Pod.", {
  type: text({ field: 1, required: true, doc: "What is told." }),
  observedGeneration: integer({ field: 7, bits: 64, doc: "Generation of the Pod that the condition was made from." }),
  status: text({ field: 2, enum: ["False", "True", "Unknown"], required: true, doc: "Whether it holds." }),
  lastProbeTime: field(time, { field: 3, doc: "When it was last looked at." }),
  lastTransitionTime: field(time, { field: 4, doc: "When the status last changed." }),
  reason: text({ field: 5, doc: "Why, in one word." }),
  message: text({ field: 6, doc: "Why, in a sentence." }),
});

export const hostIP: Schema<HostIP> = object<HostIP>("io.k8s.api.core.v1.HostIP", "An IP of a node.", {
  ip: text({ field: 1, required: true, mayBeEmpty: true, doc: "The IP." }),
});

export const podIP: Schema<PodIP> = object<PodIP>("io.k8s.api.core.v1.PodIP", "An IP of a Pod.", {
  ip: text({ field: 1, required: true, mayBeEmpty: true, doc: "The IP." }),
});

export const podResourceClaimStatus: Schema<PodResourceClaimStatus> = object<PodResourceClaimStatus>(
  "io.k8s.api.core.v1.PodResourceClaimStatus",
  "The ResourceClaim behind one entry of the Pod's resourceClaims.",
  {
    name: text({ field: 1, required: true, doc: "Name of the entry." }),
    resourceClaimName: text({ field: 2, presence: "pointer", doc: "Name of the claim; absent when none needed to be made." }),
  },
);

export const containerExtendedResourceRequest: Schema<ContainerExtendedResourceRequest> = object<ContainerExtendedResourceRequest>(
  "io.k8s.api.core.v1.ContainerExtendedResourceRequest",
  "The request that serves one extended resource of one container.",
  {
    containerName: text({ field: 1, required: true, doc: "Name of the container." }),
    resourceName: text({ field: 2, required: true, doc: "The extended resource." }),
    requestName: text({ field: 3, required: true, doc: "Name of the request in the claim." }),
  },
);

export const podExtendedResourceClaimStatus: Schema<PodExtendedResourceClaimStatus> = object<PodExtendedResourceClaimStatus>(
  "io.k8s.api.core.v1.PodExtendedResourceClaimStatus",
  "The ResourceClaim made for extended resources that devices serve.",
  {
    requestMappings: list(containerExtendedResourceRequest, {
      field: 1,
      listType: "atomic",
      required: true,
      doc: "Which request of the claim serves which resource of which container.",
    }),
    resourceClaimName: text({ field: 2, required: true, doc: "Name of the claim." }),
  },
);

export const nodeAllocatableResourceClaimStatus: Schema<NodeAllocatableResourceClaimStatus> = object<NodeAllocatableResourceClaimStatus>(
  "io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus",
  "Node resources given to containers by way of one claim.",
  {
    resourceClaimName: text({ field: 1, required: true, doc: "Name of the claim." }),
    containers: list(string, { field: 2, listType: "set", doc: "Containers that use it." }),
    resources: map(quantity, { field: 3, required: true, doc: "Amount of each resource." }),
  },
);

export const podStatus: Schema<PodStatus> = object<PodStatus>(
  "io.k8s.api.core.v1.PodStatus",
  "What was observed of a Pod, by the kubelet mostly.",
  {
    observedGeneration: integer({ field: 17, bits: 64, doc: "Generation of the Pod that this status was made from." }),
    phase: text({
      field: 1,
      enum: ["Failed", "Pending", "Running", "Succeeded", "Unknown"],
      default: "Pending",
      doc: "Where in its life the Pod is.",
    }),
    conditions: list(podCondition, {
      field: 2,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Conditions of the Pod, such as Ready.",
    }),
    message: text({ field: 3, doc: "Why the Pod is as it is, in a sentence." }),
    reason: text({ field: 4, doc: "Why the Pod is as it is, in one word, such as Evicted." }),
    nominatedNodeName: text({
      field: 11,
      doc: "Node on which the Pod is expected to be placed, such as after others were preempted there.",
    }),
    hostIP: text({ field: 5, doc: "IP of the node." }),
    hostIPs: list(hostIP, {
      field: 16,
      listType: "atomic",
      patchStrategy: "merge",
      mergeKey: "ip",
      doc: "All IPs of the node; the first is hostIP.",
    }),
    podIP: text({ field: 6, doc: "IP of the Pod." }),
    podIPs: list(podIP, {
      field: 12,
      listType: "map",
      mapKeys: ["ip"],
      patchStrategy: "merge",
      mergeKey: "ip",
      doc: "All IPs of the Pod, at most one of each family; the first is podIP.",
    }),
    startTime: field(time, { field: 7, presence: "pointer", doc: "When the kubelet took the Pod on, before it pulled images." }),
    initContainerStatuses: list(containerStatus, {
      field: 10,
      listType: "atomic",
      doc: "State of the init containers, in the order of the spec.",
    }),
    containerStatuses: list(containerStatus, { field: 8, listType: "atomic", doc: "State of the containers." }),
    qosClass: text({
      field: 9,
      enum: ["BestEffort", "Burstable", "Guaranteed"],
      doc: "Quality of service that follows from requests and limits.",
    }),
    ephemeralContainerStatuses: list(containerStatus, { field: 13, listType: "atomic", doc: "State of the ephemeral containers." }),
    resize: text({ field: 14, doc: "Deprecated: progress of a resize; conditions tell it now." }),
    resourceClaimStatuses: list(podResourceClaimStatus, {
      field: 15,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge,retainKeys",
      mergeKey: "name",
      doc: "ResourceClaims that stand behind the Pod's claims.",
    }),
    extendedResourceClaimStatus: struct(podExtendedResourceClaimStatus, {
      field: 18,
      presence: "pointer",
      doc: "ResourceClaim made for extended resources that devices serve.",
    }),
    allocatedResources: map(quantity, { field: 19, doc: "Resource requests of the whole Pod that the node has set aside." }),
    resources: struct(resourceRequirements, {
      field: 20,
      presence: "pointer",
      doc: "Resource requests and limits of the whole Pod that are in force.",
    }),
    nodeAllocatableResourceClaimStatuses: list(nodeAllocatableResourceClaimStatus, {
      field: 21,
      listType: "atomic",
      doc: "Node resources that were given to the Pod by way of claims.",
    }),
  },
);

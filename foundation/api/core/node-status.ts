import {
  type defaulted,
  field,
  flag,
  integer,
  list,
  map,
  object,
  quantity,
  type Quantity,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { nodeConfigSource, type NodeConfigSource } from "./node-config-source.ts";

/** What a node is and how it does, as its kubelet reports. */
export interface NodeStatus {
  readonly [defaulted]?: "daemonEndpoints" | "nodeInfo";
  readonly capacity?: Readonly<Record<string, Quantity>>;
  readonly allocatable?: Readonly<Record<string, Quantity>>;
  readonly phase?: "Pending" | "Running" | "Terminated";
  readonly conditions?: readonly NodeCondition[];
  readonly addresses?: readonly NodeAddress[];
  readonly daemonEndpoints: NodeDaemonEndpoints;
  readonly nodeInfo: NodeSystemInfo;
  readonly images?: readonly ContainerImage[];
  readonly volumesInUse?: readonly string[];
  readonly volumesAttached?: readonly AttachedVolume[];
  readonly config?: NodeConfigStatus;
  readonly runtimeHandlers?: readonly NodeRuntimeHandler[];
  readonly features?: NodeFeatures;
  readonly declaredFeatures?: readonly string[];
}

/** One aspect of how a node does. */
export interface NodeCondition {
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly lastHeartbeatTime?: Time;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

/** A name or address by which a node is reached. */
export interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

/** The ports on which a node's own services listen. */
export interface NodeDaemonEndpoints {
  readonly [defaulted]?: "kubeletEndpoint";
  readonly kubeletEndpoint: DaemonEndpoint;
}

/** A port on which a service of the node listens. */
export interface DaemonEndpoint {
  readonly [defaulted]?: "Port";
  readonly Port: number;
}

/** A machine and the software it runs. */
export interface NodeSystemInfo {
  readonly [defaulted]?:
    | "machineID"
    | "systemUUID"
    | "bootID"
    | "kernelVersion"
    | "osImage"
    | "containerRuntimeVersion"
    | "kubeletVersion"
    | "kubeProxyVersion"
    | "operatingSystem"
    | "architecture";
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly containerRuntimeVersion: string;
  readonly kubeletVersion: string;
  readonly kubeProxyVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly swap?: NodeSwapStatus;
}

/** A machine's swap space. */
export interface NodeSwapStatus {
  readonly capacity?: number;
}

/** A container image on a node. */
export interface ContainerImage {
  readonly names?: readonly string[];
  readonly sizeBytes?: number;
}

/** A volume that is attached to a node. */
export interface AttachedVolume {
  readonly name: string;
  readonly devicePath: string;
}

/** No longer used: which configuration a kubelet was given and which it uses. */
export interface NodeConfigStatus {
  readonly assigned?: NodeConfigSource;
  readonly active?: NodeConfigSource;
  readonly lastKnownGood?: NodeConfigSource;
  readonly error?: string;
}

/** What one handler of the container runtime can do. */
export interface NodeRuntimeHandler {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly features?: NodeRuntimeHandlerFeatures;
}

/** What a handler of a container runtime can do. */
export interface NodeRuntimeHandlerFeatures {
  readonly recursiveReadOnlyMounts?: boolean;
  readonly userNamespaces?: boolean;
}

/** What the container runtime's CRI can do. */
export interface NodeFeatures {
  readonly supplementalGroupsPolicy?: boolean;
}

const nodeCondition: Schema<NodeCondition> = object<NodeCondition>("io.k8s.api.core.v1.NodeCondition", "One aspect of how a node does.", {
  type: text({ field: 1, required: true, doc: "Such as Ready or DiskPressure." }),
  status: text({ field: 2, required: true, enum: ["False", "True", "Unknown"], doc: "True, False or Unknown." }),
  lastHeartbeatTime: field(time, { field: 3, doc: "When the condition was last reported." }),
  lastTransitionTime: field(time, { field: 4, doc: "When the status last changed." }),
  reason: text({ field: 5, doc: "Why, in one word for machines." }),
  message: text({ field: 6, doc: "Why, in a sentence for people." }),
});

const nodeAddress: Schema<NodeAddress> = object<NodeAddress>(
  "io.k8s.api.core.v1.NodeAddress",
  "A name or address by which a node is reached.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS." }),
    address: text({ field: 2, required: true, mayBeEmpty: true, doc: "The name or address." }),
  },
);

const daemonEndpoint: Schema<DaemonEndpoint> = object<DaemonEndpoint>(
  "io.k8s.api.core.v1.DaemonEndpoint",
  "A port on which a service of the node listens.",
  {
    Port: integer({ field: 1, required: true, default: 0, doc: "The port's number." }),
  },
);

const nodeDaemonEndpoints: Schema<NodeDaemonEndpoints> = object<NodeDaemonEndpoints>(
  "io.k8s.api.core.v1.NodeDaemonEndpoints",
  "The ports on which a node's own services listen.",
  {
    kubeletEndpoint: struct(daemonEndpoint, { field: 1, default: {}, doc: "Where the kubelet listens." }),
  },
);

const nodeSwapStatus: Schema<NodeSwapStatus> = object<NodeSwapStatus>("io.k8s.api.core.v1.NodeSwapStatus", "A machine's swap space.", {
  capacity: integer({ field: 1, presence: "pointer", bits: 64, doc: "How many bytes it has." }),
});

const nodeSystemInfo: Schema<NodeSystemInfo> = object<NodeSystemInfo>(
  "io.k8s.api.core.v1.NodeSystemInfo",
  "A machine and the software it runs.",
  {
    machineID: text({ field: 1, required: true, default: "", mayBeEmpty: true, doc: "The id from /etc/machine-id." }),
    systemUUID: text({ field: 2, required: true, default: "", mayBeEmpty: true, doc: "The id that the hardware reports." }),
    bootID: text({ field: 3, required: true, default: "", mayBeEmpty: true, doc: "An id that is new with every boot." }),
    kernelVersion: text({ field: 4, required: true, default: "", mayBeEmpty: true, doc: "The kernel's version, as `uname -r` has it." }),
    osImage: text({ field: 5, required: true, default: "", mayBeEmpty: true, doc: "The operating system, as /etc/os-release names it." }),
    containerRuntimeVersion: text({
      field: 6,
      required: true,
      default: "",
      mayBeEmpty: true,
      doc: "The container runtime and its version, as `containerd://1.6.20`.",
    }),
    kubeletVersion: text({ field: 7, required: true, default: "", mayBeEmpty: true, doc: "The kubelet's version." }),
    kubeProxyVersion: text({
      field: 8,
      required: true,
      default: "",
      mayBeEmpty: true,
      doc: "No longer filled in: the version of kube-proxy.",
    }),
    operatingSystem: text({ field: 9, required: true, default: "", mayBeEmpty: true, doc: "Such as linux." }),
    architecture: text({ field: 10, required: true, default: "", mayBeEmpty: true, doc: "Such as amd64." }),
    swap: struct(nodeSwapStatus, { field: 11, presence: "pointer", doc: "The machine's swap space." }),
  },
);

const containerImage: Schema<ContainerImage> = object<ContainerImage>("io.k8s.api.core.v1.ContainerImage", "A container image on a node.", {
  names: list(string, { field: 1, listType: "atomic", doc: "All the names by which the image is known." }),
  sizeBytes: integer({ field: 2, bits: 64, doc: "How many bytes it takes." }),
});

const attachedVolume: Schema<AttachedVolume> = object<AttachedVolume>(
  "io.k8s.api.core.v1.AttachedVolume",
  "A volume that is attached to a node.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The volume's unique name." }),
    devicePath: text({ field: 2, required: true, mayBeEmpty: true, doc: "Where the node has it as a device." }),
  },
);

const nodeConfigStatus: Schema<NodeConfigStatus> = object<NodeConfigStatus>(
  "io.k8s.api.core.v1.NodeConfigStatus",
  "No longer used: which configuration a kubelet was given and which it uses.",
  {
    assigned: struct(nodeConfigSource, { field: 1, presence: "pointer", doc: "The configuration it was given." }),
    active: struct(nodeConfigSource, { field: 2, presence: "pointer", doc: "The configuration that it uses." }),
    lastKnownGood: struct(nodeConfigSource, { field: 3, presence: "pointer", doc: "The configuration it falls back to." }),
    error: text({ field: 4, doc: "What is wrong with the assigned one." }),
  },
);

const nodeRuntimeHandlerFeatures: Schema<NodeRuntimeHandlerFeatures> = object<NodeRuntimeHandlerFeatures>(
  "io.k8s.api.core.v1.NodeRuntimeHandlerFeatures",
  "What a handler of a container runtime can do.",
  {
    recursiveReadOnlyMounts: flag({ field: 1, presence: "pointer", doc: "Whether it makes mounts read-only all the way down." }),
    userNamespaces: flag({ field: 2, presence: "pointer", doc: "Whether it runs Pods in user namespaces." }),
  },
);

const nodeRuntimeHandler: Schema<NodeRuntimeHandler> = object<NodeRuntimeHandler>(
  "io.k8s.api.core.v1.NodeRuntimeHandler",
  "What one handler of the container runtime can do.",
  {
    name: text({ field: 1, default: "", doc: "The handler's name; empty for the default one." }),
    features: struct(nodeRuntimeHandlerFeatures, { field: 2, presence: "pointer", doc: "What it can do." }),
  },
);

const nodeFeatures: Schema<NodeFeatures> = object<NodeFeatures>(
  "io.k8s.api.core.v1.NodeFeatures",
  "What the container runtime's CRI can do.",
  {
    supplementalGroupsPolicy: flag({
      field: 1,
      presence: "pointer",
      doc: "Whether it knows supplementalGroupsPolicy and the users of containers.",
    }),
  },
);

export const nodeStatus: Schema<NodeStatus> = object<NodeStatus>(
  "io.k8s.api.core.v1.NodeStatus",
  "What a node is and how it does, as its kubelet reports.",
  {
    capacity: map(quantity, { field: 1, doc: "All the resources that the machine has." }),
    allocatable: map(quantity, { field: 2, doc: "The part of the capacity that Pods may use; the capacity where nothing is said." }),
    phase: text({ field: 3, enum: ["Pending", "Running", "Terminated"], doc: "No longer used: where the node is in its life." }),
    conditions: list(nodeCondition, {
      field: 4,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "How the node does: Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.",
    }),
    addresses: list(nodeAddress, {
      field: 5,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "By which names and addresses the node is reached.",
    }),
    daemonEndpoints: struct(nodeDaemonEndpoints, { field: 6, default: {}, doc: "The ports on which the node's own services listen." }),
    nodeInfo: struct(nodeSystemInfo, { field: 7, default: {}, doc: "The machine and the software it runs." }),
    images: list(containerImage, { field: 8, listType: "atomic", doc: "The container images that the node has." }),
    volumesInUse: list(string, { field: 9, listType: "atomic", doc: "The attachable volumes that Pods on the node use." }),
    volumesAttached: list(attachedVolume, { field: 10, listType: "atomic", doc: "The volumes that are attached to the node." }),
    config: struct(nodeConfigStatus, {
      field: 11,
      presence: "pointer",
      doc: "No longer used: which configuration the kubelet was given and which it uses.",
    }),
    runtimeHandlers: list(nodeRuntimeHandler, { field: 12, listType: "atomic", doc: "What the handlers of the container runtime can do." }),
    features: struct(nodeFeatures, { field: 13, presence: "pointer", doc: "What the container runtime's CRI can do." }),
    declaredFeatures: list(string, { field: 14, listType: "atomic", doc: "The features of this node that Pods may depend on, sorted." }),
  },
);

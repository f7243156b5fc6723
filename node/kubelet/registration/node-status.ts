import type { Node, NodeCondition, NodeStatus, ResourceList } from "@kubets/api";
import type { Image, RuntimeStatus, RuntimeVersion } from "@kubets/container-runtime";
import { formatTime, type Instant } from "@kubets/machinery";
import { leastOf } from "../eviction/assess.ts";
import type { EvictionPlan, EvictionSignal, NodePressure } from "../eviction/thresholds.ts";
import type { MachineFacts } from "../system.ts";

/** The version of Kubernetes whose kubelet this one stands for. */
export const kubeletVersion = "v1.36.0";

export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly machine: MachineFacts;
  readonly version: RuntimeVersion;
  readonly runtime: RuntimeStatus | undefined;
  readonly pressures: ReadonlySet<NodePressure>;
  readonly plan: EvictionPlan;
  readonly images: readonly Image[];
  readonly mostPods: number;
}

const mostImages = 50;

/** What the kubelet reports of its node. `before`: what stands there, whose times of transition are kept. */
export function nodeStatus(facts: NodeFacts, before: Node | undefined, now: Instant): NodeStatus {
  const { name, address, port, machine, version, images } = facts;
  const capacity = capacityOf(facts);
  return {
    ...before?.status,
    capacity,
    allocatable: allocatableOf(capacity, machine, facts.plan),
    conditions: [
      ...conditionsOf(facts).map((finding) => withTimes(finding, before, now)),
      ...(before?.status.conditions ?? []).filter(({ type }) => !ownConditions.includes(type)),
    ],
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: machine.architecture,
      ...(machine.swapBytes === 0 ? {} : { swap: { capacity: machine.swapBytes } }),
    },
    images: images
      .toSorted((a, b) => b.size - a.size)
      .slice(0, mostImages)
      .map(({ repoTags, repoDigests, size }) => ({ names: [...repoDigests, ...repoTags].slice(0, 5), sizeBytes: size })),
    runtimeHandlers: (facts.runtime?.handlers ?? []).map(({ name: handler, recursiveReadOnlyMounts, userNamespaces }) => ({
      name: handler,
      features: { recursiveReadOnlyMounts, userNamespaces },
    })),
  };
}

const ownConditions: readonly string[] = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];

type Finding = Pick<NodeCondition, "type" | "status" | "reason" | "message">;

function conditionsOf({ runtime, pressures }: NodeFacts): readonly Finding[] {
  return [
    pressures.has("MemoryPressure")
      ? {
          type: "MemoryPressure",
          status: "True",
          reason: "KubeletHasInsufficientMemory",
          message: "kubelet has insufficient memory available",
        }
      : {
          type: "MemoryPressure",
          status: "False",
          reason: "KubeletHasSufficientMemory",
          message: "kubelet has sufficient memory available",
        },
    pressures.has("DiskPressure")
      ? { type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
      : { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
    pressures.has("PIDPressure")
      ? { type: "PIDPressure", status: "True", reason: "KubeletHasInsufficientPID", message: "kubelet has insufficient PID available" }
      : { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
    ready(runtime),
  ];
}

function ready(runtime: RuntimeStatus | undefined): Finding {
  const notReady = (message: string): Finding => ({ type: "Ready", status: "False", reason: "KubeletNotReady", message });
  if (runtime === undefined) return notReady("container runtime is down");
  const isMet = (type: string): boolean => runtime.conditions.some((condition) => condition.type === type && condition.status);
  const problem = (type: string): string => {
    const condition = runtime.conditions.find((each) => each.type === type);
    return condition === undefined ? `${type} not set` : `${type}=false reason:${condition.reason} message:${condition.message}`;
  };
  if (!isMet("RuntimeReady")) return notReady(`container runtime not ready: ${problem("RuntimeReady")}`);
  if (!isMet("NetworkReady")) return notReady(`container runtime network not ready: ${problem("NetworkReady")}`);
  return { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
}

function withTimes(finding: Finding, before: Node | undefined, now: Instant): NodeCondition {
  const time = formatTime(now);
  const last = before?.status.conditions?.find(({ type }) => type === finding.type);
  const since = last?.status === finding.status ? (last.lastTransitionTime ?? time) : time;
  return { ...finding, lastHeartbeatTime: time, lastTransitionTime: since };
}

function capacityOf({ machine, mostPods }: Pick<NodeFacts, "machine" | "mostPods">): ResourceList {
  return {
    cpu: String(machine.cpus),
    "ephemeral-storage": `${Math.floor(machine.storageBytes / 1024)}Ki`,
    ...Object.fromEntries(Object.entries(machine.hugePages).map(([size, bytes]) => [`hugepages-${size}`, String(bytes)])),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(mostPods),
  };
}

/** What the thresholds of eviction leave of the capacity. */
function allocatableOf(capacity: ResourceList, machine: MachineFacts, plan: EvictionPlan): ResourceList {
  return {
    ...capacity,
    "ephemeral-storage": String(machine.storageBytes - heldBack(plan, "nodefs.available", machine.storageBytes)),
    memory: `${Math.floor((machine.memoryBytes - heldBack(plan, "memory.available", machine.memoryBytes)) / 1024)}Ki`,
  };
}

/** Pods are ended before they have that: nobody is promised it. */
function heldBack({ thresholds }: EvictionPlan, signal: EvictionSignal, capacity: number): number {
  const hard = thresholds.find((threshold) => threshold.signal === signal && threshold.grace === undefined);
  return hard === undefined ? 0 : Math.min(capacity, leastOf(hard, { capacity }));
}

import type { Node, NodeCondition, Taint } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { type PressureType, pressureTypes } from "./node-pressure.ts";
import { formatTime, type Instant, type Quantity } from "@kubets/machinery";

/** A machine to simulate. */
export interface SimulatedNodeSpec {
  readonly name: string;
  /** On top of 32 processors, 256Gi of memory, 1Ti of storage and 110 Pods. */
  readonly capacity?: Readonly<Record<string, Quantity>>;
  /** What of the capacity Pods may use; all when absent. */
  readonly allocatable?: Readonly<Record<string, Quantity>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** `zone-1` when absent. */
  readonly zone?: string;
}

/** The version of Kubernetes whose kubelet the nodes stand for. */
export const kubeletVersion = "v1.36.0";

/** What a machine has of everything. */
export function capacityOf({ capacity }: SimulatedNodeSpec): Readonly<Record<string, Quantity>> {
  return { ...defaultCapacity, ...capacity };
}

const defaultCapacity: Readonly<Record<string, Quantity>> = {
  cpu: "32",
  "ephemeral-storage": "1Ti",
  "hugepages-1Gi": "0",
  "hugepages-2Mi": "0",
  memory: "256Gi",
  pods: "110",
};

export interface NodePlace {
  readonly address: string;
  readonly podRange: string;
  /** Tells machines apart: a UUID. */
  readonly machine: string;
}

/** The Node as a kubelet registers it. */
export function nodeObject(spec: SimulatedNodeSpec, place: NodePlace, now: Instant): DraftObject<Node> {
  const { name, labels, taints, zone = "zone-1" } = spec;
  return {
    metadata: {
      name,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "simulated",
        "topology.kubernetes.io/zone": zone,
        ...labels,
      },
      annotations: { "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      podCIDR: place.podRange,
      podCIDRs: [place.podRange],
      providerID: `simulated://${name}`,
      ...(taints === undefined ? {} : { taints }),
    },
    status: nodeStatus(spec, place, now),
  };
}

export function nodeStatus(spec: SimulatedNodeSpec, { address, machine }: NodePlace, now: Instant): Node["status"] {
  const { name, allocatable } = spec;
  const all = capacityOf(spec);
  return {
    capacity: all,
    allocatable: { ...all, ...allocatable },
    conditions: nodeConditions(undefined, now),
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: machine.replaceAll("-", ""),
      systemUUID: machine,
      bootID: machine,
      kernelVersion: "6.12.0-simulated",
      osImage: "Simulated Linux",
      containerRuntimeVersion: "simulated://1.0.0",
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: "amd64",
    },
  };
}

const findings: readonly Pick<NodeCondition, "type" | "status" | "reason" | "message">[] = [
  { type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" },
  { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
  { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
  { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" },
];

const shortages: Readonly<Record<PressureType, Pick<NodeCondition, "status" | "reason" | "message">>> = {
  MemoryPressure: { status: "True", reason: "KubeletHasInsufficientMemory", message: "kubelet has insufficient memory available" },
  DiskPressure: { status: "True", reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" },
};

/**
 * The conditions of a machine that is well but for what it is short of; those of `node` that say the same already keep the time since
 * when.
 */
export function nodeConditions(
  node: Node | undefined,
  now: Instant,
  pressures: ReadonlySet<PressureType> = new Set(),
): readonly NodeCondition[] {
  const time = formatTime(now);
  const pressed = pressureTypes.filter((type) => pressures.has(type)).map((type) => ({ type, ...shortages[type] }));
  return findings.map((usual) => {
    const finding = pressed.find(({ type }) => type === usual.type) ?? usual;
    const before = node?.status.conditions?.find(({ type }) => type === finding.type);
    const since = before?.status === finding.status ? (before.lastTransitionTime ?? time) : time;
    return { ...finding, lastHeartbeatTime: time, lastTransitionTime: since };
  });
}

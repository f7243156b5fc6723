import { type Node, NodeKind, type Pod, PodKind, type PodSpec } from "@kubets/api";
import { applyDefaults, type Draft, type Kind, type KubernetesObject, seededRandom } from "@kubets/machinery";
import type { Profile } from "../framework.ts";
import { podInfo } from "../pod-info.ts";
import { defaultProfile } from "../plugins.ts";
import { Snapshot } from "../snapshot.ts";

/** Objects as a server would answer them, for tests that name only the facts that matter. */

let made = 0;

export interface NodeFacts extends Draft<Node["spec"]> {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly images?: Node["status"]["images"];
}

export function aNode({ name = `node-${++made}`, labels, allocatable, images, ...spec }: NodeFacts = {}): Node {
  return complete(NodeKind, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-of-${name}`, ...(labels === undefined ? {} : { labels }) },
    spec,
    status: {
      allocatable: { cpu: "4", memory: "8Gi", pods: "110", "ephemeral-storage": "100Gi", ...allocatable },
      ...(images === undefined ? {} : { images }),
    },
  });
}

export interface PodFacts extends Partial<Draft<PodSpec>> {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What the only container asks for. */
  readonly requests?: Readonly<Record<string, string>>;
  readonly hostPorts?: readonly { readonly hostPort: number; readonly hostIP?: string; readonly protocol?: "TCP" | "UDP" | "SCTP" }[];
  readonly status?: Draft<Pod["status"]>;
}

export function aPod({ name = `pod-${++made}`, namespace = "default", labels, requests, hostPorts, status, ...spec }: PodFacts = {}): Pod {
  const container = {
    name: "main",
    image: "main:1",
    ...(requests === undefined ? {} : { resources: { requests } }),
    ...(hostPorts === undefined ? {} : { ports: hostPorts.map((port) => ({ containerPort: port.hostPort, ...port })) }),
  };
  return complete(PodKind, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-of-${name}`, ...(labels === undefined ? {} : { labels }) },
    spec: { containers: [container], ...spec },
    ...(status === undefined ? {} : { status }),
  });
}

function complete<T extends KubernetesObject>(kind: Kind<T>, object: unknown): T {
  const completed = applyDefaults(kind.schema, object as T);
  return kind.strategy.defaults?.(completed) ?? completed;
}

export interface ClusterFacts {
  readonly nodes: readonly Node[];
  /** Pods that are on nodes, by their `spec.nodeName`. */
  readonly pods?: readonly Pod[];
  readonly seed?: number;
}

export function aSnapshot({ nodes, pods = [], seed = 1 }: ClusterFacts): Snapshot {
  const snapshot = new Snapshot(seededRandom(seed));
  for (const node of nodes) snapshot.setNode(node);
  for (const pod of pods) snapshot.setPod(podInfo(pod), pod.spec.nodeName!);
  return snapshot;
}

/** The default profile with only some of its plugins. */
export function aProfile(...plugins: readonly string[]): Profile {
  return { ...defaultProfile, plugins: defaultProfile.plugins.filter(({ plugin }) => plugins.includes(plugin.name)) };
}

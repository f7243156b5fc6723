import {
  type defaulted,
  defineKind,
  flag,
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
import { nodeColumns } from "./node-columns.ts";
import { nodeConfigSource, type NodeConfigSource } from "./node-config-source.ts";
import { validateNode, validateNodeStatus, validateNodeUpdate } from "./node-rules.ts";
import { type NodeStatus, nodeStatus } from "./node-status.ts";
import { type Taint, taint } from "./shared/taint.ts";

/** A machine, real or virtual, that runs Pods. */
export interface Node extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
}

/** How a node is meant to be used. */
export interface NodeSpec {
  readonly podCIDR?: string;
  readonly podCIDRs?: readonly string[];
  readonly providerID?: string;
  readonly unschedulable?: boolean;
  readonly taints?: readonly Taint[];
  readonly configSource?: NodeConfigSource;
  readonly externalID?: string;
}

const nodeSpec: Schema<NodeSpec> = object<NodeSpec>("io.k8s.api.core.v1.NodeSpec", "How a node is meant to be used.", {
  podCIDR: text({ field: 1, doc: "The range of addresses for the node's Pods; set once." }),
  podCIDRs: list(string, {
    field: 7,
    listType: "set",
    patchStrategy: "merge",
    doc: "The ranges of addresses for the node's Pods, at most one of each IP family; the first is podCIDR.",
  }),
  providerID: text({ field: 3, doc: "Names the machine to the cloud provider, as `provider://id`; set once." }),
  unschedulable: flag({ field: 4, doc: "If true, no new Pods are placed on the node (kubectl cordon)." }),
  taints: list(taint, { field: 5, listType: "atomic", doc: "Marks that keep Pods off the node unless they tolerate them." }),
  configSource: struct(nodeConfigSource, {
    field: 6,
    presence: "pointer",
    doc: "No longer used: where the kubelet took its configuration from.",
  }),
  externalID: text({ field: 2, doc: "No longer used: a name from outside the cluster." }),
});

const node: Schema<Node> = kindObject<Node>("io.k8s.api.core.v1.Node", "A machine, real or virtual, that runs Pods.", {
  spec: struct(nodeSpec, { field: 2, default: {}, doc: "How the node is meant to be used." }),
  status: struct(nodeStatus, { field: 3, default: {}, doc: "What the node is and how it does, as its kubelet reports." }),
});

export const NodeKind: Kind<Node> = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  resource: "nodes",
  shortNames: ["no"],
  scope: "Cluster",
  schema: node,
  subresources: { status: true, others: ["proxy"] },
  columns: nodeColumns,
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false) },
  strategy: {
    bornWithStatus: true,
    defaults: withAllocatableFromCapacity,
    prepareForCreate: withRangesInStep,
    prepareForUpdate: withRangesInStep,
    validate: validateNode,
    validateUpdate: validateNodeUpdate,
    validateStatusUpdate: validateNodeStatus,
  },
});

/** Without anything said, Pods may use all that the machine has. */
function withAllocatableFromCapacity(node: Node): Node {
  const { allocatable, capacity } = node.status;
  if (allocatable !== undefined || capacity === undefined) return node;
  return { ...node, status: { ...node.status, allocatable: capacity } };
}

/** `podCIDR` is the first of `podCIDRs`; a writer may give either. */
function withRangesInStep(node: Node): Node {
  const { podCIDR = "", podCIDRs = [] } = node.spec;
  const [first] = podCIDRs;
  if (first === undefined) return podCIDR === "" ? node : { ...node, spec: { ...node.spec, podCIDRs: [podCIDR] } };
  return podCIDR === "" ? { ...node, spec: { ...node.spec, podCIDR: first } } : node;
}

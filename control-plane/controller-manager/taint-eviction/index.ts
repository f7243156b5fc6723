import { type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { podsByNode } from "../ownership/node-index.ts";
import { measureEvictions } from "./metrics.ts";
import { type Observed, reconcile } from "./reconcile.ts";

/** Evicts Pods from nodes with NoExecute taints that they don't tolerate, or not for that long. */
export const taintEvictionController: Controller<Observed> = {
  name: "taint-eviction-controller",
  watches: [watch(PodKind, { keys: ifOnTaintedNode, indexes: podsByNode }), watch(NodeKind, { keys: podsOnTaintedNode })],
  observe,
  reconcile,
  measure: measureEvictions,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const pod = caches.of(PodKind).get(key);
  const node = pod?.spec.nodeName === undefined ? undefined : caches.of(NodeKind).get(pod.spec.nodeName);
  return pod === undefined || node === undefined ? undefined : { pod, taints: noExecuteTaints(node) };
}

// A Pod that comes to a node before the node's taints are known here is looked at with the taints.
function ifOnTaintedNode(pod: Pod, caches: Caches): readonly string[] {
  const node = pod.spec.nodeName === undefined ? undefined : caches.of(NodeKind).get(pod.spec.nodeName);
  return node === undefined || noExecuteTaints(node).length === 0 ? [] : [objectKey(pod)];
}

// Called for the node before and after a change: Pods are looked at again when taints go as well.
function podsOnTaintedNode(node: Node, caches: Caches): readonly string[] {
  if (noExecuteTaints(node).length === 0) return [];
  const pods: readonly Pod[] = caches.of(PodKind).byIndex("node", node.metadata.name);
  return pods.map(objectKey);
}

const none: readonly never[] = [];

function noExecuteTaints({ spec }: Node): Observed["taints"] {
  return spec.taints?.filter(({ effect }) => effect === "NoExecute") ?? none;
}

import { LeaseKind, type Node, NodeKind, PodKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import { nodeOfPod, podsByNode } from "../ownership/node-index.ts";
import { type Observed, reconcile } from "./reconcile.ts";

const leaseNamespace = "kube-node-lease";

/** Notices nodes that have fallen silent, and marks nodes with taints by their conditions. */
export const nodeLifecycleController: Controller<Observed> = {
  name: "node-lifecycle",
  watches: [
    watch(NodeKind),
    watch(LeaseKind, { keys: ({ metadata }) => (metadata.namespace === leaseNamespace ? [metadata.name] : []) }),
    watch(PodKind, { keys: nodeOfPod, indexes: podsByNode }),
  ],
  observe,
  reconcile,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const node: Node | undefined = caches.of(NodeKind).get(key);
  if (node === undefined) return undefined;
  return { node, lease: caches.of(LeaseKind).get(`${leaseNamespace}/${key}`), pods: caches.of(PodKind).byIndex("node", key) };
}

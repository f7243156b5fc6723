import { type Node, NodeKind, type Taint } from "@kubets/api";
import { type Controller, type Decision, deletion, event, nothing, patch, watch } from "@kubets/client";
import { formatTime, type Instant } from "@kubets/machinery";
import type { Instance, Instances } from "../provider.ts";

const shutdownTaint = "node.cloudprovider.kubernetes.io/shutdown";

export interface Observed {
  readonly node: Node;
  /** What the cloud says of its machine; absent while it needn't be asked. */
  readonly answer?: { readonly instance: Instance | undefined };
}

/** Milliseconds between two questions about a node that isn't ready (`--node-monitor-period`). */
const period = 5_000;

/** Deletes nodes whose machine is no more, and marks those whose machine is off. */
export function cloudNodeLifecycleController(instances: Instances): Controller<Observed> {
  return {
    name: "cloud-node-lifecycle",
    watches: [watch(NodeKind)],
    observe(key, caches) {
      const node = caches.of(NodeKind).get(key);
      return node === undefined ? undefined : { node };
    },
    async ask({ node }, _client, { signal }) {
      return isReady(node) ? { node } : { node, answer: { instance: await instances.find(node, signal) } };
    },
    reconcile,
  };
}

export function reconcile({ node, answer }: Observed, now: Instant): Decision {
  const taints = node.spec.taints ?? [];
  const isMarked = taints.some(({ key }) => key === shutdownTaint);
  if (isReady(node))
    return isMarked
      ? marked(
          node,
          taints.filter(({ key }) => key !== shutdownTaint),
        )
      : nothing;
  // A machine that the cloud has never known is none of its business.
  if (answer === undefined || (node.spec.providerID ?? "") === "") return nothing;
  if (answer.instance === undefined) {
    const { name } = node.metadata;
    const message = `Deleting node ${name} because it does not exist in the cloud provider`;
    return { actions: [event(node, "Normal", "DeletingNode", message), deletion(NodeKind, node)] };
  }
  if (answer.instance.isShutDown && !isMarked)
    return marked(node, [...taints, { key: shutdownTaint, effect: "NoSchedule", timeAdded: formatTime(now) }]);
  return { actions: [], requeueAfter: period };
}

function isReady({ status }: Node): boolean {
  // One that has said nothing yet is on its way.
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True";
}

function marked(node: Node, taints: readonly Taint[]): Decision {
  const { resourceVersion } = node.metadata;
  return { actions: [patch(NodeKind, node, { metadata: { resourceVersion }, spec: { taints } })], requeueAfter: period };
}

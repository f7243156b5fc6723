import { type Node, type NodeAddress, NodeKind } from "@kubets/api";
import { type Action, type Controller, type Decision, event, patch, watch } from "@kubets/client";
import { sameJson } from "@kubets/machinery";
import type { Instance, Instances } from "../provider.ts";

/** A kubelet that leaves it to the cloud to say what its machine is puts this on its node. */
export const uninitializedTaint = "node.cloudprovider.kubernetes.io/uninitialized";

export interface Observed {
  readonly node: Node;
  /** Absent when it wasn't asked for; `undefined` when the cloud has none. */
  readonly instance?: Instance | undefined;
}

/** Milliseconds between two looks at a node's addresses (`--node-status-update-frequency`). */
const period = 300_000;

/** Completes nodes by what the cloud knows of their machines, and keeps their addresses right. */
export function cloudNodeController(instances: Instances): Controller<Observed> {
  return {
    name: "cloud-node",
    watches: [watch(NodeKind)],
    observe(key, caches) {
      const node = caches.of(NodeKind).get(key);
      return node === undefined ? undefined : { node };
    },
    ask: async ({ node }, _client, { signal }) => ({ node, instance: await instances.find(node, signal) }),
    reconcile,
  };
}

export function reconcile({ node, instance }: Observed): Decision {
  if (instance === undefined) return { actions: [], requeueAfter: period };
  const { metadata, spec, status } = node;
  const actions: Action[] = [];
  const addresses = addressesOf(status.addresses ?? [], instance);
  if (!sameJson(addresses, status.addresses ?? [])) {
    actions.push(patch(NodeKind, node, { status: { addresses } }, { subresource: "status" }));
  }
  if (spec.taints?.some(({ key }) => key === uninitializedTaint) === true) {
    const labels = labelsOf(instance);
    const taints = spec.taints.filter(({ key }) => key !== uninitializedTaint);
    const providerID = spec.providerID ?? instance.providerID;
    // No resourceVersion would do here: the status that is written before it makes another. Only the uid must be the same.
    actions.push(
      patch(NodeKind, node, { metadata: { uid: metadata.uid, labels }, spec: { providerID, taints } }),
      event(node, "Normal", "Synced", "Node synced successfully"),
    );
  }
  return { actions, requeueAfter: period };
}

/** What the cloud says, and the name by which the node calls itself. */
function addressesOf(present: readonly NodeAddress[], { addresses }: Instance): readonly NodeAddress[] {
  const hostname = present.find(({ type }) => type === "Hostname");
  return hostname === undefined || addresses.some(({ type }) => type === "Hostname") ? addresses : [...addresses, hostname];
}

function labelsOf({ type, zone, region, labels }: Instance): Readonly<Record<string, string>> {
  return {
    ...labels,
    ...(type === undefined ? {} : { "node.kubernetes.io/instance-type": type, "beta.kubernetes.io/instance-type": type }),
    ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone, "failure-domain.beta.kubernetes.io/zone": zone }),
    ...(region === undefined ? {} : { "topology.kubernetes.io/region": region, "failure-domain.beta.kubernetes.io/region": region }),
  };
}

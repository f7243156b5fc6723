import type { Instant } from "@kubets/machinery";
import type { Binding } from "../binding.ts";
import { withPodCondition } from "./conditions.ts";
import type { Pod } from "./pod.ts";

/** Why a Pod can't be placed on a node any more, or not yet; `undefined` when it can. */
export function bindingObstacle(pod: Pod): string | undefined {
  const { metadata, spec } = pod;
  if (metadata.deletionTimestamp !== undefined) return `pod ${metadata.name} is being deleted, cannot be assigned to a host`;
  if ((spec.nodeName ?? "") !== "") return `pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`;
  if ((spec.schedulingGates ?? []).length > 0) return `pod ${metadata.name} has non-empty .spec.schedulingGates`;
  return undefined;
}

/** The Pod placed on the node of a binding. The binding's annotations win over the Pod's, its labels do not. */
export function boundPod(pod: Pod, { target, metadata }: Binding, now: Instant): Pod {
  const { nominatedNodeName: _, ...status } = pod.status;
  const bound: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(metadata.labels === undefined ? {} : { labels: { ...metadata.labels, ...pod.metadata.labels } }),
      ...(metadata.annotations === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...metadata.annotations } }),
    },
    spec: { ...pod.spec, nodeName: target.name ?? "" },
    status,
  };
  return withPodCondition(bound, { type: "PodScheduled", status: "True" }, now);
}

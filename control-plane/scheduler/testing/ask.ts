import type { Node, Pod } from "@kubets/api";
import type { ClusterEvent } from "../cluster-events.ts";
import type { Plugin } from "../framework.ts";
import { podInfo } from "../pod-info.ts";
import { aSnapshot } from "./objects.ts";

/** What a plugin's filter says of a Pod on a node: `"yes"`, or its reasons and whether preemption could help. */
export function filterSays(plugin: Plugin, pod: Pod, node: Node, others: readonly Pod[] = []): string {
  const snapshot = aSnapshot({
    nodes: [node],
    pods: others.map((other) => ({ ...other, spec: { ...other.spec, nodeName: node.metadata.name } })),
  });
  const verdict = plugin.preFilter!(podInfo(pod), snapshot);
  if (verdict.kind === "skip") return "yes";
  const rejection =
    verdict.kind === "reject"
      ? verdict.rejection
      : verdict.filter === undefined || verdict.filter.passes(0)
        ? undefined
        : verdict.filter.rejection(0);
  if (rejection === undefined) return "yes";
  return `${rejection.reasons.map(({ text }) => text).join(", ")}${rejection.resolvable ? "" : " (for good)"}`;
}

/** The raw scores that a plugin gives the nodes for a Pod; `undefined` when it doesn't score. */
export function scores(plugin: Plugin, pod: Pod, nodes: readonly Node[], pods: readonly Pod[] = []): readonly number[] | undefined {
  const snapshot = aSnapshot({ nodes, pods });
  const scorer = plugin.preScore!(podInfo(pod), snapshot);
  return scorer === undefined ? undefined : nodes.map(({ metadata }) => scorer.score(snapshot.slotOf(metadata.name)!));
}

/** Whether a plugin says that an event could help a Pod that it rejected. */
export function couldHelp({ hints }: Plugin, pod: Pod, event: ClusterEvent): boolean {
  if (hints === undefined) return true;
  const hint = hints[event.kind] as ((pod: ReturnType<typeof podInfo>, event: ClusterEvent) => boolean) | undefined;
  return hint?.(podInfo(pod), event) ?? false;
}

export function nodeUpdate(
  previous: Node,
  node: Node,
  ...changed: readonly ("allocatable" | "labels" | "taints" | "conditions" | "annotations")[]
): ClusterEvent {
  return { kind: "NodeUpdated", node, previous, changed: new Set(changed) };
}

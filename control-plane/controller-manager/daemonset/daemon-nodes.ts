import { isPodTerminal, type Node, type Pod, type PodSpec } from "@kubets/api";
import { podRevisionLabel } from "../history/controller-revisions.ts";
import { oldestFirst } from "../ownership/oldest-first.ts";
import { nodeOfDaemonPod, type Placement, placementOn } from "./placement.ts";

/** A node, and the Pods of one DaemonSet on it. */
export interface DaemonNode {
  readonly name: string;
  readonly placement: Placement;
  /** Pods of the present template, the oldest first. */
  readonly fresh: readonly Pod[];
  /** Pods of an earlier template, the oldest first. */
  readonly old: readonly Pod[];
  /** Pods that have ended and are not being deleted yet. */
  readonly ended: readonly Pod[];
  /** Pods on their way out. */
  readonly leaving: readonly Pod[];
}

/** What a DaemonSet whose Pods have this spec finds on every node, also on one that is gone and has left Pods behind: there nothing should run. */
export function daemonNodesOf(
  spec: PodSpec,
  { nodes, pods, hash }: { readonly nodes: readonly Node[]; readonly pods: readonly Pod[]; readonly hash: string },
): readonly DaemonNode[] {
  const byNode = Map.groupBy(pods.toSorted(oldestFirst), nodeOfDaemonPod);
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const gone = [...byNode.keys()].flatMap((name) => (name === undefined || known.has(name) ? [] : [name]));
  const daemonNode = (name: string, placement: Placement): DaemonNode => {
    const here = byNode.get(name) ?? [];
    const staying = here.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const live = staying.filter((pod) => !isPodTerminal(pod));
    const isFresh = ({ metadata }: Pod): boolean => metadata.labels?.[podRevisionLabel] === hash;
    return {
      name,
      placement,
      fresh: live.filter(isFresh),
      old: live.filter((pod) => !isFresh(pod)),
      ended: staying.filter(isPodTerminal),
      // One that has ended already holds nothing on the node any more.
      leaving: here.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)),
    };
  };
  return [
    ...nodes.map((node) => daemonNode(node.metadata.name, placementOn(spec, node))),
    ...gone.map((name) => daemonNode(name, { shouldRun: false, mayStay: false })),
  ];
}

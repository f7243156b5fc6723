import { isPodTerminal, type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import { type Caches, type Controller, objectKey, type Watch, watch } from "@kubets/client";
import { podsByNode } from "../ownership/node-index.ts";
import { isOutOfService, type Observed, reconcile } from "./reconcile.ts";

/** Not the key of any Pod: the ended Pods of the whole cluster. */
const endedPods = "ended Pods";

export interface PodGarbageCollectorOptions {
  /** How many ended Pods are kept; 12,500 when absent, as upstream. 0: all. */
  readonly endedPodsKept?: number;
}

/** Deletes Pods that nobody else will: of nodes that are gone, deleted before they had a node, and ended ones beyond a number. */
export function podGarbageCollector({ endedPodsKept = 12_500 }: PodGarbageCollectorOptions = {}): Controller<Observed> {
  const missing = new Map<string, number>();
  return {
    name: "pod-garbage-collector",
    watches: [watch(PodKind, { keys: keysOf, indexes: { ...podsByNode, ended: (pod) => (isPodTerminal(pod) ? [""] : []) } }), podsOfNodes],
    observe(key, caches): Observed | undefined {
      if (key === endedPods) return { what: "ended", pods: caches.of(PodKind).byIndex("ended", ""), kept: endedPodsKept };
      const pod = caches.of(PodKind).get(key);
      if (pod === undefined) return undefined;
      const { nodeName = "" } = pod.spec;
      const node: Node | undefined = nodeName === "" ? undefined : caches.of(NodeKind).get(nodeName);
      if (node !== undefined) missing.delete(nodeName);
      return {
        what: "pod",
        pod,
        node,
        missingSince(now) {
          const since = missing.get(nodeName) ?? now;
          missing.set(nodeName, since);
          return since;
        },
      };
    },
    reconcile,
  };
}

/** The Pods of a node that comes, goes, or is said to be off: most changes of Nodes are heartbeats. */
const podsOfNodes: Watch = {
  kind: NodeKind as unknown as Kind,
  indexes: {},
  keys({ object, previous }, caches) {
    const [before, after] = [previous, object] as readonly (Node | undefined)[];
    if (before !== undefined && after !== undefined && isOutOfService(before) === isOutOfService(after)) return [];
    return caches
      .of(PodKind)
      .byIndex("node", (after ?? before)!.metadata.name)
      .map(objectKey);
  },
};

function keysOf(pod: Pod, _caches: Caches): readonly string[] {
  return isPodTerminal(pod) ? [objectKey(pod), endedPods] : [objectKey(pod)];
}

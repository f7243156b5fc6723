import { isPodTerminal, type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Caches, type Change, type Controller, objectKey, watchChanges } from "@kubets/client";
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
    watches: [
      watchChanges(PodKind, keysOfPod, { ...podsByNode, ended: (pod) => (isPodTerminal(pod) ? [""] : []) }),
      watchChanges(NodeKind, podsOfNode),
    ],
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

  /** A Pod concerns nobody here but when it gets a node that isn't there, is deleted, or is one of too many that ended. */
  function keysOfPod({ object: pod, previous }: Change<Pod>, caches: Caches): readonly string[] {
    if (pod === undefined) return [objectKey(previous!)];
    const keys: string[] = [];
    const { nodeName = "" } = pod.spec;
    const { deletionTimestamp } = pod.metadata;
    const isNew = previous?.spec.nodeName !== pod.spec.nodeName || previous?.metadata.deletionTimestamp !== deletionTimestamp;
    const isAtHome = deletionTimestamp === undefined && (nodeName === "" || caches.of(NodeKind).get(nodeName) !== undefined);
    if (isNew && !isAtHome) keys.push(objectKey(pod));
    const hasEnded = isPodTerminal(pod) && (previous === undefined || !isPodTerminal(previous));
    if (hasEnded && caches.of(PodKind).byIndex("ended", "").length > endedPodsKept) keys.push(endedPods);
    return keys;
  }

  /** The Pods of a node that comes, goes, or is said to be off: most changes of Nodes are heartbeats. */
  function podsOfNode({ object, previous }: Change<Node>, caches: Caches): readonly string[] {
    if (object !== undefined) missing.delete(object.metadata.name);
    if (previous !== undefined && object !== undefined && isOutOfService(previous) === isOutOfService(object)) return [];
    const pods: readonly Pod[] = caches.of(PodKind).byIndex("node", (object ?? previous)!.metadata.name);
    return pods.map(objectKey);
  }
}

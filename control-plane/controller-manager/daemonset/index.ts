import {
  type ControllerRevision,
  ControllerRevisionKind,
  type DaemonSet,
  DaemonSetKind,
  type Node,
  NodeKind,
  type Pod,
  PodKind,
} from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { sameJson, selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { createFailures } from "./failures.ts";
import { nodeOfDaemonPod } from "./placement.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Keeps one Pod on every node that fits. */
export function daemonSetController(): Controller<Observed> {
  const failures = createFailures();
  return {
    name: "daemonset",
    watches: [
      watch(DaemonSetKind),
      watch(PodKind, { keys: daemonSetsOf, indexes: orphanIndex }),
      watch(ControllerRevisionKind, { keys: daemonSetsOf, indexes: orphanIndex }),
      nodeWatch,
    ],
    observe(key, caches) {
      const daemonSet = caches.of(DaemonSetKind).get(key);
      if (daemonSet === undefined) return undefined;
      const { uid, namespace = "", generation = 0, deletionTimestamp } = daemonSet.metadata;
      if (deletionTimestamp !== undefined) failures.forget(uid);
      const pods = caches.of(PodKind);
      const revisions = caches.of(ControllerRevisionKind);
      return {
        daemonSet,
        nodes: caches.of(NodeKind).list(),
        candidates: [...pods.byIndex("owner", uid), ...pods.byIndex("orphan", namespace)],
        revisions: [...revisions.byIndex("owner", uid), ...revisions.byIndex("orphan", namespace)],
        failures: (pod) => failures.count({ daemonSet: uid, generation, node: nodeOfDaemonPod(pod) ?? "" }, pod),
      };
    },
    reconcile,
    refused,
  };
}

/** A node that came, went, or changed in what decides where Pods may run touches every DaemonSet; a heartbeat touches none. */
const nodeWatch = {
  ...watch(NodeKind),
  *keys({ object, previous }: { readonly object?: unknown; readonly previous?: unknown }, caches: Caches): Iterable<string> {
    if (sameJson(placementFacts(object as Node | undefined), placementFacts(previous as Node | undefined))) return;
    yield* caches.of(DaemonSetKind).list().map(objectKey);
  },
};

function placementFacts(node: Node | undefined): unknown {
  return node === undefined ? undefined : [node.metadata.labels, node.spec.taints];
}

/** A Pod or revision touches its owner; an orphan touches every DaemonSet that could adopt it. */
function daemonSetsOf(object: Pod | ControllerRevision, caches: Caches): readonly string[] {
  const owner = controllerOf(object);
  const namespace = object.metadata.namespace ?? "";
  if (owner !== undefined) return owner.kind === "DaemonSet" ? [`${namespace}/${owner.name}`] : [];
  const matches = ({ spec }: DaemonSet): boolean => selectorMatches(spec.selector, object.metadata.labels);
  return caches.of(DaemonSetKind).list({ namespace }).filter(matches).map(objectKey);
}

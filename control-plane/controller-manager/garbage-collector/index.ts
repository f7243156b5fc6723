import type { Caches, Change, Controller, Watch } from "@kubets/client";
import { type Kind, type KubernetesObject, sameJson } from "@kubets/machinery";
import { customKinds, declaredByDefinitions } from "../custom-resources/custom-kinds.ts";
import { type Graph, graphOf } from "./graph.ts";
import { isWaitingForDependents, type Observed, orphanFinalizer, reconcile } from "./reconcile.ts";

/**
 * Deletes what nobody owns any more, and carries out foreground deletion and orphaning, over all `kinds` of the program and the custom ones.
 *
 * A key is an object; what is observed are its owners and, while it is being deleted, its dependents. So the cost of a change follows the
 * number of objects around it.
 */
export function garbageCollector(kinds: readonly Kind[]): Controller<Observed> {
  const collected = kinds.filter(isCollected);
  const graph = graphOf((caches) => [...collected, ...customKinds(caches)]);
  return {
    name: "generic-garbage-collector",
    watches: collected.map((kind) => watchOwnership(kind, graph)),
    declaredKinds: declaredByDefinitions((kind) => [watchOwnership(kind, graph)], { known: (kind, caches) => graph.ownedBy(kind, caches) }),
    observe: (key, caches) => observe(key, graph, caches),
    reconcile,
    workers: 20,
  };
}

/** Stored kinds that can be deleted. Events own nothing, and go by their time to live. */
function isCollected({ verbs, storedAs, resource }: Kind): boolean {
  return verbs.includes("delete") && verbs.includes("list") && storedAs === undefined && resource !== "events";
}

function watchOwnership(kind: Kind, graph: Graph): Watch {
  return {
    kind,
    indexes: { dependents: ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? [] },
    keys(change, caches) {
      const { object, previous } = change;
      const staysAsItIs = object !== undefined && (previous === undefined ? isUnbound(object) : staysOwned(object, previous));
      return staysAsItIs ? none : touchedBy(kind, change, graph, caches);
    },
  };
}

function* touchedBy(kind: Kind, { object, previous }: Change<KubernetesObject>, graph: Graph, caches: Caches): Iterable<string> {
  const present = object ?? previous!;
  if (object !== undefined && concerns(object)) yield graph.keyOf(kind, object);
  const isLeaving = object === undefined || isWaitingForDependents(object);
  if (isLeaving) for (const dependent of graph.dependentsOf(present, caches)) yield graph.keyOf(dependent.kind, dependent.object);
  // An owner that waits for its dependents hears of each that goes, or is let go.
  for (const { metadata } of [object, previous].filter((each) => each !== undefined)) {
    for (const reference of metadata.ownerReferences ?? []) {
      const owner = graph.ownerOf(reference, metadata.namespace, caches);
      if (owner.state === "waiting") yield graph.keyOf(owner.kind, owner.object);
    }
  }
}

const none: readonly never[] = [];

/** Nobody owns it and it isn't being deleted: most objects are like that, and the first look is at all of them. */
function isUnbound({ metadata: { deletionTimestamp, ownerReferences } }: KubernetesObject): boolean {
  return deletionTimestamp === undefined && (ownerReferences === undefined || ownerReferences.length === 0);
}

/** Whether there could be anything to do for the object itself. */
function concerns({ metadata }: KubernetesObject): boolean {
  if (metadata.deletionTimestamp === undefined) return (metadata.ownerReferences?.length ?? 0) > 0;
  return metadata.finalizers?.some((name) => name === orphanFinalizer || name === "foregroundDeletion") === true;
}

/** Both stay, with the same owners: most changes of objects are about other things. */
function staysOwned({ metadata: after }: KubernetesObject, { metadata: before }: KubernetesObject): boolean {
  return (
    after.deletionTimestamp === undefined &&
    before.deletionTimestamp === undefined &&
    sameJson(after.ownerReferences, before.ownerReferences)
  );
}

function observe(key: string, graph: Graph, caches: Caches): Observed | undefined {
  const found = graph.find(key, caches);
  if (found === undefined || !concerns(found.object)) return undefined;
  const { namespace, ownerReferences = [] } = found.object.metadata;
  return {
    ...found,
    owners: ownerReferences.map((reference) => ({ reference, owner: graph.ownerOf(reference, namespace, caches) })),
    // Over all kinds, and most decisions don't ask.
    get dependents() {
      return graph.dependentsOf(found.object, caches);
    },
  };
}

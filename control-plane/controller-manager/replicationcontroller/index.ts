import { type Pod, PodKind, type ReplicationController, ReplicationControllerKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type Kind, selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { type Observed, reconcile, refused } from "../replicaset/reconcile.ts";

/** What a ReplicaSet does, for the kind that was there before it. */
export const replicationController: Controller<Observed> = {
  name: "replicationcontroller",
  watches: [watch(ReplicationControllerKind), watch(PodKind, { keys: controllersOf, indexes: orphanIndex })],
  observe,
  reconcile,
  refused,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const object = caches.of(ReplicationControllerKind).get(key);
  // Without a template there is nothing to make; admission lets none in without.
  if (object?.spec.template === undefined) return undefined;
  const pods = caches.of(PodKind);
  const { spec, status, metadata } = object;
  return {
    owner: {
      kind: ReplicationControllerKind as unknown as Kind,
      object,
      replicas: spec.replicas,
      minReadySeconds: spec.minReadySeconds,
      selector: { matchLabels: spec.selector ?? {} },
      template: object.spec.template,
      status,
      countsTerminating: false,
    },
    candidates: [...pods.byIndex("owner", metadata.uid), ...pods.byIndex("orphan", metadata.namespace ?? "")],
    siblings: [],
  };
}

/** A Pod touches its owner; an orphan touches every ReplicationController that could adopt it. */
function controllersOf(pod: Pod, caches: Caches): readonly string[] {
  const owner = controllerOf(pod);
  const namespace = pod.metadata.namespace ?? "";
  if (owner !== undefined) return owner.kind === "ReplicationController" ? [`${namespace}/${owner.name}`] : [];
  const matches = ({ spec }: ReplicationController): boolean =>
    Object.keys(spec.selector ?? {}).length > 0 && selectorMatches({ matchLabels: spec.selector ?? {} }, pod.metadata.labels);
  return caches.of(ReplicationControllerKind).list({ namespace }).filter(matches).map(objectKey);
}

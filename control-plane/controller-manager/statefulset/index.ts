import {
  type ControllerRevision,
  ControllerRevisionKind,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type Pod,
  PodKind,
  type StatefulSet,
  StatefulSetKind,
} from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type KubernetesObject, selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Keeps Pods with lasting names and claims of their own, which come, go and roll in order. */
export const statefulSetController: Controller<Observed> = {
  name: "statefulset",
  watches: [
    watch(StatefulSetKind),
    watch(PodKind, { keys: setsOf, indexes: orphanIndex }),
    watch(ControllerRevisionKind, { keys: setsOf, indexes: orphanIndex }),
    watch(PersistentVolumeClaimKind, { keys: setsOfClaim }),
  ],
  observe,
  reconcile,
  refused,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const set = caches.of(StatefulSetKind).get(key);
  if (set === undefined) return undefined;
  const { uid, namespace = "" } = set.metadata;
  const pods = caches.of(PodKind);
  const revisions = caches.of(ControllerRevisionKind);
  return {
    set,
    candidates: [...pods.byIndex("owner", uid), ...pods.byIndex("orphan", namespace)],
    revisions: [...revisions.byIndex("owner", uid), ...revisions.byIndex("orphan", namespace)],
    claimNamed: (name) => caches.of(PersistentVolumeClaimKind).get(`${namespace}/${name}`),
  };
}

/** A Pod or revision touches its owner; an orphan touches every StatefulSet that could adopt it. */
function setsOf(object: Pod | ControllerRevision, caches: Caches): readonly string[] {
  const owner = controllerOf(object);
  const namespace = object.metadata.namespace ?? "";
  if (owner !== undefined) return owner.kind === "StatefulSet" ? [`${namespace}/${owner.name}`] : [];
  return setsIn(caches, object)
    .filter(({ spec }) => selectorMatches(spec.selector, object.metadata.labels))
    .map(objectKey);
}

/** A claim touches the StatefulSet that it is named after: a Pod may wait until an old claim is gone. */
function setsOfClaim(claim: PersistentVolumeClaim, caches: Caches): readonly string[] {
  const names = (set: StatefulSet): boolean =>
    set.spec.volumeClaimTemplates?.some(({ metadata }) => claim.metadata.name.startsWith(`${metadata.name}-${set.metadata.name}-`)) ===
    true;
  return setsIn(caches, claim).filter(names).map(objectKey);
}

function setsIn(caches: Caches, { metadata }: KubernetesObject): readonly StatefulSet[] {
  return caches.of(StatefulSetKind).list({ namespace: metadata.namespace ?? "" });
}

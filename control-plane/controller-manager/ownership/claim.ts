import type { Kind, KubernetesObject, LabelSelector, OwnerReference } from "@kubets/machinery";
import { apiVersionOf, selectorMatches } from "@kubets/machinery";
import { type Action, patch } from "@kubets/client";

/** The objects an owner has, and what must be written so that ownership follows its selector. */
export interface Claim<T> {
  readonly owned: readonly T[];
  readonly actions: readonly Action[];
}

/**
 * Settles who owns what: objects of the owner that its selector no longer matches are released, orphans that it matches are
 * adopted. An owner on its way out neither adopts nor releases; an object on its way out is not adopted.
 */
export function claim<T extends KubernetesObject>({
  owner,
  ownerKind,
  selector,
  kind,
  candidates,
  finalizer,
}: {
  readonly owner: KubernetesObject;
  readonly ownerKind: Kind;
  readonly selector: LabelSelector;
  readonly kind: Kind;
  /** What the owner owns by reference, and orphans of its namespace. */
  readonly candidates: readonly T[];
  /** Put on what is adopted and taken from what is released: the owner's hold on objects until it has seen them end. */
  readonly finalizer?: string;
}): Claim<T> {
  const owned: T[] = [];
  const actions: Action[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const matches = selectorMatches(selector, candidate.metadata.labels);
    const controller = controllerOf(candidate);
    if (controller?.uid === owner.metadata.uid) {
      if (matches) owned.push(candidate);
      else if (!leaving) actions.push(release(kind, candidate, owner, finalizer));
    } else if (controller === undefined && matches && !leaving && candidate.metadata.deletionTimestamp === undefined) {
      owned.push(candidate);
      actions.push(adopt(kind, candidate, controllerReference(owner, ownerKind), finalizer));
    }
  }
  return { owned, actions };
}

/** The owner reference that marks the controlling owner. */
export function controllerOf({ metadata }: KubernetesObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function controllerReference(owner: KubernetesObject, kind: Kind): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Index of objects without a controlling owner, by namespace. */
export const orphanIndex = {
  orphan: (object: KubernetesObject): readonly string[] => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : []),
};

function adopt(kind: Kind, object: KubernetesObject, reference: OwnerReference, finalizer: string | undefined): Action {
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  // It may name the owner already, only not as its controller.
  const others = ownerReferences.filter(({ uid }) => uid !== reference.uid);
  return changed(kind, object, {
    ownerReferences: [...others, reference],
    ...(finalizer === undefined ? {} : { finalizers: [...new Set([...finalizers, finalizer])] }),
  });
}

function release(kind: Kind, object: KubernetesObject, owner: KubernetesObject, finalizer: string | undefined): Action {
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  return changed(kind, object, {
    ownerReferences: ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid),
    ...(finalizer === undefined ? {} : { finalizers: finalizers.filter((each) => each !== finalizer) }),
  });
}

// The uid is checked by the server: a new object of the same name is not meant. So is the revision: lists are replaced as a whole.
function changed(kind: Kind, object: KubernetesObject, change: object): Action {
  const { uid, resourceVersion } = object.metadata;
  return patch(kind, object, { metadata: { uid, ...change, resourceVersion } });
}

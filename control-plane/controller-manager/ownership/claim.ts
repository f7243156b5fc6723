import type { Kind, KubernetesObject, LabelSelector, OwnerReference } from "@kubets/machinery";
import { apiVersionOf, selectorMatches } from "@kubets/machinery";
import type { Action } from "@kubets/client";

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

// The uid in the patch is checked by the server: a new object of the same name is not meant.
function adopt(kind: Kind, { metadata }: KubernetesObject, reference: OwnerReference, finalizer: string | undefined): Action {
  // It may name the owner already, only not as its controller.
  const others = metadata.ownerReferences?.filter(({ uid }) => uid !== reference.uid) ?? [];
  const finalizers = finalizer === undefined ? {} : { finalizers: [...new Set([...(metadata.finalizers ?? []), finalizer])] };
  const patch = { metadata: { uid: metadata.uid, ownerReferences: [...others, reference], ...finalizers } };
  return { verb: "patch", kind, ...locate(metadata), type: "merge", patch: withRevision(patch, metadata.resourceVersion) };
}

function release(kind: Kind, { metadata }: KubernetesObject, owner: KubernetesObject, finalizer: string | undefined): Action {
  const others = metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
  const finalizers = finalizer === undefined ? {} : { finalizers: (metadata.finalizers ?? []).filter((each) => each !== finalizer) };
  const patch = { metadata: { uid: metadata.uid, ownerReferences: others, ...finalizers } };
  return { verb: "patch", kind, ...locate(metadata), type: "merge", patch: withRevision(patch, metadata.resourceVersion) };
}

// The list is replaced as a whole, so it must not have changed since it was read.
function withRevision(patch: { readonly metadata: object }, resourceVersion: string): object {
  return { metadata: { ...patch.metadata, resourceVersion } };
}

function locate(metadata: KubernetesObject["metadata"]): { readonly namespace?: string; readonly name: string } {
  return metadata.namespace === undefined ? { name: metadata.name } : { namespace: metadata.namespace, name: metadata.name };
}

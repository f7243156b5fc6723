import { type Action, type Decision, event, nothing, patch } from "@kubets/client";
import type { DeleteOptions, Kind, KubernetesObject, OwnerReference } from "@kubets/machinery";
import type { Located, Owner } from "./graph.ts";

export const orphanFinalizer = "orphan";
const foregroundFinalizer = "foregroundDeletion";

export interface Observed extends Located {
  readonly owners: readonly { readonly reference: OwnerReference; readonly owner: Owner }[];
  /** Objects that name it as one of their owners. Looked up when asked for: best once. */
  readonly dependents: readonly Located[];
}

/** Being deleted in the foreground: it goes when its dependents are gone. */
export function isWaitingForDependents({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer) === true;
}

export function reconcile(observed: Observed): Decision {
  const { kind, object } = observed;
  const { finalizers = [] } = object.metadata;
  if (object.metadata.deletionTimestamp === undefined) return judgeOwners(observed);
  if (finalizers.includes(orphanFinalizer)) {
    return {
      actions: [
        ...observed.dependents.map((dependent) => disowned(dependent, [object.metadata.uid])),
        withoutFinalizer(kind, object, orphanFinalizer),
      ],
    };
  }
  if (finalizers.includes(foregroundFinalizer) && !observed.dependents.some((dependent) => blocks(dependent, object))) {
    return { actions: [withoutFinalizer(kind, object, foregroundFinalizer)] };
  }
  return nothing;
}

function judgeOwners(observed: Observed): Decision {
  const { kind, object, owners } = observed;
  const absent = owners.filter(({ owner }) => owner.state === "absent");
  const waiting = owners.filter(({ owner }) => owner.state === "waiting");
  const told = owners.filter(isMisplaced).map(({ reference }) => misplacedEvent(object, reference));
  if (absent.length === 0 && waiting.length === 0) return { actions: told };
  const confirmations = absent.flatMap(({ reference, owner }) => (owner.state === "absent" ? [confirmGone(reference, owner)] : []));
  const hasOwner = owners.some(({ owner }) => owner.state === "solid" || owner.state === "unreachable");
  if (hasOwner) {
    const lost = [...absent, ...waiting].map(({ reference }) => reference.uid);
    return { actions: [...told, ...confirmations, disowned({ kind, object }, lost)] };
  }
  const dependents = waiting.length === 0 ? [] : observed.dependents;
  // In a circle an owner waits for what waits for the owner itself: whoever closes the circle must not block.
  const blocking = owners.some(({ reference, owner }) => owner.state === "waiting" && reference.blockOwnerDeletion === true);
  if (blocking && dependents.some((dependent) => isWaitingForDependents(dependent.object)))
    return { actions: [unblocked({ kind, object })] };
  // Its own dependents must be gone before the owner that waits for it may go.
  const foreground = dependents.length > 0;
  return { actions: [...told, ...confirmations, collection({ kind, object }, foreground ? "Foreground" : propagationOf(object))] };
}

/** Whether the owner is there, but where it can't own the object: users can't see why it goes, or why it never does. */
function isMisplaced({ owner }: Observed["owners"][number]): boolean {
  return owner.state === "unreachable" || (owner.state === "absent" && owner.isElsewhere);
}

function misplacedEvent(object: KubernetesObject, { apiVersion, kind, name, uid }: OwnerReference): Action {
  const { namespace = "" } = object.metadata;
  const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  return event(object, "Warning", "OwnerRefInvalidNamespace", `ownerRef ${owner} does not exist in namespace "${namespace}"`);
}

/** What the object asks for by its finalizers; without one, its dependents follow in the background. */
function propagationOf({ metadata: { finalizers = [] } }: KubernetesObject): DeleteOptions["propagationPolicy"] {
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}

/** Nothing waits for itself, whatever it says. */
function blocks({ object: { metadata } }: Located, { metadata: { uid: owner } }: KubernetesObject): boolean {
  const isHeld = metadata.ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true) === true;
  return isHeld && metadata.uid !== owner;
}

function confirmGone(
  { name, uid }: OwnerReference,
  { kind, namespace }: { readonly kind: Kind; readonly namespace: string | undefined },
): Action {
  return { verb: "confirmGone", kind, ...(namespace === undefined ? {} : { namespace }), name, uid };
}

function collection({ kind, object: { metadata } }: Located, propagationPolicy: DeleteOptions["propagationPolicy"]): Action {
  // With the revision: should somebody have given it an owner since, it stays.
  const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
  return {
    verb: "delete",
    kind,
    ...within(metadata),
    name: metadata.name,
    options: { preconditions, ...(propagationPolicy === undefined ? {} : { propagationPolicy }) },
  };
}

/** Takes references to owners away. The list is replaced as a whole, so it must not have changed since it was read. */
function disowned({ kind, object }: Located, owners: readonly string[]): Action {
  const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => !owners.includes(uid)) ?? [];
  return merge(kind, object, { ownerReferences });
}

function unblocked({ kind, object }: Located): Action {
  return merge(kind, object, { ownerReferences: object.metadata.ownerReferences?.map((each) => ({ ...each, blockOwnerDeletion: false })) });
}

function withoutFinalizer(kind: Kind, object: KubernetesObject, name: string): Action {
  return merge(kind, object, { finalizers: object.metadata.finalizers?.filter((each) => each !== name) ?? [] });
}

function merge(kind: Kind, object: KubernetesObject, change: object): Action {
  const { uid, resourceVersion } = object.metadata;
  return patch(kind, object, { metadata: { uid, resourceVersion, ...change } });
}

function within({ namespace }: KubernetesObject["metadata"]): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

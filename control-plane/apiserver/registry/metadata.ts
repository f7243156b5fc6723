import {
  alreadyExists,
  badRequest,
  conflict,
  formatTime,
  type Instant,
  invalid,
  invalidObject,
  type Kind,
  type KubernetesObject,
  type ManagedFieldsEntry,
  nameSuffix,
  type ObjectMeta,
  objectModified,
  type OwnerReference,
  type Random,
  sameButForTimes,
  sameJsonBut,
  StatusError,
  uuid,
} from "@kubets/machinery";
import type { CachedObject } from "../watch-cache/cached-object.ts";

/** The metadata of an object on its way in: what the server assigns may be missing. */
export type ProposedMeta = Partial<ObjectMeta>;

export function proposedMeta({ metadata }: { readonly metadata?: ProposedMeta }): ProposedMeta {
  return metadata ?? {};
}

/** The object in the namespace of its request. Throws `BadRequest` when it says that it is in another. */
export function inNamespace({ scope }: Pick<Kind, "scope">, object: KubernetesObject, namespace: string): KubernetesObject {
  const { namespace: given = "" } = proposedMeta(object);
  if (given === namespace && "metadata" in object) return object;
  const { namespace: _given, ...metadata } = proposedMeta(object);
  if (given !== "" && namespace !== "" && scope === "Namespaced") {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return withMetadata(object, namespace === "" ? metadata : { ...metadata, namespace });
}

/** The one place where metadata on its way in is taken for whole: the bracket fills in what is missing before anyone looks. */
function withMetadata(object: KubernetesObject, metadata: ProposedMeta): KubernetesObject {
  return { ...object, metadata: metadata as ObjectMeta };
}

export interface NewMetadata {
  readonly name: string;
  readonly random: Random;
  readonly now: Instant;
  /** The kind counts its generations. */
  readonly isCounted: boolean;
  readonly managedFields: ManagedFields;
}

/** `undefined`: nobody's. */
export type ManagedFields = readonly ManagedFieldsEntry[] | undefined;

/** The object with each of its owners once; who says one twice is warned. */
export function withOwnersOnce(object: KubernetesObject, warn: (text: string) => void): KubernetesObject {
  const { ownerReferences = [] } = proposedMeta(object);
  if (ownerReferences.length < 2) return object;
  const seen = new Set<string>();
  const twice = new Set(ownerReferences.filter((owner) => seen.size === seen.add(contentOf(owner)).size));
  if (twice.size === 0) return object;
  const uids = [...twice].map(({ uid }) => uid).join(", ");
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  );
  return withMetadata(object, { ...object.metadata, ownerReferences: ownerReferences.filter((owner) => !twice.has(owner)) });
}

/** The same for references that say the same: there may be tens of thousands, too many for each to be compared with each. */
function contentOf({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): string {
  return JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
}

/** What a new object is given, whatever it says. */
export function newMetadata(metadata: ProposedMeta, { name, random, now, isCounted, managedFields }: NewMetadata): ObjectMeta {
  return {
    ...withoutAssigned(metadata),
    name,
    uid: uuid(random),
    resourceVersion: metadata.resourceVersion ?? "",
    creationTimestamp: formatTime(now),
    ...(isCounted ? { generation: 1 } : {}),
    ...managedBy(managedFields),
  };
}

/** Metadata without what nobody says of a new object but the server. Few say any of it. */
function withoutAssigned(metadata: ProposedMeta): ProposedMeta {
  if (!assigned.some((name) => name in metadata)) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !(assigned as readonly string[]).includes(name)));
}

const assigned = ["generation", "selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] as const;

function managedBy(managedFields: ManagedFields): Pick<ObjectMeta, "managedFields"> {
  return managedFields === undefined || managedFields.length === 0 ? {} : { managedFields };
}

/** What an update can't change of the metadata, whatever it says. */
export function keptMetadata(metadata: ProposedMeta, current: CachedObject, managedFields: ManagedFields): ObjectMeta {
  const { name, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = current.object.metadata;
  const { selfLink: _selfLink, managedFields: _managedFields, generation: _generation, ...given } = metadata;
  return {
    ...given,
    name: given.name ?? name,
    uid: given.uid === undefined || given.uid === "" ? uid : given.uid,
    resourceVersion: String(current.revision),
    creationTimestamp,
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined || given.deletionGracePeriodSeconds !== undefined ? {} : { deletionGracePeriodSeconds }),
    ...managedBy(managedFields),
  };
}

/** The object with the times of its managers as they were, when nothing but these times is new: then nothing is written. */
export function withSettledTimes(object: KubernetesObject, previous: KubernetesObject): KubernetesObject {
  const { managedFields: now } = object.metadata;
  const { managedFields: before } = previous.metadata;
  if (now === before || before === undefined) return object;
  // Most writes change something, and it is found soonest in what is not metadata.
  const isSettled = sameJsonBut("metadata", object, previous) && sameJsonBut("managedFields", object.metadata, previous.metadata);
  if (!isSettled || !sameButForTimes(now, before)) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: before } };
}

/** Whether an update names the revision that it is made against. */
export function namesRevision({ resourceVersion = "" }: ProposedMeta): boolean {
  return resourceVersion !== "" && resourceVersion !== "0";
}

/** Throws `Conflict` for an update that means another object, or another revision of it. */
export function mustNotBeStale(kind: Kind, metadata: ProposedMeta, current: CachedObject): void {
  const { name, uid: actual } = current.object.metadata;
  const { uid = "", resourceVersion } = metadata;
  if (uid !== "" && uid !== actual) {
    const because = `StorageError: invalid object, Code: 4, Key: ${current.key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`;
    throw conflict(kind, name, because);
  }
  if (namesRevision(metadata) && resourceVersion !== String(current.revision)) throw conflict(kind, name, objectModified);
}

/** For kinds whose updates must name the revision that they are made against. */
export function revisionRequired(kind: Kind, name: string): StatusError {
  return invalidObject(kind, name, [invalid("metadata.resourceVersion", "", "must be specified for an update")]);
}

// Generated names are cut so that they stay names: upstream keeps 58 characters of the prefix.
const longestGenerated = 63;

export function generatedName(prefix: string, random: Random): string {
  const suffix = nameSuffix(random);
  return prefix.slice(0, longestGenerated - suffix.length) + suffix;
}

/** Every name that was tried was taken. */
export function generatedNameTaken(kind: Kind, name: string): StatusError {
  const { details, message } = alreadyExists(kind, name);
  return new StatusError(409, "AlreadyExists", `${message}, the server was not able to generate a unique name for the object`, {
    details: { ...details, retryAfterSeconds: 1 },
  });
}

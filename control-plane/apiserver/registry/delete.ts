import {
  conflict,
  type DeleteOptions,
  formatTime,
  type Instant,
  type Kind,
  type KubernetesObject,
  notFound,
  parseTime,
  type Status,
} from "@kubets/machinery";
import { isStoreError, type Revision } from "@kubets/store";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { WriteEnvironment, Writer } from "./bracket.ts";
import type { Resource } from "./resource.ts";
import { statusOfStoreError } from "./store-errors.ts";
import { remainingFinalizers } from "./transitions.ts";

export interface DeleteRequest {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
  readonly writer: Writer;
}

export type Deleted =
  /** The object is gone; as it was, at the revision of the deletion. */
  | { readonly outcome: "gone"; readonly object: CachedObject }
  /** It waits for its grace period or its finalizers. */
  | { readonly outcome: "terminating"; readonly object: CachedObject };

/** Deletes an object, or begins to: finalizers and grace periods keep it until they are done. Runs again when it was changed meanwhile. */
export async function deleteObject(environment: WriteEnvironment, request: DeleteRequest): Promise<Deleted> {
  const { watchCache, store, clock, admission, claims } = environment;
  const { resource, namespace, name, options, dryRun, writer } = request;
  const { kind } = resource;
  const key = resource.keyOf(namespace, name);
  for (;;) {
    await watchCache.current((wait) => writer.idle(wait));
    const stored = resource.cache.get(key);
    if (stored === undefined) throw notFound(kind, name);
    await resource.prepare?.([stored]);
    const current = resource.show(stored);
    mustMeetPreconditions(kind, current, options);
    const { user, signal } = writer;
    await admission.validate({
      operation: "DELETE",
      kind,
      namespace,
      name,
      subresource: "",
      previous: current.object,
      options: { ...options },
      dryRun,
      user,
      signal,
      warn: (text) => writer.warn(text),
    });
    const decision = decideDeletion(kind, current.object, options, clock.now());
    const expected = stored.revision as Revision;
    try {
      switch (decision.verdict) {
        case "delete now": {
          const revision = dryRun ? stored.revision : await store.delete(key, { cause: writer.cause, expected });
          if (!dryRun) await claims.of(kind)?.onDelete(current.object);
          const last = stored.at(revision);
          await resource.prepare?.([last]);
          return { outcome: "gone", object: resource.show(last) };
        }
        case "already terminating":
          return { outcome: "terminating", object: current };
        case "mark": {
          const bytes = await resource.encode(decision.object);
          if (dryRun) return { outcome: "terminating", object: await resource.unwritten(key, bytes, stored.revision) };
          const revision = await store.update(key, bytes, { cause: writer.cause, expected });
          return { outcome: "terminating", object: await resource.written(key, bytes, revision) };
        }
      }
    } catch (error) {
      // Changed meanwhile: whether it may still be deleted is looked at anew, preconditions included.
      if (isStoreError(error, "Conflict", "NotFound")) continue;
      throw statusOfStoreError(error, kind, name);
    }
  }
}

function mustMeetPreconditions(kind: Kind, { object: { metadata } }: CachedObject, { preconditions }: DeleteOptions): void {
  const subject = { group: kind.group, resource: kind.kind };
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid) {
    throw conflict(
      subject,
      metadata.name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      subject,
      metadata.name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

export type DeletionDecision =
  | { readonly verdict: "delete now" }
  /** Nothing that was asked changes what is under way. */
  | { readonly verdict: "already terminating" }
  | { readonly verdict: "mark"; readonly object: KubernetesObject };

/** What a deletion does to an object, by its finalizers, its grace period and what was asked. */
export function decideDeletion(kind: Kind, object: KubernetesObject, options: DeleteOptions, now: Instant): DeletionDecision {
  if (object.metadata.deletionTimestamp !== undefined) return decideAgain(object, options);
  const grace = kind.strategy.gracePeriodSeconds?.(object, options.gracePeriodSeconds);
  const prepared = kind.strategy.prepareForDelete?.(object, now) ?? object;
  const finalizers = finalizersAfter(kind, prepared, options);
  const waits = finalizers.length > 0 || (grace ?? 0) > 0 || (isNamespace(kind) && remainingFinalizers(object).length > 0);
  if (!waits) return { verdict: "delete now" };
  const seconds = grace ?? 0;
  const { generation } = object.metadata;
  const marked: KubernetesObject = {
    ...prepared,
    metadata: {
      ...prepared.metadata,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
      deletionTimestamp: formatTime((now + seconds * 1000) as Instant),
      // A Namespace has no grace period, not even one of zero.
      ...(isNamespace(kind) ? {} : { deletionGracePeriodSeconds: seconds }),
      finalizers,
    },
  };
  return { verdict: "mark", object: isNamespace(kind) ? terminating(marked) : marked };
}

/** A second deletion may only shorten the grace period, or take the last reason to wait away. */
function decideAgain(object: KubernetesObject, { gracePeriodSeconds: asked }: DeleteOptions): DeletionDecision {
  const { deletionTimestamp, deletionGracePeriodSeconds: given, finalizers = [] } = object.metadata;
  if (finalizers.length === 0 && (given ?? 0) === 0 && remainingFinalizers(object).length === 0) return { verdict: "delete now" };
  if (given === undefined || asked === undefined || asked >= given) return { verdict: "already terminating" };
  if (asked <= 0 && finalizers.length === 0) return { verdict: "delete now" };
  const seconds = Math.max(asked, 0);
  const due = (parseTime(deletionTimestamp!)! - given * 1000 + seconds * 1000) as Instant;
  const metadata = { ...object.metadata, deletionTimestamp: formatTime(due), deletionGracePeriodSeconds: seconds };
  return { verdict: "mark", object: { ...object, metadata } };
}

const orphan = "orphan";
const foreground = "foregroundDeletion";

/** The finalizers that make the garbage collector orphan the dependents, or delete them first. */
function finalizersAfter(
  { strategy }: Kind,
  { metadata: { finalizers = [] } }: KubernetesObject,
  options: DeleteOptions,
): readonly string[] {
  const { orphanDependents, propagationPolicy } = options;
  const isSaid = orphanDependents !== undefined || propagationPolicy !== undefined;
  const orphans = isSaid
    ? orphanDependents === true || propagationPolicy === "Orphan"
    : finalizers.includes(orphan) || strategy.orphanByDefault === true;
  const isForeground = isSaid ? propagationPolicy === "Foreground" : finalizers.includes(foreground);
  const others = finalizers.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  return [...others, ...(orphans ? [orphan] : []), ...(isForeground ? [foreground] : [])];
}

function isNamespace({ group, kind }: Pick<Kind, "group" | "kind">): boolean {
  return group === "" && kind === "Namespace";
}

function terminating(namespace: KubernetesObject): KubernetesObject {
  const { status } = namespace as { readonly status?: object };
  return { ...namespace, status: { ...status, phase: "Terminating" } } as KubernetesObject;
}

/** What a client is told of a deletion. */
export function deletionAnswer(kind: Kind, deleted: Deleted): CachedObject | Status {
  if (deleted.outcome === "terminating" || kind.strategy.answersDeleted === true) return deleted.object;
  const { name, uid } = deleted.object.object.metadata;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(kind.group === "" ? {} : { group: kind.group }), kind: kind.resource, uid },
  };
}

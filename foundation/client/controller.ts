import type { DeleteOptions, Instant, Kind, KubernetesObject, Metrics, Random, StatusError } from "@kubets/machinery";
import type { Client, DraftObject, PatchType } from "./client.ts";
import type { IndexFunction, Lister, ObjectKey } from "./informer.ts";

/**
 * A control loop: which changes touch which keys, what is observed for a key, and what follows from it. `reconcile` is pure
 * (law 4); the runner does the rest: queue, back-off, conflicts, leader election, read-your-own-writes.
 */
export interface Controller<Observed> {
  /** As upstream names it, such as `deployment`; also the actor of the causes of its writes, and its field manager's suffix. */
  readonly name: string;
  /** Every kind that `observe` reads must be watched by at least one entry. */
  readonly watches: readonly Watch[];
  /** Kinds that are only known at run time. `observe` reads them by {@link Caches.find}. */
  readonly declaredKinds?: DeclaredKinds;
  /** Everything that the decision depends on, read from the caches; `undefined` when there is nothing to do for the key. */
  readonly observe: (key: string, caches: Caches) => Observed | undefined;
  /**
   * Asks the API for what no cache holds, such as metrics: what it gives is what is decided upon, in place of what was observed. A
   * rejection is a failure of the key.
   */
  readonly ask?: (observed: Observed, client: Client, context: AskContext) => Promise<Observed>;
  readonly reconcile: (observed: Observed, now: Instant, context: ReconcileContext) => Decision;
  /**
   * What follows when the server refused an action: actions to take instead (a condition that says so), or `undefined` to back
   * off and try again. Not asked for conflicts, for deletions of what is gone, nor for creations of what is there with the same owner.
   */
  readonly refused?: (observed: Observed, action: Action, error: StatusError, now: Instant) => Decision | undefined;
  /** Does what an action `outside` says: the one place where a controller reaches something besides the API. Safe to repeat. */
  readonly outside?: (deed: string, subject: string, signal: AbortSignal) => Promise<void>;
  /** What is measured of its work, under upstream's names; asked once, when it starts. */
  readonly measure?: (metrics: Metrics) => Measure<Observed>;
  /** How many keys are worked on at once; 5 when absent, as upstream. */
  readonly workers?: number;
  /** Runs a full pass over all keys this often (milliseconds), in case the world outside of the API changed. */
  readonly resyncPeriod?: number;
}

/** Is told what a controller does. Changes nothing. */
export interface Measure<Observed> {
  /** A decision was carried out, or as far as it went. */
  passed(pass: Pass<Observed>): void;
  /** There is nothing to do for a key any more: its object is gone, most often. */
  gone?(key: string): void;
}

export interface Pass<Observed> {
  readonly observed: Observed;
  readonly decision: Decision;
  /** When it was decided. */
  readonly now: Instant;
  /** From the look into the caches to the last answer. */
  readonly seconds: number;
  /** Why the rest of the decision was not carried out. */
  readonly error?: unknown;
}

export interface AskContext {
  readonly now: Instant;
  /** For measuring how long answers take, in milliseconds. */
  readonly monotonic: () => number;
  readonly signal: AbortSignal;
}

export interface ReconcileContext {
  readonly random: Random;
}

export interface Caches {
  /** Throws for a kind that the controller doesn't watch. */
  of<T extends KubernetesObject>(kind: Kind<T>): Lister<T>;
  /** `undefined` for a kind that isn't watched, or not yet known in full. */
  find<T extends KubernetesObject>(kind: Kind<T>): Lister<T> | undefined;
}

/** Objects that declare kinds: while one is there, what it declares is watched as well. */
export interface DeclaredKinds {
  /** The kind of the objects that declare; watched too. */
  readonly by: Kind;
  /** What is to be watched because of an object. The same kind whenever the object declares the same. */
  readonly watches: (object: KubernetesObject) => readonly Watch[];
  /** The keys that must be looked at once all objects of a declared kind are known: until then nothing could be said of them. */
  readonly known?: (kind: Kind, caches: Caches) => Iterable<string>;
}

/** Made by {@link watch} or {@link watchChanges}; the type of the object is closed over. */
export interface Watch {
  readonly kind: Kind;
  readonly indexes: Readonly<Record<string, IndexFunction<KubernetesObject>>>;
  /** Which keys a change touches. `now` is when it was seen. */
  readonly keys: (change: Change<KubernetesObject>, caches: Caches, now: Instant) => Iterable<string>;
}

/** An object before and after: one that was not there before, or is gone, is absent. */
export interface Change<T extends KubernetesObject> {
  readonly object?: T;
  readonly previous?: T;
}

/**
 * Watches a kind; `keys` says which keys of the controller a change touches (called for the new and for the previous object).
 * Without it, the key of the object itself.
 */
export function watch<T extends KubernetesObject>(
  kind: Kind<T>,
  options: {
    readonly keys?: (object: T, caches: Caches) => Iterable<string>;
    readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  } = {},
): Watch {
  const keysOf = options.keys ?? ((object: T): Iterable<string> => [objectKey(object)]);
  return {
    kind: kind as unknown as Kind,
    indexes: (options.indexes ?? {}) as Readonly<Record<string, IndexFunction<KubernetesObject>>>,
    keys({ object, previous }, caches) {
      if (previous === undefined) return keysOf(object as T, caches);
      if (object === undefined) return keysOf(previous as T, caches);
      return both(keysOf(previous as T, caches), keysOf(object as T, caches));
    },
  };
}

/**
 * The same, for controllers that most changes of a kind don't concern: `keys` compares the object with what it was before. The present state
 * must still be enough to decide by: after a restart every object comes without a previous one.
 */
export function watchChanges<T extends KubernetesObject>(
  kind: Kind<T>,
  keys: (change: Change<T>, caches: Caches, now: Instant) => Iterable<string>,
  indexes: Readonly<Record<string, IndexFunction<T>>> = {},
): Watch {
  return {
    kind: kind as unknown as Kind,
    indexes: indexes as Readonly<Record<string, IndexFunction<KubernetesObject>>>,
    keys: keys as Watch["keys"],
  };
}

/** Keys before and after a change: for the most part the same, or none. */
function both(before: Iterable<string>, after: Iterable<string>): Iterable<string> {
  if (Array.isArray(before) && before.length === 0) return after;
  if (Array.isArray(after) && after.length === 0) return before;
  return new Set([...before, ...after]);
}

/** `namespace/name`, or `name` for an object of cluster scope. */
export function objectKey({ metadata: { namespace, name } }: KubernetesObject): ObjectKey {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** Keys of the controlling owner, when it is of `kind`: what a controller of owned objects passes as `keys`. */
export function ownerKey({ kind, group }: Pick<Kind, "kind" | "group">): (object: KubernetesObject) => readonly string[] {
  return ({ metadata }) => {
    const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
    if (owner === undefined || owner.kind !== kind || groupOf(owner.apiVersion) !== group) return [];
    return [metadata.namespace === undefined ? owner.name : `${metadata.namespace}/${owner.name}`];
  };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

export interface Decision {
  /**
   * Carried out in order; neighbours that create, or that delete, run together (slow start: 1, 2, 4, … at once). The first refusal
   * ends it: what is left is decided anew.
   */
  readonly actions: readonly Action[];
  /** Look again after this many milliseconds even if nothing changes. */
  readonly requeueAfter?: number;
}

export const nothing: Decision = { actions: [] };

export type Action =
  | {
      readonly verb: "create";
      readonly kind: Kind;
      readonly object: DraftObject<KubernetesObject>;
      /** What refers to the new object by what only the server could give it, such as a status with its uid: carried out right after, before the events. */
      readonly followedBy?: (created: KubernetesObject) => Action;
    }
  | { readonly verb: "update"; readonly kind: Kind; readonly object: KubernetesObject }
  | { readonly verb: "updateStatus"; readonly kind: Kind; readonly object: KubernetesObject }
  | {
      readonly verb: "patch";
      readonly kind: Kind;
      readonly namespace?: string;
      readonly name: string;
      readonly type: PatchType;
      readonly patch: unknown;
      readonly subresource?: string;
    }
  | {
      readonly verb: "delete";
      readonly kind: Kind;
      readonly namespace?: string;
      readonly name: string;
      readonly options?: DeleteOptions;
    }
  | {
      readonly verb: "subresource";
      readonly kind: Kind;
      readonly namespace?: string;
      readonly name: string;
      readonly subresource: string;
      /** `create` when absent. */
      readonly method?: "create" | "update";
      readonly body: unknown;
    }
  /**
   * Asks the server itself whether an object of this uid (of any, when absent) is gone, since a cache can't tell "gone" from "not seen yet". What stands
   * after it is carried out only when it is; otherwise the key is decided anew after a back-off.
   */
  | { readonly verb: "confirmGone"; readonly kind: Kind; readonly namespace?: string; readonly name: string; readonly uid?: string }
  /** The same for a whole namespace: no object of the kind, or none for which `where` holds, is left in it. */
  | {
      readonly verb: "confirmEmpty";
      readonly kind: Kind;
      readonly namespace: string;
      readonly where?: (object: KubernetesObject) => boolean;
    }
  /**
   * Something outside of the API, such as a directory to make: carried out by {@link Controller.outside}. What stands after it is
   * carried out only when it went well; otherwise it counts as refused, with the reason `InternalError` and the message of what was thrown.
   */
  | { readonly verb: "outside"; readonly deed: string; readonly subject: string }
  /**
   * A question that takes time to answer, such as a review by the server or a signature: what the answer leads to is carried out in its
   * place. Made by {@link ask}. What stands after it is carried out only when it was answered; otherwise it counts as refused.
   */
  | { readonly verb: "ask"; readonly subject: string; readonly question: (asker: Asker) => Promise<Action | undefined> }
  /** An Event about an object; repeated ones are counted up in one object by the runner's recorder. */
  | {
      readonly verb: "event";
      readonly about: KubernetesObject;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
      readonly fieldPath?: string;
    };

/** What a question may be asked of, besides what it closes over. */
export interface Asker {
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** Typed makers of actions, so that a controller's object is checked against its kind. */
export const create = <T extends KubernetesObject>(kind: Kind<T>, object: DraftObject<T>, followedBy?: (created: T) => Action): Action => ({
  verb: "create",
  kind: kind as unknown as Kind,
  object: object as unknown as DraftObject<KubernetesObject>,
  ...(followedBy === undefined ? {} : { followedBy: (created) => followedBy(created as T) }),
});
export const update = <T extends KubernetesObject>(kind: Kind<T>, object: T): Action => ({
  verb: "update",
  kind: kind as unknown as Kind,
  object,
});
export const updateStatus = <T extends KubernetesObject>(kind: Kind<T>, object: T): Action => ({
  verb: "updateStatus",
  kind: kind as unknown as Kind,
  object,
});
/** Changes part of an object: a merge patch of the whole unless `options` say otherwise. */
export const patch = <T extends KubernetesObject>(
  kind: Kind<T>,
  { metadata: { namespace, name } }: KubernetesObject,
  change: unknown,
  { type = "merge", subresource }: { readonly type?: PatchType; readonly subresource?: string } = {},
): Action => ({
  verb: "patch",
  kind: kind as unknown as Kind,
  ...(namespace === undefined ? {} : { namespace }),
  name,
  type,
  patch: change,
  ...(subresource === undefined ? {} : { subresource }),
});
export const deletion = <T extends KubernetesObject>(kind: Kind<T>, object: T, options: DeleteOptions = {}): Action => ({
  verb: "delete",
  kind: kind as unknown as Kind,
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
  name: object.metadata.name,
  // A name may have been taken by a new object since: only the one that was observed is meant.
  options: { preconditions: { uid: object.metadata.uid }, ...options },
});
export const event = (about: KubernetesObject, type: "Normal" | "Warning", reason: string, message: string): Action => ({
  verb: "event",
  about,
  type,
  reason,
  message,
});
/** `subject` says what is asked about, for logs; `question` must be safe to repeat, and `then` is pure. */
export const ask = <Answer>(
  subject: string,
  question: (asker: Asker) => Promise<Answer>,
  then: (answer: Answer) => Action | undefined,
): Action => ({ verb: "ask", subject, question: async (asker) => then(await question(asker)) });

import {
  type Clock,
  isStatus,
  type KubernetesObject,
  type Logger,
  type Random,
  sleep,
  StatusError,
  type Task,
  type WatchEvent,
} from "@kubets/machinery";
import { createBackOff } from "./back-off.ts";
import type { ResourceClient } from "./client.ts";
import { objectKey } from "./controller.ts";
import type { ObjectKey } from "./informer.ts";
import { listAll } from "./list-all.ts";

/** Takes what a reflector learns. Called synchronously, in the order of revisions. */
export interface Reflection<T extends KubernetesObject> {
  /** Everything there is at `resourceVersion`: what isn't in it is gone. The map is the reflection's from now on. */
  replace(objects: Map<ObjectKey, T>, resourceVersion: string): void;
  /** What changed since; bookmarks carry a revision only. */
  apply(events: readonly WatchEvent<T>[]): void;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly resource: ResourceClient<T>;
  readonly fieldSelector?: string | undefined;
  /** A revision up to which the reflection has everything already. */
  readonly from?: string | undefined;
  readonly reflection: Reflection<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly task: Task;
  readonly signal: AbortSignal;
  /** Asked before each watch: aborted when the reflection may have missed something. Then everything is listed anew. */
  readonly doubt?: () => AbortSignal;
  /** Within a process no connection can be dead without a word: watches last for a day or two, not for minutes, and nobody watches over them. */
  readonly isInProcess?: boolean;
}

/** Seconds: how long a watch lasts at least before it is ended and begun anew. */
const fiveMinutes = 300;
const day = 86_400;

/**
 * Follows all objects of one kind until `signal` is aborted, whatever happens to the connection, the server or its history:
 * lists (in one stream with the watch where the server can, in pages otherwise), watches from there, watches on from the last
 * revision seen when the watch ends, and lists again when the server no longer knows that revision, or somebody is in doubt. Failures
 * back off from 0.8 s to 30 s and are logged.
 */
export async function reflect<T extends KubernetesObject>(options: ReflectorOptions<T>): Promise<void> {
  const { clock, random, logger, task, signal } = options;
  const backOff = createBackOff({ first: 800, longest: 30_000, random });
  const follower = createFollower(options, () => {
    if (backOff.failures > 0) logger.info("Watch resumed", { afterFailures: backOff.failures });
    backOff.reset();
  });
  while (!signal.aborted) {
    let failure: unknown;
    try {
      if (await follower.follow()) continue;
      failure = new Error("The server ended the watch too early");
    } catch (error) {
      if (signal.aborted) return;
      if (follower.recoversFrom(error)) continue;
      failure = error;
    }
    const delay = backOff.next(failure);
    logger.warn("Watch failed", { error: failure, retryInMilliseconds: Math.round(delay) });
    await task.idle(sleep(clock, delay, signal)).catch(() => {});
  }
}

interface Follower {
  /** Lists if need be, then watches until the server ends the watch; `false` when it did so before it had done anything. */
  follow(): Promise<boolean>;
  /** Chooses how to go on after `error`; `true` when that is worth trying without waiting. */
  recoversFrom(error: unknown): boolean;
}

function createFollower<T extends KubernetesObject>(options: ReflectorOptions<T>, onProgress: () => void): Follower {
  const { resource, fieldSelector, from, reflection, clock, random, logger, task, signal, doubt, isInProcess = false } = options;
  const selection = fieldSelector === undefined ? {} : { fieldSelector };
  // From where to watch on. Absent: everything must be listed (again).
  let position = from;
  let streamsLists = true;
  // Whether the watch has worked since everything was last listed. If not, listing again at once would be a busy loop.
  let watched = true;
  let doubted: AbortSignal | undefined;

  const replace = (objects: Map<ObjectKey, T>, resourceVersion: string): void => {
    reflection.replace(objects, resourceVersion);
    position = resourceVersion;
    watched = false;
  };
  const progress = (): void => {
    watched = true;
    onProgress();
  };

  const list = async (): Promise<void> => {
    const { items, metadata } = await task.idle(listAll(resource, { ...selection, signal }));
    replace(new Map(items.map((item) => [objectKey(item), item])), metadata.resourceVersion ?? "");
  };

  /** Resolves when the server ends the watch: whether anything had come. */
  const watch = async (): Promise<boolean> => {
    // The initial objects of a streamed list, until the bookmark that ends them.
    let initial: Map<ObjectKey, T> | undefined = position === undefined ? new Map() : undefined;
    let received = false;
    // Ends a watch now and then, as upstream does, at different times for different kinds: a connection that is dead without
    // a word, or a server that forgot the watcher, is noticed in the end.
    const timeoutSeconds = Math.round((isInProcess ? day : fiveMinutes) * (1 + random.fraction()));
    doubted = doubt?.();
    using over = new FirstOf(doubted === undefined ? [signal] : [signal, doubted]);
    using _overdue = isInProcess ? undefined : clock.after((timeoutSeconds + 30) * 1000, () => over.abort(tooLate()));
    const events = resource.watch({
      ...selection,
      ...(position === undefined ? { sendInitialEvents: true } : { resourceVersion: position }),
      allowWatchBookmarks: true,
      timeoutSeconds,
      signal: over.signal,
    });
    const take = (batch: readonly WatchEvent<T>[]): void => {
      received = true;
      const end = initial === undefined ? 0 : collectInitial(initial, batch);
      if (end === undefined) return;
      if (initial !== undefined) {
        replace(initial, batch[end - 1]!.object.metadata.resourceVersion);
        initial = undefined;
      }
      const changes = end === 0 ? batch : batch.slice(end);
      if (changes.length === 0) return;
      reflection.apply(changes);
      position = changes.at(-1)!.object.metadata.resourceVersion;
      progress();
    };
    // Until they are taken, events count where they come from; taking them takes no time in which anybody else could look.
    await task.idle(events.forEach(take));
    return received;
  };

  return {
    async follow() {
      if (doubted?.aborted === true) {
        position = undefined;
        logger.info("The watch may have missed something: listing again");
      }
      if (position === undefined && !streamsLists) await list();
      const began = clock.monotonic();
      const received = await watch();
      const inTheMiddleOfTheList = position === undefined;
      if (inTheMiddleOfTheList || (!received && clock.monotonic() - began < 1000)) return false;
      progress();
      return true;
    },
    recoversFrom(error) {
      if (doubted?.aborted === true) return true;
      if (position === undefined) {
        if (!streamsLists || !isStatus(error, "Invalid", "BadRequest", "NotAcceptable")) return false;
        streamsLists = false;
        logger.debug("The server can't stream lists: listing in pages", { error });
        return true;
      }
      if (isTooOld(error)) {
        position = undefined;
        logger.info("The server no longer knows the revision: listing again", { error });
        return watched;
      }
      // An event that can't be read would stop the same watch again and again: the present state is the way around it.
      if (isUnreadable(error) && !watched) position = undefined;
      watched = false;
      return false;
    },
  };
}

/** Puts the events of a streamed list where they belong; the index after the bookmark that ends it, `undefined` when it goes on. */
function collectInitial<T extends KubernetesObject>(objects: Map<ObjectKey, T>, events: readonly WatchEvent<T>[]): number | undefined {
  for (const [index, { type, object }] of events.entries()) {
    if (type === "ADDED" || type === "MODIFIED") objects.set(objectKey(object), object);
    else if (type === "DELETED") objects.delete(objectKey(object));
    else if (type === "BOOKMARK" && object.metadata.annotations?.["k8s.io/initial-events-end"] === "true") return index + 1;
  }
  return undefined;
}

/** The server has forgotten the revision, or has a history in which it never was. */
function isTooOld(error: unknown): boolean {
  if (isStatus(error, "Expired", "Gone")) return true;
  return error instanceof StatusError && error.details?.causes?.some(({ reason }) => reason === "ResourceVersionTooLarge") === true;
}

function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof TypeError;
}

function tooLate(): Error {
  return new Error("The server did not end the watch when asked to");
}

/** A signal that is aborted with the first of others, until it is disposed of. */
class FirstOf implements Disposable {
  readonly #signals: readonly AbortSignal[];
  readonly #controller = new AbortController();

  constructor(signals: readonly AbortSignal[]) {
    this.#signals = signals;
    for (const each of signals) {
      if (each.aborted) this.abort(each.reason);
      else each.addEventListener("abort", this.#onAbort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const each of this.#signals) each.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => this.abort((target as AbortSignal).reason);
}

import type { Clock, Kind, KubernetesObject, Logger, Random, Tasks, WatchEvent } from "@kubets/machinery";
import { untilAborted } from "./abort-scope.ts";
import type { Client } from "./client.ts";
import { objectKey } from "./controller.ts";
import type { Informer, Informers, ObjectChange, ObjectKey } from "./informer.ts";
import { createObjectCache } from "./object-cache.ts";
import { reflect } from "./reflector.ts";

export interface InformersOptions {
  readonly client: Client;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Makes the caches of a process. They follow the server until {@link Informers.stop}. */
export function createInformers(options: InformersOptions): Informers {
  const informers = new Map<string, StartedInformer>();
  const stopping = new AbortController();

  return {
    of<T extends KubernetesObject>(kind: Kind<T>, selection: Selection = {}): Informer<T> {
      const id = [kind.group, kind.version, kind.resource, selection.namespace ?? "", selection.fieldSelector ?? ""].join("|");
      let started = informers.get(id) as StartedInformer<T> | undefined;
      if (started === undefined) {
        stopping.signal.throwIfAborted();
        const own = new AbortController();
        started = { ...startInformer(kind, selection, options, own.signal), end: (reason) => own.abort(reason) };
        informers.set(id, started as unknown as StartedInformer);
      }
      return started.informer;
    },
    async forget(kind) {
      const prefix = `${kind.group}|${kind.version}|${kind.resource}|`;
      const ended = [...informers].filter(([id]) => id.startsWith(prefix));
      for (const [id, { end }] of ended) {
        informers.delete(id);
        end(new Error("The kind isn't watched any more"));
      }
      await Promise.all(ended.map(([, each]) => each.ended));
    },
    async synced(signal) {
      await Promise.all([...informers.values()].map(({ informer }) => informer.synced(signal)));
    },
    async stop() {
      const reason = new Error("The informer is stopped");
      stopping.abort(reason);
      for (const { end } of informers.values()) end(reason);
      await Promise.all([...informers.values()].map(({ ended }) => ended));
    },
  };
}

interface Selection {
  readonly fieldSelector?: string;
  readonly namespace?: string;
}

interface StartedInformer<T extends KubernetesObject = KubernetesObject> {
  readonly informer: Informer<T>;
  readonly ended: Promise<void>;
  end(reason: Error): void;
}

type Listener<T extends KubernetesObject> = (change: ObjectChange<T>) => void;

function startInformer<T extends KubernetesObject>(
  kind: Kind<T>,
  { fieldSelector, namespace }: Selection,
  { client, tasks, clock, random, logger }: InformersOptions,
  signal: AbortSignal,
): Omit<StartedInformer<T>, "end"> {
  const log = logger.with({
    resource: kind.resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  const cache = createObjectCache<T>(kind.resource);
  const firstList = Promise.withResolvers<void>();
  const arrivals = createRevisionWaiters();
  let isSynced = false;
  let revision = 0;
  // Replaced, never changed: a listener may come or go while others are being told.
  let listeners: readonly Listener<T>[] = [];

  const tell = (change: ObjectChange<T>): void => {
    for (const listener of listeners) tellOne(listener, change);
  };
  const tellOne = (listener: Listener<T>, change: ObjectChange<T>): void => {
    try {
      listener(change);
    } catch (error) {
      log.error("A listener of an informer failed", { key: change.key, error });
    }
  };

  // Bring the cache to what is known of one key, and add what that changed, in order.
  const put = (key: ObjectKey, object: T, changes: ObjectChange<T>[]): void => {
    const previous = cache.get(key);
    if (previous === undefined) {
      cache.set(key, object);
      changes.push({ key, object });
    } else if (previous.metadata.uid !== object.metadata.uid) {
      // Another object of the same name: the deletion of the first was not seen.
      cache.set(key, object);
      changes.push({ key, previous }, { key, object });
    } else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) {
      cache.set(key, object);
      changes.push({ key, object, previous });
    }
  };
  const remove = (key: ObjectKey, changes: ObjectChange<T>[], last?: T): void => {
    const previous = cache.get(key);
    if (previous === undefined) return;
    cache.delete(key);
    changes.push({ key, previous: last ?? previous });
  };
  const advance = (resourceVersion: string): void => {
    const next = Number(resourceVersion);
    if (Number.isSafeInteger(next)) revision = next;
  };

  const changesOf = ({ type, object }: WatchEvent<T>): readonly ObjectChange<T>[] => {
    const changes: ObjectChange<T>[] = [];
    if (type === "ADDED" || type === "MODIFIED") put(objectKey(object), object, changes);
    else if (type === "DELETED") remove(objectKey(object), changes, object);
    return changes;
  };

  const resource = client.resource(kind);
  const ended = tasks.run("informer", (task) =>
    reflect({
      resource: namespace === undefined ? resource : resource.in(namespace),
      fieldSelector,
      isInProcess: client.transport.sharesObjects === true,
      reflection: {
        replace(objects, resourceVersion) {
          const changes: ObjectChange<T>[] = [];
          for (const [key] of cache.entries()) if (!objects.has(key)) remove(key, changes);
          for (const [key, object] of objects) put(key, object, changes);
          advance(resourceVersion);
          isSynced = true;
          changes.forEach(tell);
          firstList.resolve();
          arrivals.arrived(revision);
        },
        apply(events) {
          for (const event of events) {
            const changes = changesOf(event);
            advance(event.object.metadata.resourceVersion);
            changes.forEach(tell);
          }
          arrivals.arrived(revision);
        },
      },
      clock,
      random,
      logger: log,
      task,
      signal,
    }).finally(() => {
      firstList.reject(signal.reason);
      arrivals.fail(signal.reason);
    }),
  );
  // Whoever waits is told; nobody has to wait.
  firstList.promise.catch(() => {});

  return {
    ended,
    informer: {
      kind,
      synced: (until) => untilAborted(firstList.promise, until),
      get isSynced() {
        return isSynced;
      },
      get revision() {
        return revision;
      },
      async reached(awaited, until) {
        if (revision >= awaited) return;
        await arrivals.wait(awaited, until);
      },
      onChange(listener) {
        // A listener may be added twice; each is told, and taken away, on its own.
        const own: Listener<T> = (change) => listener(change);
        for (const [key, object] of cache.entries()) tellOne(own, { key, object });
        listeners = [...listeners, own];
        return {
          [Symbol.dispose]() {
            listeners = listeners.filter((each) => each !== own);
          },
        };
      },
      addIndex: (name, index) => cache.addIndex(name, index),
      get: (key) => cache.get(key),
      list: (options) => cache.list(options),
      byIndex: (name, value) => cache.byIndex(name, value),
    },
  };
}

interface RevisionWaiters {
  wait(revision: number, signal: AbortSignal | undefined): Promise<void>;
  arrived(revision: number): void;
  fail(reason: unknown): void;
}

function createRevisionWaiters(): RevisionWaiters {
  const waiters = new Set<{ readonly revision: number; readonly promise: PromiseWithResolvers<void> }>();
  let ended: { readonly reason: unknown } | undefined;
  return {
    async wait(revision, signal) {
      if (ended !== undefined) throw ended.reason;
      const waiter = { revision, promise: Promise.withResolvers<void>() };
      waiters.add(waiter);
      try {
        await untilAborted(waiter.promise.promise, signal);
      } finally {
        waiters.delete(waiter);
      }
    },
    arrived(revision) {
      for (const waiter of waiters) if (waiter.revision <= revision) waiter.promise.resolve();
    },
    fail(reason) {
      ended = { reason };
      for (const waiter of waiters) waiter.promise.reject(reason);
    },
  };
}

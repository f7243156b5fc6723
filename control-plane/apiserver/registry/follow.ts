import type {
  Clock,
  Follow,
  Followed,
  Follower,
  Following,
  KubernetesObject,
  Metrics,
  Peer,
  Task,
  Tasks,
  Timer,
  UserInfo,
} from "@kubets/machinery";
import type { Authenticator, Authorizer, RequestInfo, ResourceInfo } from "../contracts.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import { Watcher } from "../watch-cache/watcher.ts";
import { requestDurations } from "../request/durations.ts";
import type { Resource, Resources } from "./resource.ts";

export interface FollowOptions {
  readonly watchCache: WatchCache;
  readonly resources: Resources;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** Whether the registry is who answers such a request, rather than an endpoint or a server behind this one. */
  readonly isKept: (info: RequestInfo) => boolean;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly metrics: Metrics;
}

export interface Followings {
  readonly follow: Follow;
  /** Begins no more; those that have begun end with the watches of the cache. */
  close(): void;
}

/** How long a following lasts at most: who follows on must still be allowed to. */
const day = 86_400_000;

const noQuery = new URLSearchParams();
const none: readonly never[] = [];

/**
 * The steps of a watch that begins with everything there is, for the same users, without what only the wire needs. It takes no seat of flow control,
 * as no watch does. Whatever isn't plain (a refusal, a version that isn't the stored one, a kind that is served elsewhere) is declined: the
 * pipeline answers that.
 */
export function createFollowings(options: FollowOptions): Followings {
  const { watchCache, authenticator, authorizer, isKept, clock, tasks } = options;
  const observe = requestDurations(options.metrics);
  const watchers = new Set<Watcher>();
  // One for all of them: they are as many as the kinds that components look at.
  let renewal: Timer | undefined;
  let isClosed = false;

  const left = (watcher: Watcher): void => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    renewal?.[Symbol.dispose]();
    renewal = undefined;
  };

  // Who a part of this process is doesn't change.
  const users = new WeakMap<Peer, Promise<UserInfo | undefined>>();
  const userOf = (peer: Peer, path: string): Promise<UserInfo | undefined> => {
    let user = users.get(peer);
    if (user === undefined) users.set(peer, (user = authenticator.authenticate({ method: "GET", target: path, headers: {} }, peer)));
    return user;
  };

  const isAllowed = async (info: RequestInfo & { readonly resource: ResourceInfo }, peer: Peer): Promise<boolean> => {
    const user = await userOf(peer, info.path);
    if (user === undefined) return false;
    const { decision } = await authorizer.authorize({ user, verb: info.verb, path: info.path, resource: info.resource });
    return decision === "allow";
  };

  /** Begins, unless the follower has gone meanwhile; `false` when it declines. */
  const begin = async (what: Followed, follower: Follower, { peer, task, one }: Beginning): Promise<boolean> => {
    const began = clock.monotonic();
    const resource = followable(options.resources, what);
    if (resource === undefined || isClosed || peer.via !== "in-process") return false;
    const info = infoOf(what);
    if (!isKept(info) || !(await isAllowed(info, peer))) return false;
    await watchCache.current((wait) => task.idle(wait));
    const { cache } = resource;
    const { revision } = watchCache;
    if (isClosed || revision < cache.oldest) return false;
    if (one.isStopped) return true;
    const selection = { namespace: info.resource.namespace, name: "" };
    const objects: KubernetesObject[] = [];
    for (const { object } of cache.candidates(selection)) objects.push(object);
    follower.begin(objects, String(revision));
    observe(info, 200, (clock.monotonic() - began) / 1000);
    const watcher = new Watcher({
      selection,
      after: revision,
      initial: none,
      afterInitial: undefined,
      bookmarks: "if needed",
      tasks,
      onClose(closed) {
        cache.remove(closed);
        left(closed);
      },
    });
    watchers.add(watcher);
    renewal ??= clock.after(day, () => {
      renewal = undefined;
      for (const each of [...watchers]) each.end();
    });
    one.goesOnWith(watcher, follower);
    cache.add(watcher, revision);
    return true;
  };

  return {
    follow(what, follower, peer) {
      const one = new OneFollowing();
      tasks.start("request", async (task) => {
        try {
          if (!(await begin(what, follower, { peer, task, one }))) one.end(false);
        } catch (error) {
          one.fail(error);
        }
      });
      return one;
    },
    close() {
      isClosed = true;
    },
  };
}

interface Beginning {
  readonly peer: Peer;
  readonly task: Task;
  readonly one: OneFollowing;
}

class OneFollowing implements Following {
  readonly #ended: PromiseWithResolvers<boolean> = Promise.withResolvers();
  #watcher: Watcher | undefined;
  isStopped = false;

  get ended(): Promise<boolean> {
    return this.#ended.promise;
  }

  stop(): void {
    this.isStopped = true;
    this.#watcher?.close();
    this.#ended.resolve(true);
  }

  goesOnWith(watcher: Watcher, follower: Follower): void {
    this.#watcher = watcher;
    watcher.bringTo({
      take: (deliveries) => follower.apply(deliveries.map(({ type, object: { object } }) => ({ type, object }))),
      end: (error) => (error === undefined ? this.end(true) : this.fail(error)),
    });
  }

  end(had: boolean): void {
    this.#ended.resolve(had);
  }

  fail(error: unknown): void {
    this.#ended.reject(error);
  }
}

/** The resource, if whoever watches it is shown the very objects of the cache. */
function followable(resources: Resources, what: Followed): Resource | undefined {
  const resource = resources.find(what);
  if (resource === undefined) return undefined;
  const { verbs, scope, storedAs } = resource.kind;
  const fits = verbs.includes("watch") && (scope === "Namespaced" || what.namespace === undefined);
  return fits && storedAs === undefined && resource.prepare === undefined ? resource : undefined;
}

function infoOf({ group, version, resource, namespace = "" }: Followed): RequestInfo & { readonly resource: ResourceInfo } {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return {
    verb: "watch",
    path: namespace === "" ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`,
    query: noQuery,
    resource: { group, version, namespace, resource, subresource: "", rest: "", name: "" },
  };
}

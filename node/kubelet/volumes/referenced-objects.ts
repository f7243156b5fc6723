import { type Client, createInformers, type Informer, type Informers } from "@kubets/client";
import type { Clock, Kind, KubernetesObject, Logger, Random, Tasks } from "@kubets/machinery";

export interface ReferencedObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** Something that these Pods refer to has changed. */
  readonly onChange: (pods: readonly string[]) => void;
}

/**
 * The ConfigMaps and Secrets that Pods of this node refer to, each followed on its own: a kubelet may read no others.
 * They are let go when the last Pod that refers to them is.
 */
export interface ReferencedObjects {
  /** As it is now; `undefined` when there is none. `uid` is that of the Pod that refers to it. */
  get<T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string, uid: string): Promise<T | undefined>;
  release(uid: string): Promise<void>;
  stop(): Promise<void>;
}

interface Followed {
  readonly informers: Informers;
  readonly informer: Informer<KubernetesObject>;
  readonly pods: Set<string>;
}

const longestWait = 20_000;

export function createReferencedObjects({ client, clock, random, tasks, logger, onChange }: ReferencedObjectsOptions): ReferencedObjects {
  const followed = new Map<string, Followed>();

  const follow = (kind: Kind, namespace: string, name: string): Followed => {
    const informers = createInformers({ client, clock, random, tasks, logger });
    const informer = informers.of(kind, { namespace, fieldSelector: `metadata.name=${name}` });
    const pods = new Set<string>();
    informer.onChange(({ previous, object }) => {
      if (informer.isSynced && (previous !== undefined || object !== undefined)) onChange([...pods]);
    });
    return { informers, informer, pods };
  };

  return {
    async get<T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string, uid: string): Promise<T | undefined> {
      const key = `${kind.resource}/${namespace}/${name}`;
      let one = followed.get(key);
      if (one === undefined) {
        one = follow(kind as unknown as Kind, namespace, name);
        followed.set(key, one);
      }
      one.pods.add(uid);
      if (!one.informer.isSynced) {
        const late = new AbortController();
        using _timer = clock.after(longestWait, () => late.abort(new Error(`timed out waiting for ${kind.resource} "${name}"`)));
        await one.informer.synced(late.signal);
      }
      return one.informer.get(`${namespace}/${name}`) as T | undefined;
    },
    async release(uid) {
      const unused: Followed[] = [];
      for (const [key, one] of followed) {
        if (!one.pods.delete(uid) || one.pods.size > 0) continue;
        followed.delete(key);
        unused.push(one);
      }
      await Promise.all(unused.map(({ informers }) => informers.stop()));
    },
    async stop() {
      const all = [...followed.values()];
      followed.clear();
      await Promise.all(all.map(({ informers }) => informers.stop()));
    },
  };
}

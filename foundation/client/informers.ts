import type { Clock, Kind, KubernetesObject, Logger, Random, Tasks } from "@kubets/machinery";
import type { Client } from "./client.ts";
import type { Informer, Informers } from "./informer.ts";
import { StartedInformer } from "./started-informer.ts";

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
  let stopped: Error | undefined;

  return {
    of<T extends KubernetesObject>(kind: Kind<T>, selection: Selection = {}): Informer<T> {
      const id = [kind.group, kind.version, kind.resource, selection.namespace ?? "", selection.fieldSelector ?? ""].join("|");
      let started = informers.get(id) as StartedInformer<T> | undefined;
      if (started === undefined) {
        if (stopped !== undefined) throw stopped;
        started = new StartedInformer(kind, selection, options);
        informers.set(id, started as unknown as StartedInformer);
      }
      return started.informer;
    },
    async forget(kind) {
      const prefix = `${kind.group}|${kind.version}|${kind.resource}|`;
      const ended = [...informers].filter(([id]) => id.startsWith(prefix));
      for (const [id, each] of ended) {
        informers.delete(id);
        each.end(new Error("The kind isn't watched any more"));
      }
      await Promise.all(ended.map(([, each]) => each.ended));
    },
    async synced(signal) {
      await Promise.all([...informers.values()].map(({ informer }) => informer.synced(signal)));
    },
    async stop() {
      stopped ??= new Error("The informer is stopped");
      for (const each of informers.values()) each.end(stopped);
      await Promise.all([...informers.values()].map(({ ended }) => ended));
    },
  };
}

/** Which objects of a kind. */
export interface Selection {
  readonly fieldSelector?: string;
  readonly namespace?: string;
}

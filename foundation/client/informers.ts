import type { Clock, Kind, KubernetesObject, Logger, Random, Tasks } from "@kubets/machinery";
import type { Client } from "./client.ts";
import type { Informer, Informers } from "./informer.ts";
import { KindInformer } from "./kind-informer.ts";
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
  const informer = new KindInformer(kind, log);
  const resource = client.resource(kind);
  const ended = tasks.run("informer", (task) =>
    reflect({
      resource: namespace === undefined ? resource : resource.in(namespace),
      fieldSelector,
      isInProcess: client.transport.sharesObjects === true,
      reflection: informer,
      clock,
      random,
      logger: log,
      task,
      signal,
    }).finally(() => informer.stopped(signal.reason)),
  );
  return { informer, ended };
}

import { type Node, type Pod, PodKind } from "@kubets/api";
import type { Client, DraftObject, Informer } from "@kubets/client";
import { type Clock, isStatus, type Logger, sleep, type Tasks } from "@kubets/machinery";
import { hashAnnotation, isMirror, mirrorAnnotation } from "./manifest.ts";

export interface MirrorsOptions {
  readonly client: Client;
  /** Of this node alone. */
  readonly pods: Informer<Pod>;
  readonly node: () => Node | undefined;
  /** The static Pod of `NAMESPACE/NAME`, while it is meant to run. */
  readonly wanted: (key: string) => Pod | undefined;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What the API shows of static Pods: a Pod each, which says nothing to the node. */
export interface Mirrors {
  /** The one that shows this Pod as it is now; `undefined` where there is none yet, or one of another manifest. */
  of(pod: Pod): Pod | undefined;
  /** Sees that there is the right one, or none, and goes on trying. */
  sync(key: string): void;
}

const retryDelays = [500, 1000, 2000, 5000, 10_000, 20_000] as const;

export function createMirrors({ client, pods, node, wanted, clock, tasks, logger, signal }: MirrorsOptions): Mirrors {
  const busy = new Set<string>();
  const again = new Set<string>();

  const syncOnce = async (key: string): Promise<void> => {
    const [namespace = "", name = ""] = key.split("/");
    const api = client
      .because({ actor: "kubelet", object: `pods/${key}` })
      .resource(PodKind)
      .in(namespace);
    const pod = wanted(key);
    const shown = pods.get(key);
    if (shown !== undefined && !isMirror(shown)) {
      if (pod !== undefined) logger.warn("A static Pod is not shown: the API has another of its name", { pod: key });
      return;
    }
    // What is deleted is made anew: its Pod runs all the same.
    const isRight = shown !== undefined && pod !== undefined && shows(shown, pod) && shown.metadata.deletionTimestamp === undefined;
    if (shown !== undefined && !isRight) {
      const { uid } = shown.metadata;
      // The informer tells when it is gone, and then it is made anew.
      await api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid }, signal }).catch(unless("NotFound", "Conflict"));
    } else if (shown === undefined && pod !== undefined) {
      await api.create(mirrorOf(pod, node()), { signal }).catch(unless("AlreadyExists"));
    }
  };

  return {
    of(pod) {
      const shown = pods.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
      return shown !== undefined && shows(shown, pod) ? shown : undefined;
    },
    sync(key) {
      again.add(key);
      if (busy.has(key)) return;
      busy.add(key);
      tasks.start("kubelet mirror pod", async (task) => {
        for (let failures = 0; again.delete(key) && !signal.aborted;) {
          try {
            await syncOnce(key);
            failures = 0;
          } catch (error) {
            if (signal.aborted) break;
            logger.warn("Mirror of a static Pod not written", { pod: key, error });
            again.add(key);
            await task.idle(sleep(clock, retryDelays[Math.min(failures++, retryDelays.length - 1)]!, signal)).catch(() => {});
          }
        }
        busy.delete(key);
      });
    },
  };
}

function shows(shown: Pod, pod: Pod): boolean {
  return isMirror(shown) && shown.metadata.annotations?.[mirrorAnnotation] === pod.metadata.annotations?.[hashAnnotation];
}

function mirrorOf({ metadata, spec }: Pod, node: Node | undefined): DraftObject<Pod> {
  const { name, namespace, labels, annotations = {} } = metadata;
  const owner = { apiVersion: "v1", kind: "Node", name: node?.metadata.name ?? "", uid: node?.metadata.uid ?? "", controller: true };
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [mirrorAnnotation]: annotations[hashAnnotation] ?? "" },
      ownerReferences: [owner],
    },
    spec,
  };
}

function unless(...reasons: Parameters<typeof isStatus>[1][]): (error: unknown) => void {
  return (error) => {
    if (!isStatus(error, ...reasons)) throw error;
  };
}

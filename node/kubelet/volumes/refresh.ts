import type { Pod } from "@kubets/api";
import type { ObjectChange } from "@kubets/client";
import { type Clock, type Logger, sameJson, type Tasks } from "@kubets/machinery";
import type { PodWorkers } from "../pod-worker/pod-workers.ts";
import { repeat } from "../repeat.ts";
import type { PodVolumes } from "./pod-volumes.ts";

export interface VolumeRefreshOptions {
  readonly volumes: () => PodVolumes;
  readonly workers: () => PodWorkers;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Every so often all are looked at: tokens grow old, and labels that files are made of change. */
const interval = 60_000;

/** Keeps the files of volumes up to date while their Pods run. */
export function startVolumeRefresh({ volumes, workers, clock, tasks, logger, signal }: VolumeRefreshOptions): {
  soon(uids: readonly string[]): void;
  /** A Pod has changed: what its files tell of it may be old. */
  podChanged(change: ObjectChange<Pod>): void;
} {
  const busy = new Set<string>();
  const again = new Set<string>();

  const refresh = (uid: string): void => {
    if (busy.has(uid)) return void again.add(uid);
    busy.add(uid);
    tasks.start("kubelet volume refresh", async () => {
      try {
        do {
          again.delete(uid);
          const state = workers().stateOf(uid);
          // A Pod without a sandbox sets its volumes up itself; one that ends needs no more.
          if (state?.sandbox.kind !== "ready" || state.ending !== undefined) break;
          await volumes().refresh(state.pod);
        } while (again.has(uid) && !signal.aborted);
      } catch (error) {
        if (!signal.aborted) logger.warn("Volumes of a Pod not refreshed", { uid, error });
      } finally {
        busy.delete(uid);
      }
    });
  };
  const refreshAll = (): void => {
    for (const { pod } of workers().all()) if ((pod.spec.volumes ?? []).length > 0) refresh(pod.metadata.uid);
  };
  repeat(refreshAll, { name: "kubelet volumes", interval, failure: "Volumes not refreshed", clock, tasks, logger, signal });
  return {
    soon: (uids) => uids.forEach(refresh),
    podChanged({ object, previous }) {
      if (object === undefined || previous?.metadata.uid !== object.metadata.uid) return;
      const { labels, annotations, uid } = object.metadata;
      if (!sameJson(labels, previous.metadata.labels) || !sameJson(annotations, previous.metadata.annotations)) refresh(uid);
    },
  };
}

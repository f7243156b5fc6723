import type { Pod } from "@kubets/api";
import type { Informer } from "@kubets/client";
import type { RuntimeService } from "@kubets/container-runtime";
import type { Clock, Logger, Tasks } from "@kubets/machinery";
import type { Layout } from "../layout.ts";
import { nothingRuns, type RuntimePod } from "../pod-worker/adopt.ts";
import type { PodWorkers } from "../pod-worker/pod-workers.ts";
import { isMirror } from "./static/manifest.ts";
import type { ImageVolumes } from "../volumes/image-volumes.ts";
import type { NodeSystem } from "../system.ts";

export interface PodSourceOptions {
  readonly pods: Informer<Pod>;
  readonly runtime: RuntimeService;
  readonly system: Pick<NodeSystem, "files" | "mounts" | "cgroups">;
  readonly layout: Layout;
  readonly images: ImageVolumes;
  readonly cgroupRoot: string;
  readonly workers: PodWorkers;
  /** What runs already, by uid. */
  readonly running: ReadonlyMap<string, RuntimePod>;
  /** Pods that the node has from elsewhere. */
  readonly others: ReadonlySet<string>;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Tells the workers of the Pods that the API binds to this node. What runs of them already is taken over; what runs of Pods
 * that are no more is taken down.
 */
export async function podSource(options: PodSourceOptions): Promise<Disposable> {
  const { pods, workers, running, others } = options;
  const known = new Set([...pods.list().map(({ metadata }) => metadata.uid), ...others]);
  const uids = new Map<string, string>();
  const subscription = pods.onChange(({ key, object: changed, previous }) => {
    // A mirror is for others to see: what it shows runs already.
    const object = changed !== undefined && isMirror(changed) ? undefined : changed;
    const before = uids.get(key) ?? (previous !== undefined && !isMirror(previous) ? previous.metadata.uid : undefined);
    if (before !== undefined && before !== object?.metadata.uid) workers.gone(before);
    if (object === undefined) return void uids.delete(key);
    const { uid } = object.metadata;
    uids.set(key, uid);
    workers.observe(object, known.has(uid) ? (running.get(uid) ?? nothingRuns) : nothingRuns);
  });
  await removeOrphans(options, new Set([...running.keys()].filter((uid) => !known.has(uid))), known);
  return subscription;
}

/** What is left of Pods that were removed while nobody looked. */
async function removeOrphans(
  { runtime, system, layout, images, cgroupRoot, logger, signal }: PodSourceOptions,
  orphans: ReadonlySet<string>,
  known: ReadonlySet<string>,
): Promise<void> {
  const { files, mounts, cgroups } = system;
  try {
    for (const { id, metadata } of await runtime.listPodSandboxes({}, { signal })) {
      if (!orphans.has(metadata.uid)) continue;
      await runtime.stopPodSandbox(id, { signal });
      await runtime.removePodSandbox(id, { signal });
    }
    for (const uid of await files.list(`${layout.root}/pods`)) {
      if (known.has(uid)) continue;
      const directory = `${layout.root}/pods/${uid}`;
      for (const place of await mounts.below(directory)) await mounts.unmount(place);
      await files.remove(directory);
    }
    await images.releaseOthers(known);
    for (const name of await files.list(layout.logs))
      if (!known.has(name.slice(name.lastIndexOf("_") + 1))) await files.remove(`${layout.logs}/${name}`);
    for (const parent of [cgroupRoot, `${cgroupRoot}/burstable`, `${cgroupRoot}/besteffort`]) {
      for (const child of await cgroups.children(parent)) {
        if (child.startsWith("pod") && !known.has(child.slice("pod".length))) await cgroups.remove(`${parent}/${child}`);
      }
    }
  } catch (error) {
    if (!signal.aborted) logger.warn("Remains of old Pods not removed", { error });
  }
}

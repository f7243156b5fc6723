import type { ImageService, RuntimeService } from "@kubets/container-runtime";
import { type Clock, type Logger, sleep, type Task, type Tasks } from "@kubets/machinery";
import { rotateLogs } from "./containers/log-rotation.ts";
import { imagesToRemove } from "./images/collect-images.ts";
import type { Layout } from "./layout.ts";
import type { PodWorkers } from "./pod-worker/pod-workers.ts";
import type { NodeSystem } from "./system.ts";

export interface HousekeepingOptions {
  readonly runtime: RuntimeService & ImageService;
  readonly system: Pick<NodeSystem, "files" | "machine">;
  readonly layout: Layout;
  readonly workers: PodWorkers;
  readonly storageBytes: number;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const logInterval = 10_000;
const imageInterval = 300_000;

/** Keeps logs and images from filling the disk. */
export function startHousekeeping({
  runtime,
  system,
  layout,
  workers,
  storageBytes,
  clock,
  tasks,
  logger,
  signal,
}: HousekeepingOptions): void {
  const repeat = (name: string, interval: number, work: () => Promise<void>): void =>
    tasks.start(name, async (task: Task) => {
      for (;;) {
        await task.idle(sleep(clock, interval, signal)).catch(() => {});
        if (signal.aborted) return;
        try {
          await work();
        } catch (error) {
          if (!signal.aborted) logger.warn("Housekeeping failed", { name, error });
        }
      }
    });
  repeat("kubelet log rotation", logInterval, () => rotateLogs(workers.all(), { files: system.files, runtime, clock, layout }));
  repeat("kubelet image collection", imageInterval, async () => {
    const { storageBytes: availableBytes } = await system.machine.available();
    const [images, containers] = await Promise.all([runtime.listImages({ signal }), runtime.listContainers({}, { signal })]);
    const inUse = new Set(containers.flatMap(({ image, imageRef }) => [image, imageRef]));
    for (const { id, repoTags } of imagesToRemove(images, inUse, { storageBytes, availableBytes })) {
      logger.info("Unused image removed: the disk is nearly full", { image: repoTags[0] ?? id });
      await runtime.removeImage(id, { signal });
    }
  });
}

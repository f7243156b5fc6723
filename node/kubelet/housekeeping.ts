import type { ImageService, RuntimeService } from "@kubets/container-runtime";
import type { Clock, Logger, Tasks } from "@kubets/machinery";
import { rotateLogs } from "./containers/log-rotation.ts";
import { imagesToRemove } from "./images/collect-images.ts";
import { normalName } from "./images/ensure-image.ts";
import type { Layout } from "./layout.ts";
import type { PodWorkers } from "./pod-worker/pod-workers.ts";
import { repeat } from "./repeat.ts";
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
export interface Housekeeping {
  /** Removes all images that nobody uses, however much room there is. */
  reclaimDisk(): Promise<void>;
}

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
}: HousekeepingOptions): Housekeeping {
  const surroundings = { failure: "Housekeeping failed", clock, tasks, logger, signal };
  const rotate = (): Promise<void> => rotateLogs(workers.all(), { files: system.files, runtime, clock, layout });
  const collect = async (): Promise<void> => removeImages((await system.machine.available()).storageBytes);
  const removeImages = async (availableBytes: number): Promise<void> => {
    const [images, containers] = await Promise.all([runtime.listImages({ signal }), runtime.listContainers({}, { signal })]);
    const volumes = workers
      .all()
      .flatMap(({ pod }) => pod.spec.volumes?.flatMap(({ image }) => normalName(image?.reference ?? "") ?? []) ?? []);
    const inUse = new Set([...containers.flatMap(({ image, imageRef }) => [image, imageRef]), ...volumes]);
    for (const { id, repoTags } of imagesToRemove(images, inUse, { storageBytes, availableBytes })) {
      logger.info("Unused image removed: the disk is nearly full", { image: repoTags[0] ?? id });
      await runtime.removeImage(id, { signal });
    }
  };
  repeat(rotate, { ...surroundings, name: "kubelet log rotation", interval: logInterval });
  repeat(collect, { ...surroundings, name: "kubelet image collection", interval: imageInterval });
  return { reclaimDisk: () => removeImages(0) };
}

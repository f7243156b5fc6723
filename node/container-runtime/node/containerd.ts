import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Logger, Metrics, Tasks } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import type { ImageContent } from "../image-content.ts";
import type { PodSandbox } from "../pod-sandbox.ts";
import { pauseImageArchive, pauseImageName } from "../pause/pause-image.ts";
import { endContainerd, recordedSnapshotter, runningContainerd } from "./containerd-process.ts";
import type { ContainerdPaths, ContainerdSetup } from "./containerd-setup.ts";
import { containerdPaths, prepareContainerd } from "./containerd-setup.ts";
import type { ContainerRuntime } from "./cri-client.ts";
import { createCriClient } from "./cri-client.ts";
import type { ImageContentOptions } from "./image-content.ts";
import { importImages } from "./import-images.ts";
import { ContainerdSupervisor } from "./containerd-supervisor.ts";
import { removeContainerdTraces } from "./containerd-traces.ts";
import { architecture } from "./machine.ts";

export interface ContainerdOptions {
  /** Images and all else that is to last lies below; what is not lies below /run/kubets. */
  readonly directory: string;
  /** Mirrors and certificates of registries, as `HOST/hosts.toml`; absent: an empty directory of our own. */
  readonly registryDirectory?: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** A containerd of our own, apart from the system's. */
export interface Containerd {
  readonly runtime: ContainerRuntime;
  readonly imageContent: ImageContent;
  /** Such as `1.6.20~ds1`. */
  readonly version: string;
  /** The OCI runtime that runs containers unless a RuntimeClass says otherwise. */
  readonly defaultHandler: string;
  readonly socketPath: string;
  /** It ran already: whoever started it ended without stopping it. */
  readonly isAdopted: boolean;
  /** Where the network configuration of Pods is to be written, and where the programs are that it names. */
  readonly cni: { readonly configurationDirectory: string; readonly pluginDirectory: string };
  /** Calls `listener` each time containerd had ended by itself and answers again; disposing ends that. */
  onRestart(listener: () => void): Disposable;
  /** Brings the images of an archive (OCI or Docker, compressed or not) onto this node; answers their names. */
  importImages(archivePath: string): Promise<readonly string[]>;
  /** Ends containerd; images stay. Containers should have been stopped before: those that run go on. */
  stop(): Promise<void>;
  /** Lets go of it: containerd and its containers go on, for the next start to adopt. */
  release(): void;
  /** Removes all sandboxes and containers, ends containerd and deletes its directories with all images. */
  purge(): Promise<void>;
}

/**
 * Starts a containerd of our own, or adopts the one that runs in `directory`, and keeps it running. Resolves once it answers and
 * has the pause image. Throws `MissingProgramsError` when this machine lacks programs.
 */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { clock, tasks, logger, metrics, directory } = options;
  const paths = containerdPaths(directory);
  const setup = await prepareSetup(options, paths);
  const runtime = createCriClient({ socketPath: paths.socket, clock, tasks, logger, ...(metrics === undefined ? {} : { metrics }) });
  const supervisor = new ContainerdSupervisor({ paths, setup, runtime, clock, tasks, logger });
  try {
    const isAdopted = await supervisor.start();
    await ensurePauseImage(paths, setup, runtime, options);
    return {
      runtime,
      imageContent: imageContentWhenNeeded({ socketPath: paths.socket, snapshotter: setup.snapshotter, images: runtime, clock, tasks }),
      version: setup.version.text,
      defaultHandler: setup.defaultHandler,
      socketPath: paths.socket,
      isAdopted,
      cni: { configurationDirectory: paths.cniConfiguration, pluginDirectory: setup.cniPlugins },
      onRestart: (listener) => supervisor.onRestart(listener),
      importImages: (archivePath) => importImages(archivePath, { ctr: setup.ctr, socketPath: paths.socket, directory, tasks }),
      stop: () => supervisor.stop(),
      release: () => supervisor.release(),
      async purge() {
        await removeSandboxes(runtime, logger);
        await supervisor.stop();
        await removeContainerdTraces(paths, { clock, tasks });
      },
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

/** {@link Containerd.purge} for one that may not run. Also works, though less gently, where containerd can't be started any more. */
export async function purgeContainerd(options: ContainerdOptions): Promise<void> {
  const { directory, clock, tasks, logger } = options;
  if (!existsSync(directory)) return;
  try {
    await (await startContainerd(options)).purge();
  } catch (error) {
    logger.warn("containerd could not be asked to clean up: its containers are killed", { error });
    const paths = containerdPaths(directory);
    const running = runningContainerd(paths);
    if (running !== undefined) await endContainerd(running, paths, { clock });
    await removeContainerdTraces(paths, { clock, tasks });
  }
}

/** Few Pods have volumes that are images: what that takes is loaded for the first of them. */
function imageContentWhenNeeded(options: ImageContentOptions): ImageContent {
  let content: Promise<ImageContent> | undefined;
  const load = (): Promise<ImageContent> =>
    (content ??= import("./image-content.ts").then(({ createImageContent }) => createImageContent(options)));
  return {
    mount: async (image, place) => (await load()).mount(image, place),
    release: async (holder) => (await load()).release(holder),
    holders: async () => (await load()).holders(),
  };
}

function prepareSetup({ registryDirectory, tasks }: ContainerdOptions, paths: ContainerdPaths): Promise<ContainerdSetup> {
  const snapshotter = recordedSnapshotter(paths);
  return prepareContainerd({
    paths,
    tasks,
    ...(registryDirectory === undefined ? {} : { registryDirectory }),
    ...(snapshotter === undefined ? {} : { snapshotter }),
  });
}

async function ensurePauseImage(
  paths: ContainerdPaths,
  setup: ContainerdSetup,
  runtime: ContainerRuntime,
  { clock, tasks }: ContainerdOptions,
): Promise<void> {
  if ((await runtime.imageStatus(pauseImageName)) !== undefined) return;
  const processor = architecture();
  if (processor === undefined)
    throw new RangeError(`Cannot run containers on this processor (${process.arch}): there is no pause image for it`);
  const archive = join(paths.directory, "pause.tar");
  writeFileSync(archive, pauseImageArchive(processor));
  await importImages(archive, { ctr: setup.ctr, socketPath: paths.socket, directory: paths.directory, tasks });
  rmSync(archive);
  // CRI takes note of an image that others have brought by an event.
  for (let tries = 0; (await runtime.imageStatus(pauseImageName)) === undefined; tries++) {
    if (tries === 500) throw new Error("containerd does not show the pause image that was imported");
    await sleep(clock, 10);
  }
}

/** As far as containerd does it; the rest is removed without its help. */
async function removeSandboxes(runtime: ContainerRuntime, logger: Logger): Promise<void> {
  let sandboxes: readonly PodSandbox[];
  try {
    sandboxes = await runtime.listPodSandboxes();
  } catch (error) {
    logger.warn("containerd does not answer; its processes are killed", { error });
    return;
  }
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      try {
        await runtime.stopPodSandbox(id);
        await runtime.removePodSandbox(id);
      } catch (error) {
        logger.warn("A sandbox could not be removed; its processes are killed", { sandbox: id, error });
      }
    }),
  );
}

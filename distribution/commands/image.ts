import { join } from "node:path";
import { containerdPaths, createCriClient, importImagesInto } from "@kubets/container-runtime/node";
import { createTasks, silent } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { CommandError } from "../command-error.ts";
import { defaultDataDirectory, reasonOf } from "../data-directory.ts";

export interface ImageOptions {
  readonly name: string;
  readonly dataDir?: string;
  readonly output?: string;
}

/** `kubets image load FILE`: brings the images of an archive (OCI, or what `docker save` writes) onto this machine's node. */
export async function loadImages(file: string, options: ImageOptions): Promise<void> {
  try {
    const names = await importImagesInto(containerdDirectory(options), file, { tasks: createTasks({ turn }) });
    if (options.output === "json") console.log(JSON.stringify(names));
    else for (const name of names) console.log(`${name} loaded`);
  } catch (error) {
    throw new CommandError(`Cannot load images from ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** `kubets image list`: what this machine's node has. */
export async function listImages(options: ImageOptions): Promise<void> {
  const clock = createSystemClock();
  const runtime = createCriClient({
    socketPath: containerdPaths(containerdDirectory(options)).socket,
    clock,
    tasks: createTasks({ turn }),
    logger: silent,
  });
  try {
    const images = await runtime.listImages();
    if (options.output === "json") console.log(JSON.stringify(images.map(({ repoTags, size }) => ({ names: repoTags, sizeBytes: size }))));
    else for (const { repoTags, size } of images) console.log(`${repoTags.join(", ")}  ${(size / 1e6).toFixed(1)} MB`);
  } catch (error) {
    throw new CommandError(`Cannot list the images of cluster "${options.name}": ${reasonOf(error)}; is it running with a real node?`, {
      cause: error,
    });
  } finally {
    runtime.close();
  }
}

function containerdDirectory({ name, dataDir }: ImageOptions): string {
  return join(dataDir ?? defaultDataDirectory(name), "node/containerd");
}

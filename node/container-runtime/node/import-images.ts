import { createReadStream, createWriteStream, existsSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Tasks } from "@kubets/machinery";
import { demandCommand } from "@kubets/machinery/node";
import { readImageArchive } from "../images/image-archive.ts";
import type { ReadAt } from "../images/tar.ts";
import { containerdPaths, MissingProgramsError } from "./containerd-setup.ts";
import { findProgram } from "./machine.ts";

export interface ImportOptions {
  /** The program that comes with containerd. */
  readonly ctr: string;
  readonly socketPath: string;
  /** For a file while it is needed. */
  readonly directory: string;
  readonly tasks: Tasks;
}

/**
 * Brings the images of an archive into containerd, where CRI finds them. Answers their names as the archive has them. Throws a
 * `TypeError` for a file that isn't an image archive.
 */
export async function importImages(archivePath: string, { ctr, socketPath, directory, tasks }: ImportOptions): Promise<readonly string[]> {
  return tasks.run("image import", async () => {
    const unpacked = (await isGzip(archivePath)) ? join(directory, "import.tar") : undefined;
    try {
      if (unpacked !== undefined)
        await pipeline(createReadStream(archivePath), createGunzip(), createWriteStream(unpacked, { mode: 0o600 }));
      const archive = unpacked ?? archivePath;
      const { names } = await withFile(archive, (file) => readImageArchive(readerOf(file)));
      // A name without a registry is one of Docker Hub's, for containerd as for Docker.
      await demandCommand(ctr, ["--address", socketPath, "--namespace", "k8s.io", "images", "import", archive], { tasks });
      return names;
    } finally {
      if (unpacked !== undefined) rmSync(unpacked, { force: true });
    }
  });
}

/**
 * {@link importImages} into the containerd of a directory that another program runs. Throws an error in one sentence when none runs
 * there.
 */
export async function importImagesInto(
  containerdDirectory: string,
  archivePath: string,
  { tasks }: { readonly tasks: Tasks },
): Promise<readonly string[]> {
  const { socket } = containerdPaths(containerdDirectory);
  const ctr = findProgram("ctr");
  if (ctr === undefined) throw new MissingProgramsError(["ctr"], ["containerd"]);
  if (!existsSync(socket)) throw new Error(`Cannot load images: no containerd runs in ${containerdDirectory}`);
  return importImages(archivePath, { ctr, socketPath: socket, directory: containerdDirectory, tasks });
}

function isGzip(path: string): Promise<boolean> {
  return withFile(path, async (file) => {
    const start = await readerOf(file)(0, 2);
    return start[0] === 0x1f && start[1] === 0x8b;
  });
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await open(path, "r");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function readerOf(file: FileHandle): ReadAt {
  return async (offset, length) => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
}

import { chmod, lstat, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Directories, isVolumeName } from "../directories.ts";

/** Volumes as directories below `root` on this machine. */
export function createDirectories({ root }: { readonly root: string }): Directories {
  const path = (volume: string): string => {
    if (!isVolumeName(volume)) throw new Error(`Cannot use ${JSON.stringify(volume)} as the name of a volume: expected pvc-UID`);
    return join(root, volume);
  };
  return {
    path,
    async make(volume) {
      await mkdir(root, { recursive: true, mode: 0o711 });
      const place = path(volume);
      const made = await mkdir(place).then(
        () => true,
        (error: unknown) => {
          if (isCode(error, "EEXIST")) return false;
          throw error;
        },
      );
      if (made) return chmod(place, 0o777);
      await mustBeDirectory(place);
    },
    async remove(volume) {
      const place = path(volume);
      if (!(await exists(place))) return;
      await mustBeDirectory(place);
      // What a container has mounted into the volume belongs to somebody else.
      const mounted = (await mountPoints()).find((point) => point === place || point.startsWith(`${place}/`));
      if (mounted !== undefined) throw new Error(`Cannot delete ${place}: something is mounted at ${mounted}`);
      await rm(place, { recursive: true, force: true });
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (isCode(error, "ENOENT")) return false;
      throw error;
    },
  );
}

/** A link in its place would lead elsewhere: it is no volume. */
async function mustBeDirectory(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) throw new Error(`Cannot use ${path} as a volume: it is not a directory`);
}

async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const point = line.split(" ")[4];
    // Blanks and the like stand there in octal.
    return point === undefined ? [] : [point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))];
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

import type { HostPathVolumeSource } from "@kubets/api";
import type { FileKind, Files } from "../system.ts";

const expected: Readonly<
  Record<Exclude<HostPathVolumeSource["type"], "" | "DirectoryOrCreate" | "FileOrCreate">, readonly [FileKind, string]>
> = {
  Directory: ["directory", "directory"],
  File: ["file", "file"],
  Socket: ["socket", "socket file"],
  CharDevice: ["characterDevice", "character device"],
  BlockDevice: ["blockDevice", "block device"],
};

/** Makes or checks what a hostPath volume names. Answers its path. */
export async function prepareHostPath(files: Files, { path, type }: HostPathVolumeSource): Promise<string> {
  const kind = await files.kindOf(path);
  switch (type) {
    case "":
      // As runtimes do: what isn't there becomes a directory.
      if (kind === undefined) await files.makeDirectory(path, { mode: 0o755 });
      return path;
    case "DirectoryOrCreate":
      if (kind === undefined) await files.makeDirectory(path, { mode: 0o755 });
      else if (kind !== "directory") throw new Error(`hostPath type check failed: ${path} is not a directory`);
      return path;
    case "FileOrCreate":
      if (kind === undefined) await files.write(path, new Uint8Array(), { mode: 0o644 });
      else if (kind !== "file") throw new Error(`hostPath type check failed: ${path} is not a file`);
      return path;
    default: {
      const [wanted, words] = expected[type];
      if (kind !== wanted) throw new Error(`hostPath type check failed: ${path} is not a ${words}`);
      return path;
    }
  }
}

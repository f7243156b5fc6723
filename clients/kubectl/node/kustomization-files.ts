import { lstat, readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, parse, resolve, sep } from "node:path";
import { CommandError } from "../errors.ts";
import type { Files } from "../kustomize/files.ts";

/** The files of this machine, as kustomizations see them. */
export const kustomizationFiles: Files = {
  join,
  isAbsolute,
  async resolve(path) {
    const full = resolve(path);
    try {
      const real = await realpath(full);
      return (await stat(real)).isDirectory() ? { type: "folder", path: real } : { type: "file", path: real, folder: dirname(real) };
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return { type: "nothing", problem: `evalsymlink failure on '${full}' : lstat ${await firstMissing(full)}: ${reasonOf(error)}` };
    }
  },
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new CommandError(`open ${path}: ${reasonOf(error)}`, { cause: error });
    }
  },
};

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ELOOP: "too many links",
};

const reasonOf = ({ code = "", message }: NodeJS.ErrnoException): string => reasons[code] ?? message;

/** The shortest part of a path that isn't there. */
async function firstMissing(path: string): Promise<string> {
  const { root } = parse(path);
  let part = root;
  for (const name of path.slice(root.length).split(sep)) {
    part = join(part, name);
    try {
      await lstat(part);
    } catch {
      return part;
    }
  }
  return path;
}

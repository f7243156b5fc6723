import { constants, watch } from "node:fs";
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Stats } from "node:fs";
import type { FileKind, Files } from "../system.ts";

export function createFiles(): Files {
  return {
    async kindOf(path) {
      const found = await orAbsent(stat(path));
      return found === undefined ? undefined : kindOf(found);
    },
    read: (path) => orAbsent(readFile(path)),
    async readAt(path, offset, length) {
      await using file = await open(path, "r");
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    sizeOf: async (path) => (await orAbsent(stat(path)))?.size,
    async write(path, bytes, { mode } = {}) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
      // The process' umask must not take away what was asked for.
      if (mode !== undefined) await chmod(path, mode);
    },
    async makeDirectory(path, { mode } = {}) {
      const made = await mkdir(path, { recursive: true });
      if (made !== undefined && mode !== undefined) await chmod(path, mode);
    },
    list: async (path) => ((await orAbsent(readdir(path))) ?? []).sort(),
    rename,
    link: (target, path) => symlink(target, path),
    async readLink(path) {
      try {
        return await readlink(path);
      } catch (error) {
        if (isCode(error, "ENOENT", "EINVAL", "ENOTDIR")) return undefined;
        throw error;
      }
    },
    remove: (path) => rm(path, { recursive: true, force: true }),
    async giveToGroup(path, group, { writable, unlessDone = false }) {
      if (unlessDone && (await belongsToGroup(path, group, writable))) return;
      await giveToGroup(path, group, writable);
    },
    realPath: (path) => realpath(path),
    usage: (path) => usageOf(path),
    watch(path, listener) {
      const watcher = watch(path, listener);
      // A directory that goes is found empty at the next look.
      watcher.on("error", listener);
      return { [Symbol.dispose]: () => watcher.close() };
    },
    follow: followFile,
  };
}

async function usageOf(path: string, device?: number): Promise<number> {
  const found = await orAbsent(lstat(path));
  if (found === undefined || (device !== undefined && found.dev !== device)) return 0;
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  const names = (await orAbsent(readdir(path))) ?? [];
  const inside = await Promise.all(names.map((name) => usageOf(join(path, name), found.dev)));
  return inside.reduce((sum, bytes) => sum + bytes, own);
}

/** Whether the root of a tree looks as {@link giveToGroup} leaves it. */
async function belongsToGroup(path: string, group: number, writable: boolean): Promise<boolean> {
  const { gid, mode } = await lstat(path);
  const wanted = writable ? 0o2770 : 0o2550;
  return gid === group && (mode & wanted) === wanted;
}

/**
 * What is in a directory comes before the directory itself: a root that looks done is done. Each entry is opened without following a link,
 * and reached through what was opened before: whoever writes in the tree meanwhile can't lead the walk out of it.
 */
async function giveToGroup(path: string, group: number, writable: boolean): Promise<void> {
  let entry;
  try {
    entry = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isCode(error, "ENOENT", "ELOOP")) return;
    // A socket can't be opened: who may use it is up to whoever made it.
    if (isCode(error, "ENXIO")) return lchown(path, (await lstat(path)).uid, group);
    throw error;
  }
  await using opened = entry;
  const found = await opened.stat();
  if (found.isDirectory()) {
    const inside = `/proc/self/fd/${opened.fd}`;
    for (const name of await readdir(inside)) await giveToGroup(`${inside}/${name}`, group, writable);
  }
  await opened.chown(found.uid, group);
  const added = found.isDirectory() ? (writable ? 0o2770 : 0o2550) : writable ? 0o660 : 0o440;
  await opened.chmod((found.mode & 0o7777) | added);
}

/** Reads on whenever the directory says that something was written; when the file was rotated, goes on in the new one. */
async function* followFile(path: string, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const watcher = watch(dirname(path), wake);
  watcher.on("error", wake);
  signal.addEventListener("abort", wake, { once: true });
  let file = await open(path, "r");
  let offset = from;
  try {
    for (;;) {
      const next = changed;
      const buffer = new Uint8Array(64 * 1024);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      if (bytesRead > 0) {
        offset += bytesRead;
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const [now, own] = [await orAbsent(stat(path)), await file.stat()];
      if (now !== undefined && now.ino !== own.ino) {
        await file.close();
        file = await open(path, "r");
        offset = 0;
        continue;
      }
      // What was written until the end has been read.
      if (signal.aborted) return;
      await next.promise;
      changed = Promise.withResolvers();
    }
  } finally {
    watcher.close();
    signal.removeEventListener("abort", wake);
    await file.close();
  }
}

function kindOf(found: Stats): FileKind {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  if (found.isSocket()) return "socket";
  if (found.isCharacterDevice()) return "characterDevice";
  return found.isBlockDevice() ? "blockDevice" : "other";
}

async function orAbsent<Value>(value: Promise<Value>): Promise<Value | undefined> {
  try {
    return await value;
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

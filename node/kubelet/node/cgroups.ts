import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CgroupLimits, CgroupTree } from "../system.ts";
import { isCode } from "./files.ts";

/** A mounted hierarchy, with the controllers that it has; the unified one of version 2 has none named here. */
interface Hierarchy {
  readonly mountPoint: string;
  readonly controllers: readonly string[];
  readonly isUnified: boolean;
}

/** The machine's control groups: version 1, version 2, or both as a hybrid, whatever is mounted. */
export async function openCgroupTree(): Promise<CgroupTree> {
  const all = await mountedHierarchies();
  const legacy = all.filter(({ isUnified }) => !isUnified);
  // Beside version 1 the unified hierarchy limits nothing, and containers don't use it.
  const hierarchies = legacy.length > 0 ? legacy : all;
  return {
    async make(path, limits) {
      for (const hierarchy of hierarchies)
        await (hierarchy.isUnified ? makeUnified(hierarchy, path, limits) : makeLegacy(hierarchy, path, limits));
    },
    async remove(path) {
      // Runtimes make a group in the unified hierarchy of a hybrid as well, though they limit nothing there.
      for (const { mountPoint } of all) await removeTree(join(mountPoint, path));
    },
    async children(path) {
      const names = await Promise.all(all.map(({ mountPoint }) => directoriesIn(join(mountPoint, path))));
      return [...new Set(names.flat())];
    },
  };
}

async function makeLegacy({ mountPoint, controllers }: Hierarchy, path: string, limits: CgroupLimits): Promise<void> {
  const directory = join(mountPoint, path);
  if (controllers.includes("cpuset")) await makeCpuset(mountPoint, path);
  else await mkdir(directory, { recursive: true });
  const write = (file: string, value: number | undefined): Promise<void> => writeLimit(join(directory, file), value);
  if (controllers.includes("cpu")) {
    await write("cpu.shares", limits.cpuShares);
    await write("cpu.cfs_period_us", limits.cpuPeriod);
    await write("cpu.cfs_quota_us", limits.cpuQuota);
  }
  if (controllers.includes("memory")) await write("memory.limit_in_bytes", limits.memoryBytes);
  if (controllers.includes("pids")) await write("pids.max", limits.pids);
}

/** A new cpuset has neither processors nor memory, and takes no process until it is given some. */
async function makeCpuset(mountPoint: string, path: string): Promise<void> {
  let parent = mountPoint;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const directory = join(parent, name);
    await mkdir(directory, { recursive: true });
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const own = await readFile(join(directory, file), "utf8");
      if (own.trim() === "") await writeFile(join(directory, file), await readFile(join(parent, file), "utf8"));
    }
    parent = directory;
  }
}

async function makeUnified({ mountPoint }: Hierarchy, path: string, limits: CgroupLimits): Promise<void> {
  let directory = mountPoint;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const controllers = (await readFile(join(directory, "cgroup.controllers"), "utf8"))
      .trim()
      .split(" ")
      .filter((each) => each !== "");
    await writeFile(join(directory, "cgroup.subtree_control"), controllers.map((each) => `+${each}`).join(" "));
    directory = join(directory, name);
    await mkdir(directory, { recursive: true });
  }
  const { cpuShares, cpuPeriod, cpuQuota, memoryBytes, pids } = limits;
  await writeLimit(join(directory, "cpu.weight"), cpuShares === undefined ? undefined : Math.floor(1 + ((cpuShares - 2) * 9999) / 262_142));
  if (cpuQuota !== undefined) await writeFile(join(directory, "cpu.max"), `${cpuQuota} ${cpuPeriod ?? 100_000}`);
  await writeLimit(join(directory, "memory.max"), memoryBytes);
  await writeLimit(join(directory, "pids.max"), pids);
}

async function writeLimit(file: string, value: number | undefined): Promise<void> {
  if (value !== undefined) await writeFile(file, String(value));
}

async function removeTree(directory: string): Promise<void> {
  for (const name of await directoriesIn(directory)) await removeTree(join(directory, name));
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

async function directoriesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function mountedHierarchies(): Promise<readonly Hierarchy[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  const found = text.split("\n").flatMap((line): Hierarchy[] => {
    const [before = "", after = ""] = line.split(" - ");
    const mountPoint = before.split(" ")[4] ?? "";
    const [type, , options = ""] = after.split(" ");
    if (type === "cgroup2") return [{ mountPoint, controllers: [], isUnified: true }];
    return type === "cgroup" ? [{ mountPoint, controllers: options.split(","), isUnified: false }] : [];
  });
  // Mounted twice it is one hierarchy all the same.
  return found.filter(
    ({ controllers, isUnified }, index) =>
      found.findIndex((each) => each.isUnified === isUnified && each.controllers.join() === controllers.join()) === index,
  );
}

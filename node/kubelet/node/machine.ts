import { readdir, readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, release } from "node:os";
import type { Machine, MachineFacts } from "../system.ts";

/** `storagePath`: a path on the filesystem that Pods' files go to. */
export function createMachine({
  storagePath,
  memoryBytes,
  resolverPath,
}: {
  readonly storagePath: string;
  readonly memoryBytes?: number;
  readonly resolverPath?: string;
}): Machine {
  return {
    async facts(): Promise<MachineFacts> {
      const [memory, storage, release_, machineId, systemUuid, bootId, pidLimit, hugePages] = await Promise.all([
        memoryInfo(),
        statfs(storagePath),
        text("/etc/os-release"),
        text("/etc/machine-id"),
        text("/sys/class/dmi/id/product_uuid"),
        text("/proc/sys/kernel/random/boot_id"),
        text("/proc/sys/kernel/pid_max"),
        hugePagesOf(),
      ]);
      const id = machineId.trim();
      return {
        cpus: availableParallelism(),
        memoryBytes: memoryBytes ?? memory("MemTotal"),
        swapBytes: memory("SwapTotal"),
        storageBytes: storage.blocks * storage.bsize,
        hugePages,
        pidLimit: Number(pidLimit.trim()),
        machineId: id,
        systemUuid: systemUuid.trim() === "" ? id : systemUuid.trim().toLowerCase(),
        bootId: bootId.trim(),
        kernelVersion: release(),
        osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release_)?.[1] ?? "Linux",
        architecture: arch() === "x64" ? "amd64" : arch(),
      };
    },
    async available() {
      const [memory, storage, pidLimit, load] = await Promise.all([
        memoryInfo(),
        statfs(storagePath),
        text("/proc/sys/kernel/pid_max"),
        text("/proc/loadavg"),
      ]);
      const threads = Number(load.split(" ")[3]?.split("/")[1] ?? 0);
      return {
        memoryBytes: memory("MemAvailable"),
        storageBytes: storage.bavail * storage.bsize,
        storageInodesFree: storage.ffree,
        storageInodes: storage.files,
        pids: Number(pidLimit.trim()) - threads,
      };
    },
    async resolverConfiguration() {
      if (resolverPath !== undefined) return text(resolverPath);
      const own = await text("/etc/resolv.conf");
      // A stub on the node's loopback can't be reached from Pods; where it is systemd's, the real servers stand beside it.
      if (!/^nameserver\s+127\./m.test(own)) return own;
      const real = await text("/run/systemd/resolve/resolv.conf");
      return real === "" ? own : real;
    },
  };
}

async function memoryInfo(): Promise<(name: string) => number> {
  const info = await text("/proc/meminfo");
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(info)?.[1] ?? 0) * 1024;
}

async function hugePagesOf(): Promise<Readonly<Record<string, number>>> {
  const root = "/sys/kernel/mm/hugepages";
  const names = await readdir(root).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const kilobytes = Number(/(\d+)kB$/.exec(name)?.[1] ?? 0);
      const count = Number((await text(`${root}/${name}/nr_hugepages`)).trim());
      const size =
        kilobytes >= 1024 * 1024 ? `${kilobytes / 1024 / 1024}Gi` : kilobytes >= 1024 ? `${kilobytes / 1024}Mi` : `${kilobytes}Ki`;
      return [size, count * kilobytes * 1024] as const;
    }),
  );
  return Object.fromEntries(sizes);
}

/** Empty where there is no such file. */
async function text(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

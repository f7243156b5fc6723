import { readdir, readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, release } from "node:os";
import type { Instant } from "@kubets/machinery";
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
    async usage() {
      const [memory, processors] = await Promise.all([memoryInfo(), text("/proc/stat")]);
      const usageBytes = memory("MemTotal") - memory("MemFree");
      const workingSetBytes = usageBytes - memory("Inactive(file)");
      return {
        bootedAt: (Number(/^btime (\d+)$/m.exec(processors)?.[1] ?? 0) * 1000) as Instant,
        cpuNanoseconds: busyTicks(processors) * nanosecondsPerTick,
        memory: { usageBytes, workingSetBytes, availableBytes: (memoryBytes ?? memory("MemTotal")) - workingSetBytes },
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

// Of all Linux machines that Node runs on.
const nanosecondsPerTick = 1e7;

/** What processors were not idle for: `user nice system idle iowait irq softirq steal`, of which guests' time is a part. */
function busyTicks(processors: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(processors)?.[1] ?? "")
    .split(" ")
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

async function memoryInfo(): Promise<(name: string) => number> {
  const info = await text("/proc/meminfo");
  const kilobytes = new Map([...info.matchAll(/^([^:]+): +(\d+) kB$/gm)].map(([, name, value]) => [name, Number(value)]));
  return (name) => (kilobytes.get(name) ?? 0) * 1024;
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

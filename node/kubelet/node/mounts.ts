import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Mounts } from "../system.ts";

const run = promisify(execFile);

export function createMounts(): Mounts {
  return {
    async tmpfs(path, { sizeBytes, mode = 0o777 }) {
      const options = [`mode=${mode.toString(8)}`, ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])].join(",");
      await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
    },
    async unmount(path) {
      if (!(await mountPoints()).includes(path)) return;
      try {
        await run("umount", ["--lazy", path]);
      } catch (error) {
        // Somebody else may have been faster.
        if ((await mountPoints()).includes(path)) throw error;
      }
    },
    isMountPoint: async (path) => (await mountPoints()).includes(path),
    async below(path) {
      return (await mountPoints()).filter((point) => point.startsWith(`${path}/`)).sort((a, b) => b.length - a.length);
    },
  };
}

async function mountPoints(): Promise<readonly string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text.split("\n").flatMap((line) => {
    const point = line.split(" ")[4];
    // Blanks and the like stand there in octal.
    return point === undefined ? [] : [point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))];
  });
}

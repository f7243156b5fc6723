import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Tasks } from "@kubets/machinery";
import { runCommand } from "@kubets/machinery/node";
import type { ContainerdPaths } from "./containerd-setup.ts";
import { findProgram } from "./machine.ts";
import { unmountBelow } from "./mounts.ts";
import { endProcess, findProcesses } from "./processes.ts";

interface Surroundings {
  readonly clock: Clock;
  readonly tasks: Tasks;
}

/**
 * Removes everything of a containerd that has ended: its directories, and the processes, shims and mounts of containers that may be
 * left. The orderly way is to remove the sandboxes before; this is for what that could not do.
 */
export async function removeContainerdTraces(paths: ContainerdPaths, surroundings: Surroundings): Promise<void> {
  await removeVolatileTraces(paths, surroundings);
  await unmountBelow(paths.directory, surroundings);
  rmSync(paths.directory, { recursive: true, force: true });
}

/** What a reboot does: no container runs any more, and nothing is left in memory. */
export async function removeVolatileTraces(paths: ContainerdPaths, { clock, tasks }: Surroundings): Promise<void> {
  for (const runtime of ["runc", "crun"]) {
    const binary = findProgram(runtime);
    const root = join(paths.runtimeRoot, runtime, "k8s.io");
    if (binary === undefined || !existsSync(root)) continue;
    for (const container of readdirSync(root)) {
      await runCommand(binary, ["--root", root, "delete", "--force", container], { tasks });
    }
  }
  const shims = findProcesses((commandLine) => {
    const [program = ""] = commandLine;
    return /(^|\/)containerd-shim[^/]*$/.test(program) && commandLine[commandLine.indexOf("-address") + 1] === paths.socket;
  });
  for (const shim of shims) await endProcess(shim, { clock, graceMilliseconds: 0 });
  await unmountBelow(paths.volatile, { tasks });
  rmSync(paths.volatile, { recursive: true, force: true });
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tasks } from "@kubets/machinery";
import { createTasks, silent } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { whyNoTestImages } from "@kubets/images";
import type { ContainerConfig, ContainerId, ContainerStatus } from "../container.ts";
import type { PodSandboxConfig, PodSandboxId } from "../pod-sandbox.ts";
import type { Containerd, ContainerdOptions } from "../node/containerd.ts";
import { startContainerd } from "../node/containerd.ts";
import { containerdPaths } from "../node/containerd-setup.ts";
import { findCniPlugins, findProgram } from "../node/machine.ts";
import { mountsBelow } from "../node/mounts.ts";
import { findProcesses } from "../node/processes.ts";

// A real containerd for tests, below a directory of its own.

/** Why there can't be a real one here; `undefined` when there can. */
export function whyNoContainerd(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "containers need root on Linux";
  const missing = ["containerd", "ctr", "runc"].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `${missing.join(", ")} not installed`;
  return findCniPlugins() === undefined ? "the CNI plugins are not installed" : whyNoTestImages();
}

/** Disposing of it removes everything. */
export interface RealContainerd extends AsyncDisposable {
  readonly options: ContainerdOptions;
  readonly logs: string;
  readonly tasks: Tasks;
  /** Replaced by {@link readopt}. */
  containerd: Containerd;
}

export async function realContainerd(): Promise<RealContainerd> {
  const parent = mkdtempSync(join(tmpdir(), "kubets-cri-"));
  const tasks = createTasks({ turn });
  const options = { directory: join(parent, "containerd"), clock: createSystemClock(), tasks, logger: silent };
  const real: RealContainerd = {
    options,
    logs: join(parent, "logs"),
    tasks,
    containerd: await startContainerd(options),
    async [Symbol.asyncDispose]() {
      await real.containerd.purge();
      rmSync(parent, { recursive: true, force: true });
      for (const path of cgroupsOf(testCgroup).toReversed()) if (path.endsWith(testCgroup)) rmdirSync(path);
    },
  };
  return real;
}

let pods = 0;
/** Removing it is its maker's affair: the kubelet's, or ours. */
const testCgroup = `/kubets-test-${process.pid}`;

/** A sandbox on the node's network, so that no network needs to be set up. */
export function aSandbox(real: RealContainerd, settings: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  const name = `pod-${++pods}`;
  return {
    metadata: { name, uid: `uid-${name}`, namespace: "default", attempt: 0 },
    logDirectory: join(real.logs, name),
    labels: { pod: name },
    annotations: {},
    cgroupParent: testCgroup,
    security: { namespaces: { network: "node", pid: "container", ipc: "pod" } },
    ...settings,
  };
}

export function aContainer(image: string, settings: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    metadata: { name: "app", attempt: 0 },
    image,
    labels: { container: "app" },
    annotations: {},
    logPath: "app.log",
    security: { namespaces: { network: "node", pid: "container", ipc: "pod" } },
    ...settings,
  };
}

/** Runs a sandbox with one started container in it. */
export async function runPod(
  real: RealContainerd,
  container: ContainerConfig,
  sandboxConfig: PodSandboxConfig = aSandbox(real),
): Promise<{ readonly sandbox: PodSandboxId; readonly id: ContainerId; readonly logPath: string }> {
  const { runtime } = real.containerd;
  const sandbox = await runtime.runPodSandbox(sandboxConfig);
  const id = await runtime.createContainer(sandbox, container, sandboxConfig);
  await runtime.startContainer(id);
  return { sandbox, id, logPath: join(sandboxConfig.logDirectory, container.logPath) };
}

/** As after a kill -9 of the program that started it: everything is left running, and the next start finds it. */
export async function readopt(real: RealContainerd): Promise<void> {
  real.containerd.release();
  real.containerd = await startContainerd(real.options);
}

/** The status once it is as wanted; the runtime takes some milliseconds after the event. */
export async function statusOnce(real: RealContainerd, id: ContainerId, state: ContainerStatus["state"]): Promise<ContainerStatus> {
  for (;;) {
    const status = await real.containerd.runtime.containerStatus(id);
    if (status === undefined) throw new Error(`There is no container ${id}`);
    if (status.state === state) return status;
    await new Promise<void>((resolve) => real.options.clock.after(10, resolve));
  }
}

/** What is left of containers on this machine: nothing, if they were cleaned up. */
export function leftovers({ options: { directory } }: RealContainerd): Readonly<Record<string, readonly string[]>> {
  const places = [directory, containerdPaths(directory).volatile];
  const isOurs = (word: string): boolean => places.some((place) => word.startsWith(place));
  return {
    files: places.filter((place) => existsSync(place)),
    mounts: places.flatMap(mountsBelow),
    processes: findProcesses((commandLine) => commandLine.some(isOurs)).map(({ pid }) => String(pid)),
    cgroups: [...new Set(cgroupsOf(testCgroup).filter((path) => !path.endsWith(testCgroup)))],
  };
}

function cgroupsOf(name: string): readonly string[] {
  const { stdout } = spawnSync("find", ["/sys/fs/cgroup", "-type", "d", "-path", `*${name}*`], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

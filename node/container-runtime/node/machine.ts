import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Tasks } from "@kubets/machinery";
import { runCommand } from "@kubets/machinery/node";
import type { Snapshotter } from "../containerd/config.ts";
import type { CgroupLayout } from "../containerd/runtime-handlers.ts";
import type { Architecture } from "../pause/program.ts";

// What this machine is, as far as containers care.

/** Beyond the PATH: distributions hide these from users who are not root, and others install by hand. */
const programDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/containerd/bin"];
const cniPluginDirectories = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni", "/usr/local/lib/cni"];

/** The PATH with the directories in which system programs lie. */
export function programPath(path: string | undefined = process.env["PATH"]): string {
  return [...new Set([...(path ?? "").split(delimiter).filter((directory) => directory !== ""), ...programDirectories])].join(delimiter);
}

export function findProgram(name: string, path: string = programPath()): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file));
}

/** Where the CNI plugins that we use are; `undefined` when they aren't on this machine. */
export function findCniPlugins(directories: readonly string[] = cniPluginDirectories): string | undefined {
  return directories.find((directory) =>
    ["bridge", "host-local", "portmap", "loopback"].every((name) => existsSync(join(directory, name))),
  );
}

export function cgroupLayout(): CgroupLayout {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) return "unified";
  return existsSync("/sys/fs/cgroup/unified/cgroup.controllers") ? "hybrid" : "legacy";
}

const capSysResource = 24n;

export function mayLowerOomScore(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${capabilities}`) >> capSysResource) & 1n) === 1n;
}

export function hasAppArmor(): boolean {
  const parameter = "/sys/module/apparmor/parameters/enabled";
  return existsSync(parameter) && readFileSync(parameter, "utf8").startsWith("Y") && findProgram("apparmor_parser") !== undefined;
}

/** The processor by the name that OCI images give it; `undefined` for those that we have no pause program for. */
export function architecture(): Architecture | undefined {
  if (process.arch === "x64") return "amd64";
  return process.arch === "arm64" ? "arm64" : undefined;
}

/** The quickest snapshotter that the filesystem of `directory` allows: tried out, because nothing else tells. */
export async function fittingSnapshotter(directory: string, { tasks }: { readonly tasks: Tasks }): Promise<Snapshotter> {
  const trial = join(directory, "overlay-trial");
  const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(trial, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [lower, upper, work, merged]) mkdirSync(path, { recursive: true });
  try {
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const { exitCode } = await runCommand("mount", ["-t", "overlay", "overlay", "-o", options, merged], { tasks });
    if (exitCode !== 0) return "native";
    await runCommand("umount", [merged], { tasks });
    return "overlayfs";
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

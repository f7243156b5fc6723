import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Tasks } from "@kubets/machinery";
import { demandCommand } from "@kubets/machinery/node";
import type { Snapshotter } from "../containerd/config.ts";
import { containerdConfiguration } from "../containerd/config.ts";
import { runtimeHandlers } from "../containerd/runtime-handlers.ts";
import type { ContainerdVersion } from "../containerd/version.ts";
import { isSupported, parseContainerdVersion } from "../containerd/version.ts";
import { pauseImageName } from "../pause/pause-image.ts";
import { cgroupLayout, findCniPlugins, findProgram, fittingSnapshotter, hasAppArmor, mayLowerOomScore } from "./machine.ts";

/** Where everything of a private containerd lies. */
export interface ContainerdPaths {
  readonly directory: string;
  /** Gone after a reboot. */
  readonly volatile: string;
  readonly configuration: string;
  readonly record: string;
  readonly log: string;
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly runtimeRoot: string;
  /** Watched by containerd: a network configuration that is put here holds from then on. */
  readonly cniConfiguration: string;
  readonly registries: string;
}

/** What is needed to start it, found on this machine. */
export interface ContainerdSetup {
  readonly binary: string;
  readonly ctr: string;
  readonly version: ContainerdVersion;
  readonly cniPlugins: string;
  readonly snapshotter: Snapshotter;
  /** The default runtime handler, such as `crun`. */
  readonly defaultHandler: string;
  /** The text of the configuration file. */
  readonly configuration: string;
}

/** Programs that this machine lacks; `packages` are what Debian calls them. */
export class MissingProgramsError extends Error {
  readonly packages: readonly string[];

  constructor(programs: readonly string[], packages: readonly string[]) {
    super(`Cannot run containers: ${programs.join(", ")} not found on this machine; on Debian, install ${packages.join(" ")}`);
    this.name = "MissingProgramsError";
    this.packages = packages;
  }
}

/**
 * What outlives a reboot lies in `directory`, the rest below /run: a runtime must not find the traces of containers of before, memory is
 * quicker than a disk, and the path of a socket has no room for more than 107 bytes.
 */
export function containerdPaths(directory: string): ContainerdPaths {
  const name = createHash("sha256").update(resolve(directory)).digest("hex").slice(0, 12);
  const volatile = join("/run/kubets", name);
  return {
    directory,
    volatile,
    configuration: join(directory, "config.toml"),
    record: join(directory, "containerd.json"),
    log: join(directory, "containerd.log"),
    root: join(directory, "root"),
    state: join(volatile, "state"),
    socket: join(volatile, "containerd.sock"),
    runtimeRoot: join(volatile, "runtimes"),
    cniConfiguration: join(directory, "cni"),
    registries: join(directory, "registries"),
  };
}

export interface SetupOptions {
  readonly paths: ContainerdPaths;
  readonly registryDirectory?: string;
  /** The one that its images were unpacked with; absent at the first start. */
  readonly snapshotter?: Snapshotter;
  readonly tasks: Tasks;
}

/** Finds what is needed and makes the directories. Throws a {@link MissingProgramsError}, or an error in one sentence. */
export async function prepareContainerd({ paths, registryDirectory, snapshotter, tasks }: SetupOptions): Promise<ContainerdSetup> {
  const [binary, ctr, runc, crun] = ["containerd", "ctr", "runc", "crun"].map((name) => findProgram(name));
  const shim = findProgram("containerd-shim-runc-v2");
  const cniPlugins = findCniPlugins();
  const handlers = runtimeHandlers({ ...(runc === undefined ? {} : { runc }), ...(crun === undefined ? {} : { crun }) }, cgroupLayout());
  if (binary === undefined || ctr === undefined || shim === undefined || cniPlugins === undefined || handlers.length === 0) {
    throw missing({ containerd: binary !== undefined && ctr !== undefined && shim !== undefined, runc: handlers.length > 0, cniPlugins });
  }
  const answer = await demandCommand(binary, ["--version"], { tasks });
  const version = parseContainerdVersion(answer);
  if (version === undefined || !isSupported(version)) {
    throw new RangeError(`Cannot use ${binary}: it is "${answer.trim()}", and 1.6 or newer is needed`);
  }
  for (const path of [paths.root, paths.state, paths.runtimeRoot, paths.cniConfiguration, paths.registries]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
  }
  const chosen = snapshotter ?? (await fittingSnapshotter(paths.root, { tasks }));
  const configuration = containerdConfiguration({
    version,
    root: paths.root,
    state: paths.state,
    socketPath: paths.socket,
    optDirectory: join(paths.directory, "opt"),
    runtimeRoot: paths.runtimeRoot,
    sandboxImage: pauseImageName,
    snapshotter: chosen,
    handlers,
    cniConfigurationDirectory: paths.cniConfiguration,
    cniPluginDirectory: cniPlugins,
    registryDirectory: registryDirectory ?? paths.registries,
    mayLowerOomScore: mayLowerOomScore(),
    hasAppArmor: hasAppArmor(),
  });
  return { binary, ctr, version, cniPlugins, snapshotter: chosen, defaultHandler: handlers[0]!.name, configuration };
}

function missing(found: { readonly containerd: boolean; readonly runc: boolean; readonly cniPlugins: string | undefined }): Error {
  const needs = [
    { isThere: found.containerd, program: "containerd", debian: "containerd" },
    { isThere: found.runc, program: "runc or crun", debian: "runc" },
    { isThere: found.cniPlugins !== undefined, program: "the CNI plugins", debian: "containernetworking-plugins" },
  ].filter(({ isThere }) => !isThere);
  return new MissingProgramsError(
    needs.map(({ program }) => program),
    needs.map(({ debian }) => debian),
  );
}

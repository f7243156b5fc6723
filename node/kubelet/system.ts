import type { HTTPGetAction } from "@kubets/api";
import type { Instant } from "@kubets/machinery";

/** What a kubelet needs of its machine besides the container runtime: the edges, as arguments (law 2). */
export interface NodeSystem {
  readonly files: Files;
  readonly mounts: Mounts;
  readonly cgroups: CgroupTree;
  readonly machine: Machine;
  readonly network: NodeNetwork;
}

export type FileKind = "file" | "directory" | "socket" | "characterDevice" | "blockDevice" | "link" | "other";

/** Paths are absolute. Calls reject with the system's error unless something else is said. */
export interface Files {
  /** `undefined` where there is nothing. Follows links. */
  kindOf(path: string): Promise<FileKind | undefined>;
  /** `undefined` where there is no file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** A part of a file; shorter at its end. */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array>;
  sizeOf(path: string): Promise<number | undefined>;
  write(path: string, bytes: Uint8Array, options?: { readonly mode?: number }): Promise<void>;
  makeDirectory(path: string, options?: { readonly mode?: number }): Promise<void>;
  /** Names of a directory's entries, sorted; none where there is no directory. */
  list(path: string): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  link(target: string, path: string): Promise<void>;
  /** What a symbolic link says; `undefined` where there is none. */
  readLink(path: string): Promise<string | undefined>;
  /** With all below it; harmless where there is nothing. */
  remove(path: string): Promise<void>;
  /**
   * Lets a group into a tree: owner group, group permissions, and directories whose new entries belong to it too. `unlessDone`: not when
   * its root looks so already.
   */
  giveToGroup(path: string, group: number, options: { readonly writable: boolean; readonly unlessDone?: boolean }): Promise<void>;
  /** The path with all links resolved; rejects where there is nothing. */
  realPath(path: string): Promise<string>;
  /** Bytes that a tree takes on its disk; nothing where there is none. Links aren't followed, other filesystems not entered. */
  usage(path: string): Promise<number>;
  /** Calls `listener` when an entry of the directory was made, changed or removed, until it is disposed of. Throws where there is none. */
  watch(path: string, listener: () => void): Disposable;
  /** What is appended to a file from an offset on, also past its rotation, until `signal` is aborted. */
  follow(path: string, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface Mounts {
  tmpfs(path: string, options: { readonly sizeBytes?: number; readonly mode?: number }): Promise<void>;
  /** Harmless where nothing is mounted. */
  unmount(path: string): Promise<void>;
  isMountPoint(path: string): Promise<boolean>;
  /** Mount points below a directory, deepest first. */
  below(path: string): Promise<readonly string[]>;
}

/** Limits of a group of processes; what is absent is not limited. */
export interface CgroupLimits {
  readonly cpuShares?: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
}

/** The control groups of the machine, in whichever hierarchies it has. Paths begin with `/` at their roots. */
export interface CgroupTree {
  make(path: string, limits: CgroupLimits): Promise<void>;
  /** With all below it, when no process is left in there. */
  remove(path: string): Promise<void>;
  children(path: string): Promise<readonly string[]>;
}

export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly storageBytes: number;
  readonly hugePages: Readonly<Record<string, number>>;
  readonly pidLimit: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Go calls it: `amd64`, `arm64`. */
  readonly architecture: string;
}

export interface Machine {
  facts(): Promise<MachineFacts>;
  /** What could be used now. */
  available(): Promise<{
    readonly memoryBytes: number;
    readonly storageBytes: number;
    readonly storageInodesFree: number;
    /** All, free or not; 0 where they aren't counted. */
    readonly storageInodes: number;
    readonly pids: number;
  }>;
  /** What everything on the machine uses together. */
  usage(): Promise<MachineUsage>;
  /** The node's own resolver configuration, followed to the real servers where a stub stands before them. */
  resolverConfiguration(): Promise<string>;
}

export interface MachineUsage {
  readonly bootedAt: Instant;
  /** Time of processors since then, in nanoseconds. */
  readonly cpuNanoseconds: number;
  readonly memory: {
    readonly usageBytes: number;
    /** Without the files in it that haven't been used for long. */
    readonly workingSetBytes: number;
    readonly availableBytes: number;
  };
}

/** The outcome of one probe: success, or what a person should know of the failure. */
export type ProbeResult = { readonly healthy: true; readonly warning?: string } | { readonly healthy: false; readonly message: string };

export interface HttpProbeRequest {
  readonly scheme: HTTPGetAction["scheme"];
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeout: number;
}

export interface NodeNetwork {
  httpGet(request: HttpProbeRequest): Promise<ProbeResult>;
  connectTcp(request: { readonly host: string; readonly port: number; readonly timeout: number }): Promise<ProbeResult>;
  checkGrpcHealth(request: {
    readonly host: string;
    readonly port: number;
    readonly service: string;
    readonly timeout: number;
  }): Promise<ProbeResult>;
}

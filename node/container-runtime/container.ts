import type { Labels, PodSandboxId, SandboxSecurity } from "./pod-sandbox.ts";
import type { Instant } from "@kubets/machinery";

export type ContainerId = string & { readonly [brand]: "ContainerId" };
declare const brand: unique symbol;

export interface ContainerMetadata {
  readonly name: string;
  /** Counts the restarts. */
  readonly attempt: number;
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  /** The id that `pullImage` or `imageStatus` answered. */
  readonly image: string;
  /** The name as the Pod has it. */
  readonly userSpecifiedImage?: string;
  /** Absent: the image's entrypoint. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly Device[];
  readonly cdiDevices?: readonly string[];
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Below the sandbox's log directory, such as `app/0.log`. */
  readonly logPath: string;
  readonly stdin?: boolean;
  /** Standard input is closed after the first attached client has gone. */
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  /** Such as `SIGTERM`; absent: the image's. */
  readonly stopSignal?: string;
  readonly resources?: LinuxContainerResources;
  readonly security: ContainerSecurity;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly recursiveReadOnly?: boolean;
  readonly selinuxRelabel?: boolean;
  readonly propagation?: "None" | "HostToContainer" | "Bidirectional";
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  /** Such as `rwm`. */
  readonly permissions: string;
}

export interface LinuxContainerResources {
  /** Microseconds. */
  readonly cpuPeriod?: number;
  /** Microseconds per period; -1 is no limit. */
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitBytes?: number;
  readonly memorySwapLimitBytes?: number;
  readonly oomScoreAdjust?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** Files of the unified cgroup, such as `memory.high`. */
  readonly unified?: Labels;
}

export interface ContainerSecurity extends SandboxSecurity {
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly runAsUsername?: string;
  readonly noNewPrivileges?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface Container {
  readonly id: ContainerId;
  readonly sandbox: PodSandboxId;
  readonly metadata: ContainerMetadata;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAt: Instant;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface ContainerStatus extends Omit<Container, "sandbox"> {
  readonly startedAt?: Instant;
  readonly finishedAt?: Instant;
  /** Meaningful once exited. */
  readonly exitCode: number;
  /** Such as `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message: string;
  readonly mounts: readonly Mount[];
  /** The whole path. */
  readonly logPath: string;
  readonly resources?: LinuxContainerResources;
  /** Where the runtime tells it. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
  readonly stopSignal?: string;
}

export interface ContainerFilter {
  readonly id?: ContainerId;
  readonly sandbox?: PodSandboxId;
  readonly state?: ContainerState;
  readonly labels?: Labels;
}

export interface ExecSyncResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

export interface StreamsRequest {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecRequest extends StreamsRequest {
  readonly command: readonly string[];
}

/** `id` is that of a container or of a sandbox (its pause container). */
export type ContainerEvent =
  | { readonly type: "created" | "started" | "oom" | "deleted"; readonly id: string }
  /** The process has ended. CRI may still say `running` for some 50 ms: poll the status until it doesn't. */
  | { readonly type: "exited"; readonly id: string; readonly exitCode: number }
  | { readonly type: "relist" };

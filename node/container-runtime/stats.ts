import type { Instant } from "@kubets/machinery";

/** Measurements of one container; what the runtime does not measure is absent. */
export interface ContainerStats {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  /** The container's own layer. */
  readonly writableLayer?: FilesystemUsage;
}

export interface PodSandboxStats {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  /** The default interface comes first. */
  readonly network: readonly NetworkInterfaceUsage[];
  readonly processCount?: number;
  readonly containers: readonly ContainerStats[];
}

export interface CpuUsage {
  readonly at: Instant;
  /** Since the start. */
  readonly usageCoreNanoSeconds?: number;
  readonly usageNanoCores?: number;
}

export interface MemoryUsage {
  readonly at: Instant;
  readonly workingSetBytes?: number;
  readonly availableBytes?: number;
  readonly usageBytes?: number;
  readonly rssBytes?: number;
  readonly pageFaults?: number;
  readonly majorPageFaults?: number;
}

export interface NetworkInterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface FilesystemUsage {
  readonly at: Instant;
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

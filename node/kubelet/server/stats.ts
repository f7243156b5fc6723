import type { ContainerStats, CpuUsage, MemoryUsage, PodSandboxStats, RuntimeService } from "@kubets/container-runtime";
import { type Clock, formatTime, type Instant } from "@kubets/machinery";
import { containerNameLabel } from "../containers/labels.ts";
import type { Machine } from "../system.ts";

export interface StatsOptions {
  readonly runtime: Pick<RuntimeService, "listPodSandboxStats">;
  readonly machine: Pick<Machine, "usage">;
  readonly clock: Pick<Clock, "now">;
  readonly nodeName: string;
}

/** Says what is used, at `/stats/summary`. */
export interface Stats {
  /** The node and its containers, in the form in which monitoring reads it. */
  summary(signal: AbortSignal): Promise<unknown>;
  /** Looks at the node for the first time: how busy it is can be said from the second look on. */
  begin(): Promise<void>;
}

/** Milliseconds. In less time a processor's clock says too little. */
const shortestMean = 1000;

export function createStats({ runtime, machine, clock, nodeName }: StatsOptions): Stats {
  let last: { readonly at: Instant; readonly cpuNanoseconds: number } | undefined;
  let usageNanoCores: number | undefined;
  /** How busy its processors were is the mean since they were last looked at. */
  const look = async (): Promise<object> => {
    const { bootedAt, cpuNanoseconds, memory } = await machine.usage();
    const at = clock.now();
    if (last !== undefined && at - last.at >= shortestMean)
      usageNanoCores = Math.round(((cpuNanoseconds - last.cpuNanoseconds) * 1000) / (at - last.at));
    if (last === undefined || at - last.at >= shortestMean) last = { at, cpuNanoseconds };
    const time = formatTime(at);
    return {
      nodeName,
      startTime: formatTime(bootedAt),
      cpu: { time, usageNanoCores, usageCoreNanoSeconds: cpuNanoseconds },
      memory: { time, ...memory },
    };
  };
  return {
    begin: async () => void (await look()),
    async summary(signal) {
      const [node, pods] = await Promise.all([look(), runtime.listPodSandboxStats({}, { signal })]);
      return { node, pods: pods.map(podStats) };
    },
  };
}

function podStats({ name, namespace, uid, cpu, memory, network, processCount, containers }: PodSandboxStats): unknown {
  const [first] = network;
  return {
    podRef: { name, namespace, uid },
    containers: containers.map(containerStats),
    ...cpuStats(cpu),
    ...memoryStats(memory),
    ...(first === undefined ? {} : { network: { ...first, interfaces: network } }),
    ...(processCount === undefined ? {} : { process_stats: { process_count: processCount } }),
  };
}

function containerStats({ name, labels, cpu, memory, writableLayer }: ContainerStats): unknown {
  return {
    name: labels[containerNameLabel] ?? name,
    ...cpuStats(cpu),
    ...memoryStats(memory),
    ...(writableLayer === undefined
      ? {}
      : { rootfs: { time: formatTime(writableLayer.at), usedBytes: writableLayer.usedBytes, inodesUsed: writableLayer.inodesUsed } }),
  };
}

function cpuStats(cpu: CpuUsage | undefined): object {
  return cpu === undefined
    ? {}
    : { cpu: { time: formatTime(cpu.at), usageNanoCores: cpu.usageNanoCores, usageCoreNanoSeconds: cpu.usageCoreNanoSeconds } };
}

function memoryStats(memory: MemoryUsage | undefined): object {
  if (memory === undefined) return {};
  const { at, availableBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } = memory;
  return { memory: { time: formatTime(at), availableBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } };
}

import type { ContainerStats, CpuUsage, MemoryUsage, PodSandboxStats, RuntimeService } from "@kubets/container-runtime";
import { type Clock, formatTime } from "@kubets/machinery";
import { containerNameLabel } from "../containers/labels.ts";

/** What `/stats/summary` answers: what containers use, in the form in which monitoring reads it. */
export async function statsSummary(
  { runtime, clock, nodeName }: { readonly runtime: RuntimeService; readonly clock: Clock; readonly nodeName: string },
  signal: AbortSignal,
): Promise<unknown> {
  const pods = await runtime.listPodSandboxStats({}, { signal });
  return { node: { nodeName, startTime: formatTime(clock.now()) }, pods: pods.map(podStats) };
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

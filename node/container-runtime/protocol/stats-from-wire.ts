import type { ContainerStats, CpuUsage, FilesystemUsage, MemoryUsage, NetworkInterfaceUsage, PodSandboxStats } from "../stats.ts";
import type { ReadMessage } from "./cri.ts";
import { instantOf } from "./from-wire.ts";

export function containerStatsFromWire(wire: ReadMessage<"ContainerStats">): ContainerStats {
  return {
    id: wire.attributes?.id ?? "",
    name: wire.attributes?.metadata?.name ?? "",
    labels: { ...wire.attributes?.labels },
    ...(wire.cpu === undefined ? {} : { cpu: cpuFromWire(wire.cpu) }),
    ...(wire.memory === undefined ? {} : { memory: memoryFromWire(wire.memory) }),
    ...(wire.writableLayer === undefined ? {} : { writableLayer: filesystemFromWire(wire.writableLayer) }),
  };
}

export function sandboxStatsFromWire({ attributes, linux }: ReadMessage<"PodSandboxStats">): PodSandboxStats {
  const main = linux?.network?.defaultInterface;
  const interfaces = [...(main === undefined ? [] : [main]), ...(linux?.network?.interfaces ?? [])];
  return {
    id: attributes?.id ?? "",
    name: attributes?.metadata?.name ?? "",
    namespace: attributes?.metadata?.namespace ?? "",
    uid: attributes?.metadata?.uid ?? "",
    labels: { ...attributes?.labels },
    ...(linux?.cpu === undefined ? {} : { cpu: cpuFromWire(linux.cpu) }),
    ...(linux?.memory === undefined ? {} : { memory: memoryFromWire(linux.memory) }),
    network: interfaces.map(interfaceFromWire),
    ...numbers({ processCount: linux?.process?.processCount }),
    containers: (linux?.containers ?? []).map(containerStatsFromWire),
  };
}

export function filesystemFromWire(wire: ReadMessage<"FilesystemUsage">): FilesystemUsage {
  return {
    at: instantOf(wire.timestamp),
    mountpoint: wire.fsId?.mountpoint ?? "",
    usedBytes: Number(wire.usedBytes?.value ?? 0n),
    inodesUsed: Number(wire.inodesUsed?.value ?? 0n),
  };
}

function cpuFromWire({ timestamp, usageCoreNanoSeconds, usageNanoCores }: ReadMessage<"CpuUsage">): CpuUsage {
  return { at: instantOf(timestamp), ...numbers({ usageCoreNanoSeconds, usageNanoCores }) };
}

function memoryFromWire({ timestamp, ...wire }: ReadMessage<"MemoryUsage">): MemoryUsage {
  const { workingSetBytes, availableBytes, usageBytes, rssBytes, pageFaults, majorPageFaults } = wire;
  return {
    at: instantOf(timestamp),
    ...numbers({ workingSetBytes, availableBytes, usageBytes, rssBytes, pageFaults, majorPageFaults }),
  };
}

function interfaceFromWire(wire: ReadMessage<"NetworkInterfaceUsage">): NetworkInterfaceUsage {
  return {
    name: wire.name,
    rxBytes: Number(wire.rxBytes?.value ?? 0n),
    rxErrors: Number(wire.rxErrors?.value ?? 0n),
    txBytes: Number(wire.txBytes?.value ?? 0n),
    txErrors: Number(wire.txErrors?.value ?? 0n),
  };
}

/** The measured ones. */
function numbers<Key extends string>(
  values: Readonly<Record<Key, { readonly value: bigint } | undefined>>,
): {
  readonly [K in Key]?: number;
} {
  const measured = Object.entries<{ readonly value: bigint } | undefined>(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, Number(value.value)] as const],
  );
  return Object.fromEntries(measured) as { readonly [K in Key]?: number };
}

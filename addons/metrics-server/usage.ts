import { type Instant, parseTime } from "@kubets/machinery";

/** What something uses: processors in billionths, memory that can't be taken back in bytes. */
export interface Usage {
  readonly nanoCores: number;
  readonly bytes: number;
}

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly at: Instant;
  readonly containers: readonly (Usage & { readonly name: string })[];
}

export interface NodeUsage {
  readonly node: Usage;
  readonly at: Instant;
  readonly pods: readonly PodUsage[];
}

interface Figures {
  readonly cpu?: { readonly time?: string; readonly usageNanoCores?: number };
  readonly memory?: { readonly time?: string; readonly workingSetBytes?: number };
}

/** What a kubelet answers at `/stats/summary`, as far as it is read. */
interface Summary {
  readonly node?: Figures;
  readonly pods?: readonly (Figures & {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers?: readonly (Figures & { readonly name: string })[];
  })[];
}

/**
 * Reads a kubelet's summary. Containers that haven't been measured yet make their Pod unknown; a kubelet that doesn't measure its node uses
 * what its Pods do.
 */
export function readSummary(summary: unknown, now: Instant): NodeUsage {
  const { node = {}, pods = [] } = summary as Summary;
  const known = pods.flatMap(({ podRef, containers = [], ...own }): readonly PodUsage[] => {
    const usages = containers.map((container) => ({ name: container.name, usage: usageOf(container) }));
    if (usages.length === 0 || usages.some(({ usage }) => usage === undefined)) return [];
    const at = timeOf(containers[0]!) ?? timeOf(own) ?? now;
    return [{ ...podRef, at, containers: usages.map(({ name, usage }) => ({ name, ...usage! })) }];
  });
  const sum = known.flatMap(({ containers }) => containers).reduce<Usage>(added, { nanoCores: 0, bytes: 0 });
  return { node: usageOf(node) ?? sum, at: timeOf(node) ?? now, pods: known };
}

function usageOf({ cpu, memory }: Figures): Usage | undefined {
  if (cpu?.usageNanoCores === undefined || memory?.workingSetBytes === undefined) return undefined;
  return { nanoCores: cpu.usageNanoCores, bytes: memory.workingSetBytes };
}

function timeOf({ cpu, memory }: Figures): Instant | undefined {
  return parseTime(cpu?.time ?? memory?.time ?? "");
}

function added(a: Usage, b: Usage): Usage {
  return { nanoCores: a.nanoCores + b.nanoCores, bytes: a.bytes + b.bytes };
}

/** As metrics servers write amounts: billionths of processors, and memory in units of 1024 bytes. */
export function quantitiesOf({ nanoCores, bytes }: Usage): { readonly cpu: string; readonly memory: string } {
  return { cpu: nanoCores === 0 ? "0" : `${Math.round(nanoCores)}n`, memory: bytes === 0 ? "0" : `${Math.ceil(bytes / 1024)}Ki` };
}

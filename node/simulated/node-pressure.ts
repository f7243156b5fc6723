import type { Pod } from "@kubets/api";
import { formatQuantity, type Instant, parseQuantity, type Quantity } from "@kubets/machinery";
import { isOver, type PodState } from "./pod-state.ts";
import type { ProgramRule } from "./programs.ts";
import { containerUses, type ContainerUse } from "./usage-metrics.ts";

/** What a node can be short of, by the condition that says so. */
export const pressureTypes = ["MemoryPressure", "DiskPressure"] as const;
export type PressureType = (typeof pressureTypes)[number];

/** When a node was last seen to be short of something. Plain data. */
export type Pressures = Readonly<Partial<Record<PressureType, Instant>>>;

export interface ObservedNode {
  readonly capacity: Readonly<Record<string, Quantity>>;
  /** The Pods on it. */
  readonly states: readonly PodState[];
  readonly programs: readonly ProgramRule[];
  /** As found before. */
  readonly pressures: Pressures;
}

export interface PressureFindings {
  readonly pressures: Pressures;
  /** Who has to go, and with which words. */
  readonly evicted?: { readonly pod: Pod; readonly message: string };
}

interface Signal {
  readonly type: PressureType;
  readonly resource: "memory" | "ephemeral-storage";
  /** How much has to be left. */
  readonly threshold: (capacity: number) => number;
  readonly used: (use: ContainerUse) => number;
}

/** The kubelet's thresholds when nobody sets others. */
const signals: readonly Signal[] = [
  { type: "MemoryPressure", resource: "memory", threshold: () => 100 * 2 ** 20, used: ({ bytes }) => bytes },
  { type: "DiskPressure", resource: "ephemeral-storage", threshold: (all) => all / 10, used: ({ storageBytes }) => storageBytes },
];

/** A node says that it is short of something for so long after it was, in milliseconds. */
const transition = 300_000;

/** Looks at a node: what it is short of, and which one Pod has to go for it. */
export function judgePressures({ capacity, states, programs, pressures: before }: ObservedNode, now: Instant): PressureFindings {
  const uses = containerUses(states, now, programs);
  const pressures: Partial<Record<PressureType, Instant>> = {};
  let found: PressureFindings["evicted"];
  for (const signal of signals) {
    const { type, resource, threshold, used } = signal;
    const all = amount(capacity[resource]);
    const available = all - uses.reduce((sum, use) => sum + used(use), 0);
    if (available < threshold(all)) {
      pressures[type] = now;
      found ??= eviction(signal, { states, uses, threshold: threshold(all), available });
    } else {
      const seen = before[type];
      if (seen !== undefined && now - seen < transition) pressures[type] = seen;
    }
  }
  return { pressures, ...(found === undefined ? {} : { evicted: found }) };
}

interface Shortage {
  readonly states: readonly PodState[];
  readonly uses: readonly ContainerUse[];
  readonly threshold: number;
  readonly available: number;
}

/** Of those that may go, who uses more than it asked for goes first, then who matters least, then who is furthest above what it asked for. */
function eviction(signal: Signal, { states, uses, threshold, available }: Shortage): PressureFindings["evicted"] {
  const { resource, used } = signal;
  const candidates = states
    .filter((state) => state.ending === undefined && !isOver(state) && (state.pod.spec.priority ?? 0) < systemCritical)
    .map(({ pod }) => {
      const own = uses.filter(({ uid }) => uid === pod.metadata.uid);
      const excess = own.reduce((sum, use) => sum + used(use) - requested(pod, use.container, resource), 0);
      return { pod, own, excess, priority: pod.spec.priority ?? 0 };
    })
    .sort((a, b) => Number(b.excess > 0) - Number(a.excess > 0) || a.priority - b.priority || b.excess - a.excess);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const containers = first.own
    .filter((use) => used(use) > requested(first.pod, use.container, resource))
    .map((use) => {
      const request = requested(first.pod, use.container, resource);
      return `Container ${use.container} was using ${text(used(use))}, request is ${text(request)}, has larger consumption of ${resource}. `;
    });
  const message = `The node was low on resource: ${resource}. Threshold quantity: ${text(threshold)}, available: ${text(available)}. `;
  return { pod: first.pod, message: message + containers.join("") };
}

/** Pods of this priority and above are what the cluster itself stands on. */
const systemCritical = 2_000_000_000;

function requested({ spec }: Pod, name: string, resource: string): number {
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find((each) => each.name === name);
  return amount(container?.resources.requests?.[resource]);
}

function amount(quantity: Quantity = "0"): number {
  return Number(parseQuantity(quantity).nanos) / 1e9;
}

function text(bytes: number): Quantity {
  return formatQuantity({ nanos: BigInt(Math.max(0, Math.floor(bytes))) * 1_000_000_000n, format: "binary" });
}

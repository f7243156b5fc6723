import { evictionMessage, inOrderOfEviction, type Pod, type Shortage } from "@kubets/api";
import { type Instant, type Quantity, wholeValue } from "@kubets/machinery";
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
    const { type, resource, used } = signal;
    const all = wholeValue(capacity[resource] ?? "0");
    const threshold = signal.threshold(all);
    const available = all - uses.reduce((sum, use) => sum + used(use), 0);
    if (available < threshold) {
      pressures[type] = now;
      found ??= eviction(signal, { resource, threshold, available }, { states, uses });
    } else {
      const seen = before[type];
      if (seen !== undefined && now - seen < transition) pressures[type] = seen;
    }
  }
  return { pressures, ...(found === undefined ? {} : { evicted: found }) };
}

/** Of those that may go, the one that goes first, as on a real node. */
function eviction(
  { used }: Signal,
  shortage: Shortage,
  { states, uses }: { readonly states: readonly PodState[]; readonly uses: readonly ContainerUse[] },
): PressureFindings["evicted"] {
  const candidates = states
    .filter((state) => state.ending === undefined && !isOver(state))
    .map(({ pod }) => {
      const containers = uses.filter(({ uid }) => uid === pod.metadata.uid).map((use) => ({ name: use.container, usage: used(use) }));
      return { pod, containers, usage: containers.reduce((sum, { usage }) => sum + usage, 0) };
    });
  const [first] = inOrderOfEviction(candidates, shortage.resource);
  return first && { pod: first.pod, message: evictionMessage(shortage, first) };
}

import { parseDuration, wholeValue } from "@kubets/machinery";

/** What a node watches of itself, by the names of a kubelet's configuration. */
export type EvictionSignal = "memory.available" | "nodefs.available" | "nodefs.inodesFree" | "pid.available";

export type NodePressure = "MemoryPressure" | "DiskPressure" | "PIDPressure";

/** As in a kubelet's configuration: quantities (`100Mi`), or parts of what there is (`10%`). */
export interface EvictionSettings {
  readonly evictionHard?: Readonly<Partial<Record<EvictionSignal, string>>>;
  readonly evictionSoft?: Readonly<Partial<Record<EvictionSignal, string>>>;
  /** How long a soft threshold must be passed before it counts; each one has such a time. */
  readonly evictionSoftGracePeriod?: Readonly<Partial<Record<EvictionSignal, string>>>;
  /** How long a node says that it is under pressure after it last was. */
  readonly evictionPressureTransitionPeriod?: string;
  /** Seconds at most for a Pod that goes for a soft threshold. */
  readonly evictionMaxPodGracePeriod?: number;
}

export interface Threshold {
  readonly signal: EvictionSignal;
  /** A number of bytes or pieces, or a part of all. */
  readonly least: { readonly amount: number } | { readonly share: number };
  /** As it was written, for messages. */
  readonly text: string;
  /** Milliseconds; a hard threshold has none. */
  readonly grace?: number;
}

export interface EvictionPlan {
  readonly thresholds: readonly Threshold[];
  /** Milliseconds. */
  readonly transitionPeriod: number;
  readonly longestGraceSeconds: number;
}

/** As upstream's. */
const defaultHard = { "memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%" } as const;
const defaultTransitionPeriod = "5m";

/** The order in which signals are answered: memory first, which has the least time. */
const signals: readonly EvictionSignal[] = ["memory.available", "nodefs.available", "nodefs.inodesFree", "pid.available"];

const pressures: Readonly<Record<EvictionSignal, NodePressure>> = {
  "memory.available": "MemoryPressure",
  "nodefs.available": "DiskPressure",
  "nodefs.inodesFree": "DiskPressure",
  "pid.available": "PIDPressure",
};

/** What a Pod uses up that makes the signal fall. */
const resources: Readonly<Record<EvictionSignal, string>> = {
  "memory.available": "memory",
  "nodefs.available": "ephemeral-storage",
  "nodefs.inodesFree": "inodes",
  "pid.available": "pids",
};

export function pressureOf(signal: EvictionSignal): NodePressure {
  return pressures[signal];
}

export function resourceOf(signal: EvictionSignal): string {
  return resources[signal];
}

/** Reads the settings. Throws a `RangeError` for what can't be a threshold. */
export function evictionPlan({
  evictionHard = defaultHard,
  evictionSoft = {},
  evictionSoftGracePeriod = {},
  evictionPressureTransitionPeriod = defaultTransitionPeriod,
  evictionMaxPodGracePeriod = 0,
}: EvictionSettings = {}): EvictionPlan {
  const thresholds = signals.flatMap((signal): readonly Threshold[] => {
    const [hard, soft, grace] = [evictionHard[signal], evictionSoft[signal], evictionSoftGracePeriod[signal]];
    if (soft !== undefined && grace === undefined)
      throw new RangeError(`Cannot use the soft eviction threshold of ${signal}: it has no grace period`);
    return [
      ...(hard === undefined ? [] : [{ signal, least: amountOf(hard), text: hard }]),
      ...(soft === undefined || grace === undefined ? [] : [{ signal, least: amountOf(soft), text: soft, grace: millisecondsOf(grace) }]),
    ];
  });
  return {
    thresholds,
    transitionPeriod: millisecondsOf(evictionPressureTransitionPeriod),
    longestGraceSeconds: evictionMaxPodGracePeriod,
  };
}

function amountOf(text: string): Threshold["least"] {
  if (!text.endsWith("%")) return { amount: wholeValue(text) };
  const share = Number(text.slice(0, -1)) / 100;
  if (!(share >= 0 && share <= 1))
    throw new RangeError(`Cannot read the eviction threshold ${JSON.stringify(text)}: not a part of the whole`);
  return { share };
}

function millisecondsOf(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || duration < 0n)
    throw new RangeError(`Cannot read the duration ${JSON.stringify(text)} of an eviction setting`);
  return Number(duration / 1_000_000n);
}

import type { Instant } from "@kubets/machinery";
import { type EvictionPlan, type EvictionSignal, type NodePressure, pressureOf, type Threshold } from "./thresholds.ts";

/** How much there is, and how much of it is free. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = Readonly<Partial<Record<EvictionSignal, Observation>>>;

/** What is remembered from one look to the next. */
export interface PressureMemory {
  /** Since when each threshold of the plan is passed without a break. */
  readonly passedSince: ReadonlyMap<Threshold, Instant>;
  /** When each kind of pressure was last there. */
  readonly lastUnder: ReadonlyMap<NodePressure, Instant>;
}

export const noPressure: PressureMemory = { passedSince: new Map(), lastUnder: new Map() };

export interface Assessment {
  readonly memory: PressureMemory;
  /** What the node says of itself: also for some time after it is over. */
  readonly pressures: ReadonlySet<NodePressure>;
  /** The threshold that a Pod must go for now. */
  readonly due: { readonly threshold: Threshold; readonly observation: Observation } | undefined;
}

/** Judges what was observed against the plan. */
export function assess(plan: EvictionPlan, observations: Observations, before: PressureMemory, now: Instant): Assessment {
  const passed = plan.thresholds.filter((threshold) => isPassed(threshold, observations[threshold.signal]));
  const passedSince = new Map(passed.map((threshold) => [threshold, before.passedSince.get(threshold) ?? now]));
  const lastUnder = new Map([...before.lastUnder, ...passed.map(({ signal }) => [pressureOf(signal), now] as const)]);
  const pressures = [...lastUnder].flatMap(([pressure, at]) => (now - at < plan.transitionPeriod || at === now ? [pressure] : []));
  const due = passed.find((threshold) => now - passedSince.get(threshold)! >= (threshold.grace ?? 0));
  return {
    memory: { passedSince, lastUnder },
    pressures: new Set(pressures),
    due: due === undefined ? undefined : { threshold: due, observation: observations[due.signal]! },
  };
}

/** How much must be there, of that much. */
export function leastOf({ least }: Threshold, { capacity }: Pick<Observation, "capacity">): number {
  return "amount" in least ? least.amount : Math.floor(least.share * capacity);
}

function isPassed(threshold: Threshold, observation: Observation | undefined): boolean {
  return observation !== undefined && observation.available < leastOf(threshold, observation);
}

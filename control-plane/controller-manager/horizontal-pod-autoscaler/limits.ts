import type { HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { type Memory, remember, since, type TimedCount } from "./memory.ts";

/** A number of replicas, and what the conditions AbleToScale and ScalingLimited say of it. */
export interface Limited {
  readonly replicas: number;
  readonly able: Reason;
  readonly limited: Reason & { readonly holds: boolean };
  readonly recommendations: readonly TimedCount[];
}

interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** In seconds (`--horizontal-pod-autoscaler-downscale-stabilization`). */
const defaultDownWindow = 300;

/** What becomes of a wish for `wish` replicas when there are `current`. */
export function limit(
  { spec }: HorizontalPodAutoscaler,
  { current, wish }: { readonly current: number; readonly wish: number },
  memory: Memory,
  now: Instant,
): Limited {
  const { minReplicas, maxReplicas, behavior } = spec;
  const stabilized = behavior === undefined ? stabilizedDown(wish, memory, now) : stabilizedBy(behavior, { current, wish }, memory, now);
  const bounds = { least: minReplicas, most: maxReplicas };
  const { replicas, ...reason } =
    behavior === undefined
      ? withinDefaults(stabilized.replicas, current, bounds)
      : withinRates(behavior, { current, wish: stabilized.replicas }, { ...bounds, memory, now });
  return {
    replicas,
    able: stabilized.replicas === wish ? { reason: "ReadyForNewScale", message: "recommended size matches current size" } : stabilized,
    limited: { ...reason, holds: replicas !== stabilized.replicas },
    recommendations: remember(memory.recommendations, wish, now),
  };
}

type Stabilized = Reason & { readonly replicas: number };

const stabilizedDownReason: Reason = {
  reason: "ScaleDownStabilized",
  message: "recent recommendations were higher than current one, applying the highest recent recommendation",
};
const stabilizedUpReason: Reason = {
  reason: "ScaleUpStabilized",
  message: "recent recommendations were lower than current one, applying the lowest recent recommendation",
};

function stabilizedDown(wish: number, { recommendations }: Memory, now: Instant): Stabilized {
  const recent = since(recommendations, defaultDownWindow, now).map(({ replicas }) => replicas);
  return { ...stabilizedDownReason, replicas: Math.max(wish, ...recent) };
}

type Behavior = NonNullable<HorizontalPodAutoscaler["spec"]["behavior"]>;

function stabilizedBy(
  { scaleUp, scaleDown }: Behavior,
  { current, wish }: { readonly current: number; readonly wish: number },
  { recommendations }: Memory,
  now: Instant,
): Stabilized {
  // Both directions look back: neither up nor down further than what was asked for all the time.
  const recentUp = since(recommendations, scaleUp?.stabilizationWindowSeconds ?? 0, now).map(({ replicas }) => replicas);
  const recentDown = since(recommendations, scaleDown?.stabilizationWindowSeconds ?? defaultDownWindow, now).map(
    ({ replicas }) => replicas,
  );
  const up = Math.min(wish, ...recentUp);
  const down = Math.max(wish, ...recentDown);
  const replicas = current < up ? up : current > down ? down : current;
  return { ...(wish >= current ? stabilizedUpReason : stabilizedDownReason), replicas };
}

const withinRange: Reason = { reason: "DesiredWithinRange", message: "the desired count is within the acceptable range" };
const tooMany: Reason = { reason: "TooManyReplicas", message: "the desired replica count is more than the maximum replica count" };
const tooFew: Reason = { reason: "TooFewReplicas", message: "the desired replica count is less than the minimum replica count" };
const tooFastUp: Reason = {
  reason: "ScaleUpLimit",
  message: "the desired replica count is increasing faster than the maximum scale rate",
};
const tooFastDown: Reason = {
  reason: "ScaleDownLimit",
  message: "the desired replica count is decreasing faster than the maximum scale rate",
};

interface Bounds {
  readonly least: number;
  readonly most: number;
}

function withinDefaults(wish: number, current: number, { least, most }: Bounds): Stabilized {
  const fastest = Math.max(2 * current, 4);
  if (wish < least) return { ...tooFew, replicas: least };
  if (wish > Math.min(most, fastest)) return most > fastest ? { ...tooFastUp, replicas: fastest } : { ...tooMany, replicas: most };
  return { ...withinRange, replicas: wish };
}

interface RateContext extends Bounds {
  readonly memory: Memory;
  readonly now: Instant;
}

function withinRates(
  { scaleUp = {}, scaleDown = {} }: Behavior,
  { current, wish }: { readonly current: number; readonly wish: number },
  { least, most, memory, now }: RateContext,
): Stabilized {
  if (wish > current) {
    const fastest = Math.max(current, upLimit(scaleUp, current, memory, now));
    const allowed = Math.min(most, fastest);
    if (wish > allowed) return { ...(most > fastest ? tooFastUp : tooMany), replicas: allowed };
  } else if (wish < current) {
    const fastest = Math.min(current, downLimit(scaleDown, current, memory, now));
    const allowed = Math.max(least, fastest);
    if (wish < allowed) return { ...(least < fastest ? tooFastDown : tooFew), replicas: allowed };
  }
  return { ...withinRange, replicas: wish };
}

function upLimit({ selectPolicy, policies = [] }: HPAScalingRules, current: number, memory: Memory, now: Instant): number {
  if (selectPolicy === "Disabled") return current;
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const start = atStart(current, periodSeconds, memory, now);
    return type === "Pods" ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return selectPolicy === "Min" ? Math.min(...limits) : Math.max(...limits);
}

function downLimit({ selectPolicy, policies = [] }: HPAScalingRules, current: number, memory: Memory, now: Instant): number {
  if (selectPolicy === "Disabled") return current;
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const start = atStart(current, periodSeconds, memory, now);
    return type === "Pods" ? start - value : Math.trunc(start * (1 - value / 100));
  });
  // The smallest change leaves the most.
  return selectPolicy === "Min" ? Math.max(...limits) : Math.min(...limits);
}

/** How many there were when the period began. */
function atStart(current: number, seconds: HPAScalingPolicy["periodSeconds"], { raised, lowered }: Memory, now: Instant): number {
  const sum = (entries: readonly TimedCount[]): number => since(entries, seconds, now).reduce((total, { replicas }) => total + replicas, 0);
  return current - sum(raised) + sum(lowered);
}

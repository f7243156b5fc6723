import type { Pod } from "@kubets/api";
import { groupPods, type PodDelays, readyPods, requestsOf } from "./pod-groups.ts";
import type { PodReading } from "./readings.ts";
import type { Instant } from "@kubets/machinery";

/** How far from the wanted value nothing is done yet, in parts of it. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** What all counts depend on. */
export interface CountContext {
  /** All that the scale's selector finds. */
  readonly pods: readonly Pod[];
  /** What the scale says that there should be, and that there is. */
  readonly wanted: number;
  readonly present: number;
  readonly tolerance: Tolerance;
  readonly delays: PodDelays;
  readonly now: Instant;
}

/** How many replicas a metric asks for, and what it is now: in thousandths, and in percent of what is asked for. */
export type Count =
  | { readonly is: "count"; readonly replicas: number; readonly milli: number; readonly percent?: number }
  | { readonly is: "unknown"; readonly message: string };

type Readings = ReadonlyMap<string, PodReading>;

/** So that the mean over the Pods is so many percent of what they ask for. */
export function countByUtilization(
  readings: Readings,
  { resource, container, percent }: { readonly resource: string; readonly container?: string; readonly percent: number },
  context: CountContext,
): Count {
  if (context.pods.length === 0) return noPods;
  const requests = requestsOf(context.pods, resource, container);
  const usageOf = (values: Values): Usage | undefined =>
    typeof requests === "string" ? undefined : utilization(values, requests, percent);
  return countByPods(readings, context, {
    resource,
    usageOf,
    // What nobody knows must not make fewer: as if they used all that they ask for.
    whenFewer: (pod) => (typeof requests === "string" ? 0 : (requests.get(pod) ?? 0)),
    problem: typeof requests === "string" ? requests : undefined,
  });
}

/** So that the mean over the Pods is a value (thousandths). `resource` is empty for metrics that are no resource. */
export function countByAverage(
  readings: Readings,
  { resource, target }: { readonly resource: string; readonly target: number },
  context: CountContext,
): Count {
  return countByPods(readings, context, { resource, usageOf: (values) => average(values, target), whenFewer: () => target });
}

/** So that one value (thousandths) becomes the target, if it is shared by the replicas. */
export function countByValue(milli: number, target: number, { pods, wanted, tolerance }: CountContext): Count {
  const ratio = milli / target;
  // From nothing: as many as it takes.
  if (wanted === 0) return { is: "count", replicas: Math.ceil(ratio), milli };
  if (isWithin(ratio, tolerance)) return { is: "count", replicas: wanted, milli };
  if (pods.length === 0) return { is: "unknown", message: `unable to calculate ready pods: ${noPods.message}` };
  return { is: "count", replicas: Math.ceil(ratio * readyPods(pods)), milli };
}

/** So that each replica has a share of a value (both thousandths). */
export function countByShare(milli: number, target: number, { present, tolerance }: CountContext): Count {
  const isRight = isWithin(milli / (target * present), tolerance);
  return {
    is: "count",
    replicas: isRight ? present : Math.ceil(milli / target),
    milli: present === 0 ? milli : Math.ceil(milli / present),
  };
}

const noPods = { is: "unknown", message: "no pods returned by selector while calculating replica count" } as const;
const noReadings = { is: "unknown", message: "did not receive metrics for any ready pods" } as const;

type Values = ReadonlyMap<string, number>;

interface Usage {
  /** Of what is there to what should be. */
  readonly ratio: number;
  readonly milli: number;
  readonly percent?: number;
}

interface PodMeasure {
  readonly resource: string;
  readonly usageOf: (values: Values) => Usage | undefined;
  /** What a Pod without a metric counts for when there would be fewer. */
  readonly whenFewer: (pod: string) => number;
  readonly problem?: string | undefined;
}

function countByPods(readings: Readings, context: CountContext, { resource, usageOf, whenFewer, problem }: PodMeasure): Count {
  const { pods, wanted, tolerance } = context;
  if (pods.length === 0) return noPods;
  const { ready, unready, missing } = groupPods(pods, readings, { resource, ...context });
  if (problem !== undefined) return { is: "unknown", message: problem };
  const counted = new Set(ready.map(({ metadata }) => metadata.name));
  const values = new Map([...readings].filter(([name]) => counted.has(name)).map(([name, { milli }]) => [name, milli]));
  if (values.size === 0) return noReadings;
  const usage = usageOf(values);
  if (usage === undefined) return { is: "unknown", message: "no metrics returned matched known pods" };
  const { ratio, ...current } = usage;
  const same: Count = { is: "count", replicas: wanted, ...current };
  const areUnreadyCounted = unready.length > 0 && ratio > 1;
  if (!areUnreadyCounted && missing.length === 0)
    return isWithin(ratio, tolerance) ? same : { ...same, replicas: Math.ceil(ratio * ready.length) };

  // Whatever isn't known is taken to speak against the change.
  const assumed = new Map(values);
  if (ratio !== 1) for (const { metadata } of missing) assumed.set(metadata.name, ratio < 1 ? whenFewer(metadata.name) : 0);
  if (areUnreadyCounted) for (const { metadata } of unready) assumed.set(metadata.name, 0);
  const next = usageOf(assumed)?.ratio ?? 1;
  if (isWithin(next, tolerance) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return same;
  const replicas = Math.ceil(next * assumed.size);
  return (next < 1 && replicas > wanted) || (next > 1 && replicas < wanted) ? same : { ...same, replicas };
}

function utilization(values: Values, requests: ReadonlyMap<string, number>, percent: number): Usage | undefined {
  let [used, asked, count] = [0, 0, 0];
  for (const [pod, milli] of values) {
    const request = requests.get(pod);
    if (request === undefined) continue;
    used += milli;
    asked += request;
    count++;
  }
  if (asked === 0) return undefined;
  const current = Math.trunc((used * 100) / asked);
  return { ratio: current / percent, percent: current, milli: Math.trunc(used / count) };
}

function average(values: Values, target: number): Usage {
  const milli = Math.trunc([...values.values()].reduce((sum, each) => sum + each, 0) / values.size);
  return { ratio: milli / target, milli };
}

function isWithin(ratio: number, { up, down }: Tolerance): boolean {
  return ratio >= 1 - down && ratio <= 1 + up;
}

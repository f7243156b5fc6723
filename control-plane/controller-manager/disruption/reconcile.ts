import { isPodReady, type Pod, type PodDisruptionBudget, PodDisruptionBudgetKind, type PodDisruptionBudgetStatus } from "@kubets/api";
import { type Action, type Decision, event, updateStatus } from "@kubets/client";
import { type Condition, formatTime, type Instant, isPercentage, parseTime, resolvePercent, sameJson } from "@kubets/machinery";

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** The Pods that it selects. */
  readonly pods: readonly Pod[];
  /** The controllers of those Pods, each with the size that it should have; Pods without one are not among them. */
  readonly scales: ReadonlyMap<string, number>;
  /** Pods whose number nobody declares: a size or a percentage can't be taken of them. */
  readonly unmanaged: readonly Pod[];
}

/** An eviction that was granted but not carried out is forgotten after so many milliseconds. */
const evictionTimeout = 120_000;

/** Counts how many Pods of a budget are healthy, and how many of them may go now. */
export function reconcile(observed: Observed, now: Instant): Decision {
  const { budget, pods, unmanaged } = observed;
  const { disruptedPods, overdue, wait } = grantedEvictions(budget, pods, now);
  const currentHealthy = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined && isPodReady(pod),
  ).length;
  const { expectedPods, desiredHealthy } = expectation(observed);
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const status: PodDisruptionBudgetStatus = {
    ...budget.status,
    observedGeneration: budget.metadata.generation,
    disruptedPods: Object.keys(disruptedPods).length > 0 ? disruptedPods : undefined,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    conditions: withAllowed(budget, disruptionsAllowed > 0, now),
  };
  const actions: Action[] = sameJson(status, budget.status) ? [] : [updateStatus(PodDisruptionBudgetKind, { ...budget, status })];
  if (actions.length > 0 && pods.length === 0) actions.push(event(budget, "Normal", "NoPods", "No matching pods found"));
  if (actions.length > 0 && unmanaged.length > 0 && needsScale(budget)) {
    const names = unmanaged.map(({ metadata }) => metadata.name).join(", ");
    actions.push(event(budget, "Warning", "UnmanagedPods", `Pods that no controller counts are not counted as expected: ${names}`));
  }
  for (const name of overdue)
    actions.push(
      event(
        budget,
        "Warning",
        "NotDeleted",
        `Pod was expected by PDB ${budget.metadata.namespace}/${budget.metadata.name} to be deleted but it wasn't: ${name}`,
      ),
    );
  return { actions, ...(wait === undefined ? {} : { requeueAfter: wait }) };
}

/** Evictions that were granted and aren't seen yet: those Pods don't count as healthy any more. */
function grantedEvictions(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: Instant,
): { readonly disruptedPods: Readonly<Record<string, string>>; readonly overdue: readonly string[]; readonly wait?: number } {
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disruptedPods: Record<string, string> = {};
  const overdue: string[] = [];
  const waits: number[] = [];
  for (const [name, granted] of Object.entries(status.disruptedPods ?? {})) {
    const pod = byName.get(name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const left = (parseTime(granted) ?? 0) + evictionTimeout - now;
    if (left <= 0) overdue.push(name);
    else {
      disruptedPods[name] = granted;
      waits.push(left);
    }
  }
  return { disruptedPods, overdue, ...(waits.length === 0 ? {} : { wait: Math.min(...waits) }) };
}

/** Whether the budget speaks of parts of a whole, or of what may be missing from it: then the whole has to be known. */
function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || (spec.minAvailable !== undefined && isPercentage(spec.minAvailable));
}

function expectation({ budget, pods, scales }: Observed): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (!needsScale(budget)) return { expectedPods: pods.length, desiredHealthy: typeof minAvailable === "number" ? minAvailable : 0 };
  const expectedPods = [...scales.values()].reduce((sum, size) => sum + size, 0);
  if (maxUnavailable !== undefined)
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - (resolvePercent(maxUnavailable, expectedPods, "up") ?? 0)) };
  return { expectedPods, desiredHealthy: resolvePercent(minAvailable ?? 0, expectedPods, "up") ?? 0 };
}

function withAllowed({ status, metadata }: PodDisruptionBudget, allowed: boolean, now: Instant): readonly Condition[] {
  const others = status.conditions?.filter(({ type }) => type !== "DisruptionAllowed") ?? [];
  const previous = status.conditions?.find(({ type }) => type === "DisruptionAllowed");
  const next = allowed ? "True" : "False";
  const lastTransitionTime = previous?.status === next ? previous.lastTransitionTime : formatTime(now);
  const reason = allowed ? "SufficientPods" : "InsufficientPods";
  const observedGeneration = metadata.generation;
  return [
    ...others,
    {
      type: "DisruptionAllowed",
      status: next,
      reason,
      message: "",
      lastTransitionTime,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    },
  ];
}

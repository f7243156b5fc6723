import {
  type HorizontalPodAutoscaler,
  HorizontalPodAutoscalerKind,
  type HorizontalPodAutoscalerCondition,
  type HorizontalPodAutoscalerStatus,
  type MetricSpec,
  type MetricStatus,
  type Pod,
  type Scale,
} from "@kubets/api";
import { type Action, type Decision, event, updateStatus } from "@kubets/client";
import {
  formatTime,
  type Instant,
  type Kind,
  type LabelRequirements,
  parseLabelSelector,
  parseQuantity,
  sameJson,
} from "@kubets/machinery";
import { type ConditionType, withCondition } from "./conditions.ts";
import { limit } from "./limits.ts";
import { type Memory, remember } from "./memory.ts";
import type { PodDelays } from "./pod-groups.ts";
import { type Proposal, proposalOf } from "./proposal.ts";
import type { Reading } from "./readings.ts";
import type { CountContext, Tolerance } from "./replica-count.ts";

/** What was answered when the target's scale was asked for. */
export type ScaleAnswer =
  | { readonly is: "found"; readonly kind: Kind; readonly scale: Scale }
  | { readonly is: "failed"; readonly message: string };

export interface Observed {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly target: ScaleAnswer;
  /** Of each metric of the spec, in its order. */
  readonly readings: readonly Reading[];
  readonly podsOf: (selector: LabelRequirements) => readonly Pod[];
  /** Other autoscalers, by `{NAME NAMESPACE}`, that scale some of the same Pods. */
  readonly rivals: readonly string[];
  readonly memory: Memory;
  readonly settings: Settings;
}

/** Upstream's flags. */
export interface Settings {
  /** `--horizontal-pod-autoscaler-sync-period`, in milliseconds. */
  readonly period: number;
  /** `--horizontal-pod-autoscaler-tolerance`. */
  readonly tolerance: number;
  readonly delays: PodDelays;
}

export interface AutoscalerDecision extends Decision {
  readonly memory: Memory;
}

type Status = HorizontalPodAutoscalerStatus;
type Conditions = readonly HorizontalPodAutoscalerCondition[];

/** Sets how many replicas the target has, by what its metrics ask for, its limits, and what was decided before. */
export function reconcile(observed: Observed, now: Instant): AutoscalerDecision {
  const { autoscaler, target, settings } = observed;
  if (target.is === "found") return scaled(observed, target, now);
  const conditions = set(conditionsOf(autoscaler), "AbleToScale", false, {
    reason: "FailedGetScale",
    message: `the HPA controller was unable to get the target's current scale: ${target.message}`,
    now,
  });
  const actions = [event(autoscaler, "Warning", "FailedGetScale", target.message), ...statusActions(autoscaler, { conditions })];
  return { actions, requeueAfter: settings.period, memory: observed.memory };
}

function scaled(observed: Observed, { kind, scale }: ScaleAnswer & { readonly is: "found" }, now: Instant): AutoscalerDecision {
  const { autoscaler, memory: before, settings } = observed;
  const { minReplicas, maxReplicas } = autoscaler.spec;
  const current = scale.spec.replicas ?? 0;
  const memory = before.recommendations.length === 0 ? { ...before, recommendations: remember([], current, now) } : before;
  const conditions = set(conditionsOf(autoscaler), "AbleToScale", true, {
    reason: "SucceededGetScale",
    message: "the HPA controller was able to get the target's current scale",
    now,
  });
  const at = (desired: number, why: string): Rescale => ({ kind, scale, current, desired, why, conditions, memory });
  if (current === 0 && minReplicas !== 0) {
    const disabled = set(conditions, "ScalingActive", false, {
      reason: "ScalingDisabled",
      message: "scaling is disabled since the replica count of the target is zero",
      now,
    });
    const actions = statusActions(autoscaler, { conditions: disabled, currentReplicas: 0, desiredReplicas: 0 });
    return { actions, requeueAfter: settings.period, memory };
  }
  if (current > maxReplicas) return rescaled(observed, at(maxReplicas, "Current number of replicas above Spec.MaxReplicas"), now);
  if (current < minReplicas) return rescaled(observed, at(minReplicas, "Current number of replicas below Spec.MinReplicas"), now);
  return byMetrics(observed, at(current, ""), now);
}

/** A change of the number, or none. */
interface Rescale {
  readonly kind: Kind;
  readonly scale: Scale;
  readonly current: number;
  readonly desired: number;
  readonly why: string;
  readonly conditions: Conditions;
  readonly metrics?: readonly MetricStatus[];
  readonly memory: Memory;
}

function byMetrics(observed: Observed, present: Rescale, now: Instant): AutoscalerDecision {
  const { autoscaler, settings } = observed;
  const { current, conditions, memory } = present;
  const wish = wishOf(observed, present, now);
  if (wish.is === "unknown") {
    const { active, events, metrics } = wish;
    const status = { conditions: set(conditions, "ScalingActive", false, { ...active, now }), currentReplicas: current };
    const actions = [...events, ...statusActions(autoscaler, { ...status, ...metrics })];
    return { actions, requeueAfter: settings.period, memory };
  }
  const { replicas, able, limited, recommendations } = limit(autoscaler, { current, wish: wish.replicas }, memory, now);
  let next = set(conditions, "ScalingActive", true, {
    reason: "ValidMetricFound",
    message: `the HPA was able to successfully calculate a replica count from ${wish.metric}`,
    now,
  });
  next = set(next, "AbleToScale", true, { ...able, now });
  next = set(next, "ScalingLimited", limited.holds, { ...limited, now });
  const why = wish.replicas > current ? `${wish.metric} above target` : "All metrics below target";
  const change = { ...present, desired: replicas, why, conditions: next, metrics: wish.metrics, memory: { ...memory, recommendations } };
  const decision = rescaled(observed, change, now);
  return { ...decision, actions: [...wish.events, ...decision.actions] };
}

type Wish =
  | {
      readonly is: "known";
      readonly replicas: number;
      readonly metric: string;
      readonly metrics: readonly MetricStatus[];
      readonly events: readonly Action[];
    }
  | {
      readonly is: "unknown";
      readonly active: { readonly reason: string; readonly message: string };
      readonly events: readonly Action[];
      readonly metrics: { readonly currentMetrics?: readonly MetricStatus[] };
    };

/** What the metrics ask for together: the most that any asks for. Fewer only when all of them are known. */
function wishOf({ autoscaler, readings, podsOf, rivals, settings }: Observed, { scale, current }: Rescale, now: Instant): Wish {
  const selector = scale.status.selector ?? "";
  if (selector === "")
    return unselected(autoscaler, "SelectorRequired", "selector is required", "the HPA target's scale is missing a selector");
  let requirements: LabelRequirements;
  try {
    requirements = parseLabelSelector(selector);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const message = `couldn't convert selector into a corresponding internal selector object: ${problem}`;
    return unselected(autoscaler, "InvalidSelector", message, message);
  }
  if (rivals.length > 0) {
    const { name, namespace } = autoscaler.metadata;
    const all = [`{${name} ${namespace}}`, ...rivals].toSorted();
    const message = `pods by selector ${selector} are controlled by multiple HPAs: [${all.join(" ")}]`;
    return {
      is: "unknown",
      active: { reason: "AmbiguousSelector", message },
      events: [event(autoscaler, "Warning", "AmbiguousSelector", message), ...failedToCompute(autoscaler, message)],
      metrics: {},
    };
  }
  const { metrics = [] } = autoscaler.spec;
  const context: CountContext = {
    pods: podsOf(requirements),
    wanted: current,
    present: scale.status.replicas,
    tolerance: toleranceOf(autoscaler, settings.tolerance),
    delays: settings.delays,
    now,
  };
  const proposals = metrics.map((metric, index) => proposal(metric, readings[index], autoscaler, context));
  const statuses = proposals.flatMap((each) => (each.is === "proposed" ? [each.status] : []));
  const failures = proposals.filter((each) => each.is === "failed");
  const events = failures.map(({ reason, problem }) => event(autoscaler, "Warning", reason, problem));
  const best = proposals
    .filter((each) => each.is === "proposed")
    .reduce<(Proposal & { readonly is: "proposed" }) | undefined>(
      (most, each) => (most === undefined || each.replicas > most.replicas ? each : most),
      undefined,
    );
  const [first] = failures;
  if (best === undefined || (first !== undefined && best.replicas < current)) {
    const summary = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first?.summary ?? "no metrics"}`;
    return {
      is: "unknown",
      active: {
        reason: first?.reason ?? "",
        message: `the HPA was unable to compute the replica count: ${first?.problem ?? "no metrics"}`,
      },
      events: [...events, ...failedToCompute(autoscaler, summary)],
      metrics: { currentMetrics: statuses },
    };
  }
  return { is: "known", replicas: best.replicas, metric: best.metric, metrics: statuses, events };
}

function proposal(
  metric: MetricSpec,
  reading: Reading | undefined,
  { metadata }: HorizontalPodAutoscaler,
  context: CountContext,
): Proposal {
  return proposalOf(metric, reading ?? { is: "failed", message: "the metric was not asked for" }, metadata.namespace ?? "", context);
}

function unselected(autoscaler: HorizontalPodAutoscaler, reason: string, problem: string, message: string): Wish {
  return {
    is: "unknown",
    active: { reason: "InvalidSelector", message },
    events: [event(autoscaler, "Warning", reason, problem), ...failedToCompute(autoscaler, problem)],
    metrics: {},
  };
}

function failedToCompute(autoscaler: HorizontalPodAutoscaler, problem: string): readonly Action[] {
  return [event(autoscaler, "Warning", "FailedComputeMetricsReplicas", problem)];
}

function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler, usual: number): Tolerance {
  const read = (text: string | undefined): number => (text === undefined ? usual : Number(parseQuantity(text).nanos) / 1e9);
  return { up: read(behavior?.scaleUp?.tolerance), down: read(behavior?.scaleDown?.tolerance) };
}

function rescaled({ autoscaler, settings }: Observed, change: Rescale, now: Instant): AutoscalerDecision {
  const { kind, scale, current, desired, why, metrics = [], memory } = change;
  const counts = { currentReplicas: current, desiredReplicas: desired, currentMetrics: metrics };
  if (desired === current) {
    const actions = statusActions(autoscaler, { conditions: change.conditions, ...counts });
    return { actions, requeueAfter: settings.period, memory };
  }
  const conditions = set(change.conditions, "AbleToScale", true, {
    reason: "SucceededRescale",
    message: `the HPA controller was able to update the target scale to ${desired}`,
    now,
  });
  const { namespace } = autoscaler.metadata;
  const body = { ...scale, spec: { ...scale.spec, replicas: desired } };
  const { name: target } = autoscaler.spec.scaleTargetRef;
  const actions: readonly Action[] = [
    {
      verb: "subresource",
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      name: target,
      subresource: "scale",
      method: "update",
      body,
    },
    event(autoscaler, "Normal", "SuccessfulRescale", `New size: ${desired}; reason: ${why}`),
    ...statusActions(autoscaler, { conditions, ...counts, lastScaleTime: formatTime(now) }),
  ];
  const changed = Math.abs(desired - current);
  const kept: Memory =
    desired > current
      ? { ...memory, raised: remember(memory.raised, changed, now) }
      : { ...memory, lowered: remember(memory.lowered, changed, now) };
  return { actions, requeueAfter: settings.period, memory: kept };
}

/** What follows when the target's scale couldn't be written, as `actions` would have it. */
export function failedToRescale(
  { autoscaler, target, settings }: Observed,
  actions: readonly Action[],
  problem: string,
  now: Instant,
): Decision | undefined {
  const success = actions.find((action) => action.verb === "event" && action.reason === "SuccessfulRescale");
  if (success?.verb !== "event" || target.is !== "found") return undefined;
  const conditions = set(conditionsOf(autoscaler), "AbleToScale", false, {
    reason: "FailedUpdateScale",
    message: `the HPA controller was unable to update the target scale: ${problem}`,
    now,
  });
  const status = { conditions, currentReplicas: target.scale.spec.replicas ?? 0 };
  const told = event(autoscaler, "Warning", "FailedRescale", `${success.message}; error: ${problem}`);
  return { actions: [told, ...statusActions(autoscaler, status)], requeueAfter: settings.period };
}

function conditionsOf({ status }: HorizontalPodAutoscaler): Conditions {
  return status.conditions ?? [];
}

function set(
  conditions: Conditions,
  type: ConditionType,
  holds: boolean,
  { reason, message, now }: { readonly reason: string; readonly message: string; readonly now: Instant },
): Conditions {
  return withCondition(conditions, { type, holds, reason, message }, now);
}

function statusActions(autoscaler: HorizontalPodAutoscaler, changes: Partial<Status>): readonly Action[] {
  const status: Status = { ...autoscaler.status, ...changes };
  return sameJson(status, autoscaler.status) ? [] : [updateStatus(HorizontalPodAutoscalerKind, { ...autoscaler, status })];
}

import {
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  type Pod,
  PodKind,
  type ReplicaSet,
  type ReplicaSetCondition,
  ReplicaSetKind,
  type ReplicaSetStatus,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, type ReconcileContext, updateStatus } from "@kubets/client";
import { formatTime, type Instant, type Kind, sameJson, type StatusError } from "@kubets/machinery";
import { claim } from "../ownership/claim.ts";
import { podFromTemplate } from "../ownership/pod-from-template.ts";
import { readySince } from "../ownership/pod-times.ts";
import { cheapestFirst } from "./cheapest-first.ts";

export interface Observed {
  readonly replicaSet: ReplicaSet;
  /** The Pods that it owns, and the orphans of its namespace. */
  readonly candidates: readonly Pod[];
  /** Pods of other ReplicaSets with the same owner. */
  readonly siblings: readonly Pod[];
}

/** How many Pods are made or deleted in one go, so that one ReplicaSet doesn't hold up the others. */
const burst = 500;

export function reconcile(observed: Observed, now: Instant, { random }: ReconcileContext): Decision {
  const { replicaSet, siblings } = observed;
  const { active, terminating, ownership } = claimed(observed);
  const actions: Action[] = [...ownership];
  if (replicaSet.metadata.deletionTimestamp === undefined) {
    const missing = replicaSet.spec.replicas - active.length;
    const surplus = -missing;
    for (let index = 0; index < Math.min(missing, burst); index++) {
      const pod = podFromTemplate({
        owner: replicaSet,
        ownerKind: ReplicaSetKind as unknown as Kind,
        template: replicaSet.spec.template,
        random,
      });
      actions.push(create(PodKind, pod), event(replicaSet, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`));
    }
    for (const pod of cheapestFirst(active, siblings, now).slice(0, Math.max(0, Math.min(surplus, burst)))) {
      actions.push(deletion(PodKind, pod), event(replicaSet, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`));
    }
  }

  const failure = failureOf(replicaSet);
  const status = observedStatus(replicaSet, { active, terminating }, active.length === replicaSet.spec.replicas ? undefined : failure, now);
  if (!sameJson(status, replicaSet.status)) actions.push(updateStatus(ReplicaSetKind, { ...replicaSet, status }));
  return { actions, ...nextAvailability(replicaSet, active, now) };
}

/** Its Pods that count, and how many are on their way out. */
interface Counted {
  readonly active: readonly Pod[];
  readonly terminating: number;
}

function claimed({ replicaSet, candidates }: Observed): Counted & { readonly ownership: readonly Action[] } {
  const { owned, actions } = claim({
    owner: replicaSet,
    ownerKind: ReplicaSetKind as unknown as Kind,
    selector: replicaSet.spec.selector,
    kind: PodKind as unknown as Kind,
    candidates: candidates.filter((pod) => !isPodTerminal(pod)),
  });
  const active = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return { active, terminating: owned.length - active.length, ownership: actions };
}

/** The server refused to make or delete a Pod (quota, admission, …): the ReplicaSet says so, and tries again later. */
export function refused(observed: Observed, action: Action, error: StatusError, now: Instant): Decision | undefined {
  if (action.verb !== "create" && action.verb !== "delete") return undefined;
  const { replicaSet } = observed;
  const reason = action.verb === "create" ? "FailedCreate" : "FailedDelete";
  const condition: ReplicaSetCondition = {
    type: "ReplicaFailure",
    status: "True",
    lastTransitionTime: failureOf(replicaSet)?.lastTransitionTime ?? formatTime(now),
    reason,
    message: error.message,
  };
  // The counts as well: as long as the server refuses, no pass gets as far as to write them.
  const status = observedStatus(replicaSet, claimed(observed), condition, now);
  return {
    actions: [
      ...(sameJson(status, replicaSet.status) ? [] : [updateStatus(ReplicaSetKind, { ...replicaSet, status })]),
      event(replicaSet, "Warning", reason, `Error ${action.verb === "create" ? "creating" : "deleting"}: ${error.message}`),
    ],
  };
}

function observedStatus(
  replicaSet: ReplicaSet,
  { active, terminating }: Counted,
  failure: ReplicaSetCondition | undefined,
  now: Instant,
): ReplicaSetStatus {
  const { spec, metadata, status } = replicaSet;
  const count = (holds: (pod: Pod) => boolean): number => active.filter(holds).length;
  const conditions = [...otherConditions(replicaSet), ...(failure === undefined ? [] : [failure])];
  return {
    ...status,
    replicas: active.length,
    fullyLabeledReplicas: some(count((pod) => carriesLabels(pod, spec.template.metadata.labels))),
    readyReplicas: some(count(isPodReady)),
    availableReplicas: some(count((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now))),
    terminatingReplicas: terminating,
    observedGeneration: metadata.generation,
    conditions: conditions.length > 0 ? conditions : undefined,
  };
}

function carriesLabels({ metadata }: Pod, labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
}

/** Zero counts are not written. */
function some(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

/** A Pod becomes available by waiting alone: look again when the next one does. */
function nextAvailability({ spec }: ReplicaSet, active: readonly Pod[], now: Instant): { readonly requeueAfter?: number } {
  const minReadySeconds = spec.minReadySeconds ?? 0;
  if (minReadySeconds === 0) return {};
  const waits = active.flatMap((pod) => {
    const since = readySince(pod);
    const wait = since === undefined ? 0 : since + minReadySeconds * 1000 - now;
    return wait > 0 ? [wait] : [];
  });
  return waits.length === 0 ? {} : { requeueAfter: Math.min(...waits) };
}

function failureOf({ status }: ReplicaSet): ReplicaSetCondition | undefined {
  return status.conditions?.find(({ type }) => type === "ReplicaFailure");
}

function otherConditions({ status }: ReplicaSet): readonly ReplicaSetCondition[] {
  return status.conditions?.filter(({ type }) => type !== "ReplicaFailure") ?? [];
}

function event(about: ReplicaSet, type: "Normal" | "Warning", reason: string, message: string): Action {
  return { verb: "event", about, type, reason, message };
}

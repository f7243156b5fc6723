import {
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  type Pod,
  PodKind,
  type PodTemplateSpec,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, type ReconcileContext, updateStatus } from "@kubets/client";
import {
  formatTime,
  type Instant,
  type Kind,
  type KubernetesObject,
  type LabelSelector,
  sameJson,
  type StatusError,
} from "@kubets/machinery";
import { claim } from "../ownership/claim.ts";
import { some } from "../ownership/counts.ts";
import { podFromTemplate } from "../ownership/pod-from-template.ts";
import { untilAvailable } from "../ownership/pod-times.ts";
import { cheapestFirst } from "./cheapest-first.ts";

/** What a ReplicaSet and a ReplicationController have in common. */
export interface ReplicaOwner {
  readonly kind: Kind;
  /** The object itself, as the server has it. */
  readonly object: KubernetesObject;
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  readonly status: ReplicaSetStatus;
  /** Whether the kind counts Pods on their way out. */
  readonly countsTerminating: boolean;
}

export interface Observed {
  readonly owner: ReplicaOwner;
  /** The Pods that it owns, and the orphans of its namespace. */
  readonly candidates: readonly Pod[];
  /** Pods of other ReplicaSets with the same owner. */
  readonly siblings: readonly Pod[];
}

/** How many Pods are made or deleted in one go, so that one owner doesn't hold up the others. */
const burst = 500;

export function reconcile(observed: Observed, now: Instant, { random }: ReconcileContext): Decision {
  const { owner, siblings } = observed;
  const { active, terminating, ownership } = claimed(observed);
  const actions: Action[] = [...ownership];
  if (owner.object.metadata.deletionTimestamp === undefined) {
    const missing = owner.replicas - active.length;
    const surplus = -missing;
    for (let index = 0; index < Math.min(missing, burst); index++) {
      const pod = podFromTemplate({ owner: owner.object, ownerKind: owner.kind, template: owner.template, random });
      actions.push(create(PodKind, pod), event(owner.object, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`));
    }
    for (const pod of cheapestFirst(active, siblings, now).slice(0, Math.max(0, Math.min(surplus, burst)))) {
      actions.push(deletion(PodKind, pod), event(owner.object, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`));
    }
  }

  const failure = failureOf(owner);
  const status = observedStatus(owner, { active, terminating }, active.length === owner.replicas ? undefined : failure, now);
  actions.push(...statusChange(owner, status));
  const wait = untilAvailable(active, owner.minReadySeconds, now);
  return { actions, ...(wait === undefined ? {} : { requeueAfter: wait }) };
}

/** Its Pods that count, and how many are on their way out. */
interface Counted {
  readonly active: readonly Pod[];
  readonly terminating: number;
}

function claimed({ owner, candidates }: Observed): Counted & { readonly ownership: readonly Action[] } {
  const { owned, actions } = claim({
    owner: owner.object,
    ownerKind: owner.kind,
    selector: owner.selector,
    kind: PodKind as unknown as Kind,
    candidates: candidates.filter((pod) => !isPodTerminal(pod)),
  });
  const active = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return { active, terminating: owned.length - active.length, ownership: actions };
}

/** The server refused to make or delete a Pod (quota, admission, …): its owner says so, and tries again later. */
export function refused(observed: Observed, action: Action, error: StatusError, now: Instant): Decision | undefined {
  if (action.verb !== "create" && action.verb !== "delete") return undefined;
  const { owner } = observed;
  const reason = action.verb === "create" ? "FailedCreate" : "FailedDelete";
  const present = failureOf(owner);
  // The first message stays: each names another Pod, and every write of it would bring the next try at once.
  const condition: ReplicaSetCondition =
    present?.status === "True" && present.reason === reason
      ? present
      : { type: "ReplicaFailure", status: "True", lastTransitionTime: formatTime(now), reason, message: error.message };
  // The counts as well: as long as the server refuses, no pass gets as far as to write them.
  const status = observedStatus(owner, claimed(observed), condition, now);
  return {
    actions: [
      ...statusChange(owner, status),
      event(owner.object, "Warning", reason, `Error ${action.verb === "create" ? "creating" : "deleting"}: ${error.message}`),
    ],
  };
}

function observedStatus(
  owner: ReplicaOwner,
  { active, terminating }: Counted,
  failure: ReplicaSetCondition | undefined,
  now: Instant,
): ReplicaSetStatus {
  const { template, minReadySeconds, status } = owner;
  const count = (holds: (pod: Pod) => boolean): number => active.filter(holds).length;
  const conditions = [...otherConditions(owner), ...(failure === undefined ? [] : [failure])];
  return {
    ...status,
    replicas: active.length,
    fullyLabeledReplicas: some(count((pod) => carriesLabels(pod, template.metadata.labels))),
    readyReplicas: some(count(isPodReady)),
    availableReplicas: some(count((pod) => isPodAvailable(pod, minReadySeconds, now))),
    ...(owner.countsTerminating ? { terminatingReplicas: terminating } : {}),
    observedGeneration: owner.object.metadata.generation,
    conditions: conditions.length > 0 ? conditions : undefined,
  };
}

function carriesLabels({ metadata }: Pod, labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
}

function statusChange({ kind, object, status }: ReplicaOwner, next: ReplicaSetStatus): readonly Action[] {
  return sameJson(next, status) ? [] : [updateStatus(kind, { ...object, status: next } as KubernetesObject)];
}

function failureOf({ status }: ReplicaOwner): ReplicaSetCondition | undefined {
  return status.conditions?.find(({ type }) => type === "ReplicaFailure");
}

function otherConditions({ status }: ReplicaOwner): readonly ReplicaSetCondition[] {
  return status.conditions?.filter(({ type }) => type !== "ReplicaFailure") ?? [];
}

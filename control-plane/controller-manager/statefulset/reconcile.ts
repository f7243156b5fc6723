import {
  type ControllerRevision,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  isPodTerminal,
  type Pod,
  PodKind,
  type StatefulSet,
  StatefulSetKind,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, update, updateStatus } from "@kubets/client";
import { type Instant, type Kind, sameJson, type StatusError } from "@kubets/machinery";
import { type History, historyOf, isRevisionNameTaken, type Revision, withCollision } from "../history/controller-revisions.ts";
import { claim } from "../ownership/claim.ts";
import { untilAvailable } from "../ownership/pod-times.ts";
import { ownClaim } from "./claim-owners.ts";
import { claimNameOf, claimsFor, ordinalOf, withIdentity } from "./identity.ts";
import { newPod } from "./new-pod.ts";
import { isHealthy, isRunningAndReady, isTerminating, type Replica, type Replicas, replicasOf, revisionOf } from "./replicas.ts";
import { podsToReplace } from "./rolling-update.ts";
import { statusOf } from "./status.ts";

export interface Observed {
  readonly set: StatefulSet;
  /** The Pods that it owns, and the orphans of its namespace. */
  readonly candidates: readonly Pod[];
  /** The ControllerRevisions that it owns, and the orphans of its namespace. */
  readonly revisions: readonly ControllerRevision[];
  /** A claim of its namespace. */
  readonly claimNamed: (name: string) => PersistentVolumeClaim | undefined;
}

/**
 * Gives every place of a StatefulSet its Pod and its claims, in order of their numbers; takes surplus Pods away from the highest
 * number down; then replaces Pods of old revisions from the highest number down to the partition. With `OrderedReady` each step
 * waits until the Pod before it is available; with `Parallel` only replacing does.
 */
export function reconcile(observed: Observed, now: Instant): Decision {
  const { set, candidates } = observed;
  const { owned, actions: ownership } = claim({
    owner: set,
    ownerKind: StatefulSetKind as unknown as Kind,
    selector: set.spec.selector,
    kind: PodKind as unknown as Kind,
    // A Pod of a name that the StatefulSet would never give stays an orphan, whatever its labels.
    candidates: candidates.filter((pod) => ordinalOf(set, pod) !== undefined),
  });
  const history = historyOf({
    owner: set,
    ownerKind: StatefulSetKind as unknown as Kind,
    hashLabel: "controller.kubernetes.io/hash",
    candidates: observed.revisions,
  });
  const updated = history.present;
  const current = history.all.find(({ name }) => name === set.status.currentRevision) ?? updated;
  const replicas = replicasOf(set, owned);
  const actions: Action[] = [...ownership, ...history.actions];
  if (set.metadata.deletionTimestamp === undefined)
    actions.push(...ownClaims(observed, replicas), ...nextSteps(observed, replicas, { current, updated }, now));
  const status = statusOf(set, owned, { current: current.name, updated: updated.name, now });
  if (!sameJson(status, set.status)) actions.push(updateStatus(StatefulSetKind, { ...set, status }));
  actions.push(...forgotten(history, current, owned));
  const wait = untilAvailable(owned.filter(isRunningAndReady), set.spec.minReadySeconds ?? 0, now);
  return { actions, ...(wait === undefined ? {} : { requeueAfter: wait }) };
}

/** The revision's name was taken by another content; or the server refused a Pod or a claim, which an event says. */
export function refused({ set }: Observed, action: Action, error: StatusError): Decision | undefined {
  if (isRevisionNameTaken(action, error))
    return { actions: [updateStatus(StatefulSetKind, { ...set, status: withCollision(set.status) })] };
  if ((action.verb !== "create" && action.verb !== "delete") || action.kind.kind === "ControllerRevision") return undefined;
  const name = action.verb === "create" ? (action.object.metadata?.name ?? "") : action.name;
  const what = action.kind.kind === "Pod" ? `Pod ${name}` : `Claim ${name}`;
  const reason = action.verb === "create" ? "FailedCreate" : "FailedDelete";
  return {
    actions: [event(set, "Warning", reason, `${action.verb} ${what} in StatefulSet ${set.metadata.name} failed error: ${error.message}`)],
  };
}

interface Revisions {
  readonly current: Revision;
  readonly updated: Revision;
}

function nextSteps(observed: Observed, replicas: Replicas, revisions: Revisions, now: Instant): readonly Action[] {
  const { set } = observed;
  const isOrdered = set.spec.podManagementPolicy === "OrderedReady";
  const actions: Action[] = [];
  for (const replica of replicas.wanted) {
    const step = tended(observed, replica, revisions);
    actions.push(...step);
    const isDone = !step.some(({ verb }) => verb === "create" || verb === "delete") && isHealthy(set, replica.pod, now);
    if (isOrdered && !isDone) return actions;
  }
  for (const { pod } of surplusToDelete(set, replicas, isOrdered, now)) actions.push(...removal(set, pod));
  if (isOrdered && replicas.surplus.length > 0) return actions;
  for (const pod of podsToReplace(set, replicas.wanted, revisions.updated, now)) actions.push(...removal(set, pod));
  return actions;
}

/** What a place needs: its claims and its Pod, a new Pod where the old one has ended, or labels that were taken away. */
function tended(observed: Observed, { ordinal, pod }: Replica, revisions: Revisions): readonly Action[] {
  const { set } = observed;
  if (pod === undefined) {
    const missing = missingClaims(observed, ordinal);
    // A claim on its way out would take the new Pod's data along.
    if (missing === "leaving") return [];
    const draft = newPod(set, ordinal, revisionFor(set, ordinal, revisions));
    const { name } = set.metadata;
    return [
      ...missing,
      create(PodKind, draft),
      event(set, "Normal", "SuccessfulCreate", `create Pod ${draft.metadata?.name} in StatefulSet ${name} successful`),
    ];
  }
  if (isTerminating(pod)) return [];
  if (isPodTerminal(pod)) {
    const { namespace, name } = set.metadata;
    const told =
      pod.status.phase === "Failed"
        ? event(set, "Warning", "RecreatingFailedPod", `StatefulSet ${namespace}/${name} is recreating failed Pod ${pod.metadata.name}`)
        : event(
            set,
            "Normal",
            "RecreatingTerminatedPod",
            `StatefulSet ${namespace}/${name} is recreating terminated Pod ${pod.metadata.name}`,
          );
    return [told, ...removal(set, pod)];
  }
  const missing = pod.status.phase === "Pending" ? missingClaims(observed, ordinal) : [];
  const named = withIdentity(set, ordinal, pod);
  return [...(missing === "leaving" ? [] : missing), ...(named === pod ? [] : [update(PodKind, named)])];
}

/** A place below the partition keeps the old template, also for a Pod that is made anew. */
function revisionFor({ spec }: StatefulSet, ordinal: number, { current, updated }: Revisions): Revision {
  if (spec.updateStrategy.type !== "RollingUpdate") return updated;
  return ordinal < (spec.ordinals?.start ?? 0) + (spec.updateStrategy.rollingUpdate?.partition ?? 0) ? current : updated;
}

function missingClaims({ set, claimNamed }: Observed, ordinal: number): readonly Action[] | "leaving" {
  const actions: Action[] = [];
  for (const draft of claimsFor(set, ordinal)) {
    const { name } = draft.metadata;
    const claimed = claimNamed(name);
    if (claimed?.metadata.deletionTimestamp !== undefined) return "leaving";
    if (claimed !== undefined) continue;
    const message = `create Claim ${name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name} success`;
    actions.push(create(PersistentVolumeClaimKind, draft), event(set, "Normal", "SuccessfulCreate", message));
  }
  return actions;
}

/**
 * All at once, or in order: one after the other, each only when it is well or nothing below it is unwell. A StatefulSet of which
 * several Pods are unwell is not taken apart before somebody has looked.
 */
function surplusToDelete(set: StatefulSet, { surplus }: Replicas, isOrdered: boolean, now: Instant): Replicas["surplus"] {
  if (!isOrdered) return surplus.filter(({ pod }) => !isTerminating(pod));
  const [last] = surplus;
  if (last === undefined || isTerminating(last.pod)) return [];
  const lowestUnhealthy = surplus.findLast(({ pod }) => !isHealthy(set, pod, now));
  return isHealthy(set, last.pod, now) || lowestUnhealthy === last ? [last] : [];
}

function removal(set: StatefulSet, pod: Pod): readonly Action[] {
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  return [deletion(PodKind, pod), event(set, "Normal", "SuccessfulDelete", message)];
}

function ownClaims({ set, claimNamed }: Observed, { wanted, surplus }: Replicas): readonly Action[] {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const owners =
    (isSurplus: boolean) =>
    ({ ordinal, pod }: Replica): readonly Action[] =>
      templates.flatMap((template) => {
        const claimed = claimNamed(claimNameOf(set, template, ordinal));
        return pod === undefined || claimed === undefined ? [] : ownClaim(set, pod, claimed, isSurplus);
      });
  return [...wanted.flatMap(owners(false)), ...surplus.flatMap(owners(true))];
}

/** Revisions that no Pod is of and nothing rolls to or from, beyond the limit. */
function forgotten(history: History, current: Revision, pods: readonly Pod[]): readonly Action[] {
  return history.forget(new Set([current.name, ...pods.flatMap((pod) => revisionOf(pod) ?? [])]));
}

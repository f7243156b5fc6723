import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";
import { some } from "../ownership/counts.ts";
import { findCondition, hasProgressDeadline, replaceCondition, withCondition, withoutCondition } from "./conditions.ts";
import { type Family, totalAvailable, totalSize } from "./replica-sets.ts";
import type { Bounds } from "./sizes.ts";

export interface StatusContext {
  readonly bounds: Bounds;
  /** Carries conditions that were set on the way. */
  readonly previous: DeploymentStatus;
  /** Whether a rollout may go on: one that is held makes no progress and misses no deadline. */
  readonly rollsOut: boolean;
  readonly now: Instant;
}

/** The counts and conditions that follow from the ReplicaSets as they are. */
export function statusOf(
  deployment: Deployment,
  { current, old }: Family,
  { bounds, previous, rollsOut, now }: StatusContext,
): DeploymentStatus {
  const all = current === undefined ? old : [...old, current];
  const available = totalAvailable(all);
  const count = (of: (status: ReplicaSet["status"]) => number | undefined): number | undefined =>
    some(all.reduce((sum, { status }) => sum + (of(status) ?? 0), 0));
  const counts: DeploymentStatus = {
    ...previous,
    observedGeneration: deployment.metadata.generation,
    replicas: count((status) => status.replicas),
    updatedReplicas: some(current?.status.replicas ?? 0),
    readyReplicas: count((status) => status.readyReplicas),
    availableReplicas: some(available),
    unavailableReplicas: some(Math.max(0, totalSize(all) - available)),
    terminatingReplicas: all.reduce((sum, { status }) => sum + (status.terminatingReplicas ?? 0), 0),
  };
  const conditions = withCondition(counts.conditions, availability(available >= bounds.minAvailable), now);
  if (!rollsOut) return { ...counts, conditions };
  return withProgress(deployment, { ...counts, conditions }, { current, old }, now);
}

/** In how many milliseconds the deadline for progress passes, if nothing moves until then. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: Instant): number | undefined {
  const progressing = findCondition(status.conditions, "Progressing");
  if (progressing === undefined || !hasProgressDeadline(deployment) || deployment.spec.paused === true) return undefined;
  if (progressing.reason === "NewReplicaSetAvailable" || progressing.reason === "ProgressDeadlineExceeded") return undefined;
  return Math.max(0, deadlineOf(deployment, progressing) - now) + 1;
}

/** Every Pod is of the present template, and available. */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  return (
    (status.updatedReplicas ?? 0) === spec.replicas &&
    (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

function availability(enough: boolean): DeploymentCondition {
  return enough
    ? { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message: "Deployment has minimum availability." }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

function withProgress(deployment: Deployment, status: DeploymentStatus, { current, old }: Family, now: Instant): DeploymentStatus {
  // What the current one can't do is told before what old ones can't.
  const all = current === undefined ? old : [current, ...old];
  const failure = all.flatMap(({ status: { conditions } }) => conditions ?? []).find(({ type }) => type === "ReplicaFailure");
  const conditions =
    failure === undefined ? withoutCondition(status.conditions, "ReplicaFailure") : withCondition(status.conditions, failure, now);
  return { ...status, conditions: progressOf(deployment, { ...status, conditions }, current, now) };
}

function progressOf(
  deployment: Deployment,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
  now: Instant,
): DeploymentStatus["conditions"] {
  const { conditions } = status;
  const progressing = findCondition(conditions, "Progressing");
  if (!hasProgressDeadline(deployment)) return withoutCondition(conditions, "Progressing");
  // A rollout that has ended is not reopened by Pods that fail later.
  const hasEnded = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && progressing?.reason === "NewReplicaSetAvailable";
  if (hasEnded) return conditions;
  const what = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`;
    return withCondition(conditions, { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message }, now);
  }
  if (hasMoved(deployment.status, status)) {
    return replaceCondition(
      conditions,
      { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: `${what} is progressing.` },
      now,
    );
  }
  if (progressing !== undefined && isOverdue(deployment, progressing, now)) {
    const message = `${what} has timed out progressing.`;
    return withCondition(conditions, { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message }, now);
  }
  return conditions;
}

/** More Pods of the present template, fewer of old ones, or more that are ready or available. */
function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isOverdue(deployment: Deployment, progressing: DeploymentCondition, now: Instant): boolean {
  if (progressing.reason === "ProgressDeadlineExceeded") return true;
  if (progressing.reason === "NewReplicaSetAvailable") return false;
  return deadlineOf(deployment, progressing) < now;
}

function deadlineOf({ spec }: Deployment, { lastUpdateTime }: DeploymentCondition): number {
  return ((lastUpdateTime === undefined ? undefined : parseTime(lastUpdateTime)) ?? 0) + spec.progressDeadlineSeconds * 1000;
}

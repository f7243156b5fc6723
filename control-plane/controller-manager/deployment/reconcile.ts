import {
  type Deployment,
  DeploymentKind,
  type DeploymentStatus,
  isPodTerminal,
  type Pod,
  type ReplicaSet,
  ReplicaSetKind,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, update, updateStatus } from "@kubets/client";
import { type Instant, type Kind, sameJson, type StatusError } from "@kubets/machinery";
import { withCollision } from "../history/controller-revisions.ts";
import { claim } from "../ownership/claim.ts";
import { revisionAnnotation, revisionOf, withSizes } from "./annotations.ts";
import { hasProgressDeadline, withCondition } from "./conditions.ts";
import { newReplicaSet, upToDate } from "./current-replica-set.ts";
import { scaledSizes, wasScaled } from "./proportional-scaling.ts";
import { type Family, familyOf, highestRevision, isActive, revisionsOldestFirst, totalSize } from "./replica-sets.ts";
import { rollingStep, type Sizes } from "./rolling-update.ts";
import { type Bounds, boundsOf } from "./sizes.ts";
import { isComplete, statusOf, untilDeadline } from "./status.ts";

export interface Observed {
  readonly deployment: Deployment;
  /** The ReplicaSets that it owns, and the orphans of its namespace. */
  readonly candidates: readonly ReplicaSet[];
  /** The Pods of a ReplicaSet of it. */
  readonly podsOf: (replicaSet: ReplicaSet) => readonly Pod[];
}

export function reconcile(observed: Observed, now: Instant): Decision {
  const { deployment, candidates } = observed;
  const { owned, actions: ownership } = claim({
    owner: deployment,
    ownerKind: DeploymentKind as unknown as Kind,
    selector: deployment.spec.selector,
    kind: ReplicaSetKind as unknown as Kind,
    candidates,
  });
  // What was just adopted is written first; the rest is decided when the cache shows it.
  if (ownership.length > 0) return { actions: ownership };
  const family = familyOf(deployment, owned);
  const bounds = boundsOf(deployment);
  const step = deployment.metadata.deletionTimestamp === undefined ? nextStep(observed, family, bounds, now) : unchanged(deployment);
  const status = statusOf(deployment, family, { bounds, previous: step.status, rollsOut: step.rollsOut, now });
  const isAsBefore = step.metadata === deployment.metadata && sameJson(status, deployment.status);
  const last = isAsBefore ? [] : [updateStatus(DeploymentKind, { ...deployment, metadata: step.metadata, status })];
  const wait = untilDeadline(deployment, status, now);
  return { actions: [...step.actions, ...last, ...step.events], ...(wait === undefined ? {} : { requeueAfter: wait }) };
}

/** The name of a new ReplicaSet was taken: by one with another template, or the server said no for a reason of its own. */
export function refused({ deployment }: Observed, action: Action, error: StatusError, now: Instant): Decision | undefined {
  if (action.verb !== "create") return undefined;
  if (error.reason === "AlreadyExists")
    return { actions: [updateStatus(DeploymentKind, { ...deployment, status: withCollision(deployment.status) })] };
  const message = `Failed to create new replica set "${action.object.metadata?.name ?? ""}": ${error.message}`;
  const conditions = withCondition(
    deployment.status.conditions,
    { type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message },
    now,
  );
  const changed = conditions !== deployment.status.conditions;
  return {
    actions: [
      ...(changed ? [updateStatus(DeploymentKind, { ...deployment, status: { ...deployment.status, conditions } })] : []),
      event(deployment, "Warning", "ReplicaSetCreateError", message),
    ],
  };
}

/** What is to be written, and the status with the conditions that were set on the way. */
interface Step {
  readonly actions: readonly Action[];
  readonly events: readonly Action[];
  /** With the Deployment's revision; the same object when that is as before. It is written with the status, so it is no new generation. */
  readonly metadata: Deployment["metadata"];
  readonly status: DeploymentStatus;
  /** Not while the Deployment is paused, being scaled, or on its way out. */
  readonly rollsOut: boolean;
}

function unchanged(deployment: Deployment): Step {
  return { actions: [], events: [], metadata: deployment.metadata, status: deployment.status, rollsOut: false };
}

function nextStep(observed: Observed, family: Family, bounds: Bounds, now: Instant): Step {
  const { deployment } = observed;
  const all = [...family.old, ...(family.current === undefined ? [] : [family.current])];
  const paused = pauseCondition(deployment, now);
  if (deployment.spec.paused === true || wasScaled(deployment, all)) {
    const mended = mendedCurrent(deployment, family);
    const sized = resized(deployment, scaledSizes(deployment, family, bounds), bounds, mended);
    const forgotten = deployment.spec.paused === true ? historyToForget(deployment, family) : [];
    const [current] = mended.values();
    const metadata = current === undefined ? deployment.metadata : withRevision(deployment, revisionOf(current));
    return { actions: [...sized.actions, ...forgotten], events: sized.events, metadata, status: paused, rollsOut: false };
  }
  if (deployment.spec.strategy.type === "Recreate") {
    const shut = resized(deployment, new Map(family.old.filter(isActive).map((replicaSet) => [replicaSet, 0])), bounds, new Map());
    if (shut.actions.length > 0) return { ...shut, metadata: deployment.metadata, status: paused, rollsOut: true };
    if (family.old.some((replicaSet) => stillHasPods(replicaSet, observed)))
      return { ...unchanged(deployment), status: paused, rollsOut: true };
  }
  return withCurrent(deployment, family, bounds, paused, now);
}

function stillHasPods(replicaSet: ReplicaSet, { podsOf }: Observed): boolean {
  return replicaSet.status.replicas > 0 || podsOf(replicaSet).some((pod) => !isPodTerminal(pod));
}

/** Makes or mends the ReplicaSet of the present template, then moves Pods towards it. */
function withCurrent(deployment: Deployment, { current, old }: Family, bounds: Bounds, status: DeploymentStatus, now: Instant): Step {
  const revision = highestRevision(old) + 1n;
  const recreate = deployment.spec.strategy.type === "Recreate";
  if (current === undefined) {
    const room = recreate ? deployment.spec.replicas : Math.max(0, bounds.maxTotal - totalSize(old));
    const size = Math.min(deployment.spec.replicas, room);
    const made = newReplicaSet(deployment, { revision, size, bounds });
    const created = {
      type: "Progressing",
      status: "True" as const,
      reason: "NewReplicaSetCreated",
      message: `Created new replica set "${made.metadata.name}"`,
    };
    return {
      actions: [create(ReplicaSetKind, made)],
      metadata: withRevision(deployment, revision),
      events: size === 0 ? [] : [scalingEvent(deployment, made.metadata.name, 0, size)],
      status: hasProgressDeadline(deployment) ? { ...status, conditions: withCondition(status.conditions, created, now) } : status,
      rollsOut: true,
    };
  }
  const mended = mendedCurrent(deployment, { current, old });
  const sizes: Sizes = recreate
    ? new Map(current.spec.replicas === deployment.spec.replicas ? [] : [[current, deployment.spec.replicas]])
    : rollingStep({ current, old }, deployment.spec.replicas, bounds);
  const step = resized(deployment, sizes, bounds, mended);
  return {
    ...step,
    actions: [...step.actions, ...(isComplete(deployment, deployment.status) ? historyToForget(deployment, { current, old }) : [])],
    metadata: withRevision(deployment, revisionOf(mended.get(current)!)),
    status: withFound(deployment, current, status, now),
    rollsOut: true,
  };
}

/** The current ReplicaSet, if there is one, and how it should be beside its size: of the newest revision, with the Deployment's annotations. */
function mendedCurrent(deployment: Deployment, { current, old }: Family): ReadonlyMap<ReplicaSet, ReplicaSet> {
  return current === undefined ? new Map() : new Map([[current, upToDate(current, deployment, highestRevision(old) + 1n)]]);
}

/** A rollback finds the ReplicaSet that it goes back to. */
function withFound(deployment: Deployment, current: ReplicaSet, status: DeploymentStatus, now: Instant): DeploymentStatus {
  const known = status.conditions?.some(({ type }) => type === "Progressing") === true;
  if (known || !hasProgressDeadline(deployment)) return status;
  const found = {
    type: "Progressing",
    status: "True" as const,
    reason: "FoundNewReplicaSet",
    message: `Found new replica set "${current.metadata.name}"`,
  };
  return { ...status, conditions: withCondition(status.conditions, found, now) };
}

/** Updates of ReplicaSets to new sizes, together with other changes that they need. */
function resized(
  deployment: Deployment,
  sizes: Sizes,
  bounds: Bounds,
  mended: ReadonlyMap<ReplicaSet, ReplicaSet>,
): Pick<Step, "actions" | "events"> {
  const actions: Action[] = [];
  const events: Action[] = [];
  for (const replicaSet of new Set([...mended.keys(), ...sizes.keys()])) {
    const base = mended.get(replicaSet) ?? replicaSet;
    const size = sizes.get(replicaSet) ?? replicaSet.spec.replicas;
    const annotations = sizes.has(replicaSet)
      ? withSizes(base.metadata.annotations, { desired: deployment.spec.replicas, max: bounds.maxTotal })
      : base.metadata.annotations;
    const next = { ...base, metadata: { ...base.metadata, annotations }, spec: { ...base.spec, replicas: size } };
    if (sameJson(next, replicaSet)) continue;
    actions.push(update(ReplicaSetKind, next));
    if (size !== replicaSet.spec.replicas) events.push(scalingEvent(deployment, replicaSet.metadata.name, replicaSet.spec.replicas, size));
  }
  return { actions, events };
}

/** The Deployment carries the revision of its current ReplicaSet. */
function withRevision(deployment: Deployment, revision: bigint): Deployment["metadata"] {
  const { metadata } = deployment;
  if (revisionOf(deployment) === revision) return metadata;
  return { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: String(revision) } };
}

/** The oldest of the old ReplicaSets beyond what the history keeps; those that still have Pods stay. */
function historyToForget(deployment: Deployment, { old }: Family): readonly Action[] {
  const staying = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = staying.length - deployment.spec.revisionHistoryLimit;
  return revisionsOldestFirst(staying)
    .slice(0, Math.max(0, surplus))
    .filter(isIdle)
    .map((replicaSet) => deletion(ReplicaSetKind, replicaSet));
}

function isIdle({ metadata, spec, status }: ReplicaSet): boolean {
  return spec.replicas === 0 && status.replicas === 0 && (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** Says that a rollout is held, or goes on. */
function pauseCondition(deployment: Deployment, now: Instant): DeploymentStatus {
  const { status, spec } = deployment;
  if (!hasProgressDeadline(deployment)) return status;
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  // A verdict on the rollout stays as it is; it is not a matter of pausing any more.
  if (progressing?.reason === "ProgressDeadlineExceeded") return status;
  const wasPaused = progressing?.reason === "DeploymentPaused";
  const isPaused = spec.paused === true;
  if (wasPaused === isPaused) return status;
  const next = isPaused
    ? { type: "Progressing", status: "Unknown" as const, reason: "DeploymentPaused", message: "Deployment is paused" }
    : { type: "Progressing", status: "Unknown" as const, reason: "DeploymentResumed", message: "Deployment is resumed" };
  return { ...status, conditions: withCondition(status.conditions, next, now) };
}

function scalingEvent(deployment: Deployment, replicaSet: string, from: number, to: number): Action {
  const direction = to > from ? "up" : "down";
  const message = `Scaled ${direction} replica set ${replicaSet} from ${from} to ${to}`;
  return event(deployment, "Normal", "ScalingReplicaSet", message);
}

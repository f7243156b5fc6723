import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, numberAt, textAt, valueAt } from "../json-object.ts";

/** How far a rollout is, in kubectl's words. */
export interface RolloutStatus {
  readonly done: boolean;
  readonly text: string;
}

/** Throws when the rollout failed, or the kind has none. */
export function rolloutStatus(object: JsonObject): RolloutStatus {
  switch (textAt(object, "kind")) {
    case "Deployment":
      return ofDeployment(object);
    case "DaemonSet":
      return ofDaemonSet(object);
    case "StatefulSet":
      return ofStatefulSet(object);
    default:
      throw new CommandError(`no status viewer has been implemented for ${textAt(object, "kind")}`);
  }
}

const done = (text: string): RolloutStatus => ({ done: true, text: `${text}\n` });
const waiting = (text: string): RolloutStatus => ({ done: false, text: `${text}\n` });
const isObserved = (object: JsonObject): boolean =>
  numberAt(object, "metadata", "generation") <= numberAt(object, "status", "observedGeneration");

function ofDeployment(deployment: JsonObject): RolloutStatus {
  const name = nameOf(deployment);
  if (!isObserved(deployment)) return waiting("Waiting for deployment spec update to be observed...");
  const progressing = listAt(deployment, "status", "conditions").find((each) => textAt(each, "type") === "Progressing");
  if (textAt(progressing, "reason") === "ProgressDeadlineExceeded")
    throw new CommandError(`deployment "${name}" exceeded its progress deadline`);
  const status = (field: string): number => numberAt(deployment, "status", field);
  const [wanted, updated] = [numberAt(deployment, "spec", "replicas"), status("updatedReplicas")];
  const prefix = `Waiting for deployment "${name}" rollout to finish:`;
  if (updated < wanted) return waiting(`${prefix} ${updated} out of ${wanted} new replicas have been updated...`);
  if (status("replicas") > updated) return waiting(`${prefix} ${status("replicas") - updated} old replicas are pending termination...`);
  if (status("availableReplicas") < updated)
    return waiting(`${prefix} ${status("availableReplicas")} of ${updated} updated replicas are available...`);
  return done(`deployment "${name}" successfully rolled out`);
}

function ofDaemonSet(daemonSet: JsonObject): RolloutStatus {
  const name = nameOf(daemonSet);
  if (textAt(daemonSet, "spec", "updateStrategy", "type") !== "RollingUpdate")
    throw new CommandError("rollout status is only available for RollingUpdate strategy type");
  if (!isObserved(daemonSet)) return waiting("Waiting for daemon set spec update to be observed...");
  const status = (field: string): number => numberAt(daemonSet, "status", field);
  const wanted = status("desiredNumberScheduled");
  const prefix = `Waiting for daemon set "${name}" rollout to finish:`;
  if (status("updatedNumberScheduled") < wanted)
    return waiting(`${prefix} ${status("updatedNumberScheduled")} out of ${wanted} new pods have been updated...`);
  if (status("numberAvailable") < wanted)
    return waiting(`${prefix} ${status("numberAvailable")} of ${wanted} updated pods are available...`);
  return done(`daemon set "${name}" successfully rolled out`);
}

function ofStatefulSet(statefulSet: JsonObject): RolloutStatus {
  if (textAt(statefulSet, "spec", "updateStrategy", "type") !== "RollingUpdate")
    throw new CommandError("rollout status is only available for RollingUpdate strategy type");
  if (numberAt(statefulSet, "status", "observedGeneration") === 0 || !isObserved(statefulSet))
    return waiting("Waiting for statefulset spec update to be observed...");
  const status = (field: string): number => numberAt(statefulSet, "status", field);
  const wanted = numberAt(statefulSet, "spec", "replicas");
  if (status("readyReplicas") < wanted) return waiting(`Waiting for ${wanted - status("readyReplicas")} pods to be ready...`);
  const partition = valueAt(statefulSet, "spec", "updateStrategy", "rollingUpdate", "partition");
  if (typeof partition === "number" && partition > 0) {
    const updated = status("updatedReplicas");
    if (updated < wanted - partition)
      return waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`);
    return done(`partitioned roll out complete: ${updated} new pods have been updated...`);
  }
  const [current, update] = [textAt(statefulSet, "status", "currentRevision"), textAt(statefulSet, "status", "updateRevision")];
  if (update !== current)
    return waiting(`waiting for statefulset rolling update to complete ${status("updatedReplicas")} pods at revision ${update}...`);
  return done(`statefulset rolling update complete ${status("currentReplicas")} pods at revision ${current}...`);
}

import { formatLabelSelector, type Instant } from "@kubets/machinery";
import { type JsonObject, listAt, nameOf, numberAt, objectAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { podTemplate } from "./pod-template.ts";
import { annotationLines, controllerLine, eventLines, mapLines, timeText } from "./text.ts";

/** A Deployment with its ReplicaSets. */
export function describeDeployment(
  deployment: JsonObject,
  replicaSets: readonly JsonObject[],
  events: readonly JsonObject[],
  now: Instant,
): string {
  const status = (field: string): number => numberAt(deployment, "status", field);
  const rolling = objectAt(deployment, "spec", "strategy", "rollingUpdate");
  const conditions = listAt(deployment, "status", "conditions").map(
    (each) => `  ${textAt(each, "type")} \t${textAt(each, "status")}\t${textAt(each, "reason")}\n`,
  );
  const { current, old } = bySpec(deployment, replicaSets);
  return [
    `Name:\t${nameOf(deployment)}\nNamespace:\t${textAt(deployment, "metadata", "namespace")}\n`,
    `CreationTimestamp:\t${timeText(textAt(deployment, "metadata", "creationTimestamp"))}\n`,
    mapLines("Labels", textsAt(deployment, "metadata", "labels")),
    annotationLines(textsAt(deployment, "metadata", "annotations")),
    `Selector:\t${formatLabelSelector(objectAt(deployment, "spec", "selector"))}\n`,
    `Replicas:\t${numberAt(deployment, "spec", "replicas")} desired | ${status("updatedReplicas")} updated | ${status("replicas")} total | ${status("availableReplicas")} available | ${status("unavailableReplicas")} unavailable\n`,
    `StrategyType:\t${textAt(deployment, "spec", "strategy", "type")}\n`,
    `MinReadySeconds:\t${numberAt(deployment, "spec", "minReadySeconds")}\n`,
    Object.keys(rolling).length === 0
      ? ""
      : `RollingUpdateStrategy:\t${textAt(rolling, "maxUnavailable")} max unavailable, ${textAt(rolling, "maxSurge")} max surge\n`,
    `Pod Template:\n${podTemplate(objectAt(deployment, "spec", "template"))}`,
    conditions.length === 0 ? "" : `Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n${conditions.join("")}`,
    `OldReplicaSets:\t${old.length === 0 ? "<none>" : old.map(created).join(", ")}\n`,
    `NewReplicaSet:\t${current === undefined ? "<none>" : created(current)}\n`,
    eventLines(events, now),
  ].join("");
}

function created(replicaSet: JsonObject): string {
  return `${nameOf(replicaSet)} (${numberAt(replicaSet, "status", "replicas")}/${numberAt(replicaSet, "spec", "replicas")} replicas created)`;
}

/** The ReplicaSet of the newest revision is the Deployment's own; of the others every one is told of. */
function bySpec(
  deployment: JsonObject,
  replicaSets: readonly JsonObject[],
): { readonly current: JsonObject | undefined; readonly old: readonly JsonObject[] } {
  const revision = (object: JsonObject): string => textAt(object, "metadata", "annotations", "deployment.kubernetes.io/revision");
  const uid = textAt(deployment, "metadata", "uid");
  const owned = replicaSets.filter((each) => listAt(each, "metadata", "ownerReferences").some((owner) => textAt(owner, "uid") === uid));
  const current = owned.find((each) => revision(each) === revision(deployment));
  return { current, old: owned.filter((each) => each !== current) };
}

/** A ReplicaSet with how many of its Pods are in which phase. */
export function describeReplicaSet(
  replicaSet: JsonObject,
  pods: readonly JsonObject[],
  events: readonly JsonObject[],
  now: Instant,
): string {
  const uid = textAt(replicaSet, "metadata", "uid");
  const owned = pods.filter((pod) => listAt(pod, "metadata", "ownerReferences").some((owner) => textAt(owner, "uid") === uid));
  const count = (phase: string): number => owned.filter((pod) => valueAt(pod, "status", "phase") === phase).length;
  return [
    `Name:\t${nameOf(replicaSet)}\nNamespace:\t${textAt(replicaSet, "metadata", "namespace")}\n`,
    `Selector:\t${formatLabelSelector(objectAt(replicaSet, "spec", "selector"))}\n`,
    mapLines("Labels", textsAt(replicaSet, "metadata", "labels")),
    annotationLines(textsAt(replicaSet, "metadata", "annotations")),
    controllerLine(replicaSet),
    `Replicas:\t${numberAt(replicaSet, "status", "replicas")} current / ${numberAt(replicaSet, "spec", "replicas")} desired\n`,
    `Pods Status:\t${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed\n`,
    `Pod Template:\n${podTemplate(objectAt(replicaSet, "spec", "template"))}`,
    eventLines(events, now),
  ].join("");
}

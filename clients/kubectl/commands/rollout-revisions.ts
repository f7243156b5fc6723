import { formatLabelSelector } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, numberAt, objectAt, textAt, textsAt, valueAt, withMetadata } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import type { Target } from "../requests/targets.ts";

/** One state that a workload's template had. */
export interface Revision {
  readonly number: number;
  readonly changeCause: string;
  readonly template: JsonObject;
  readonly annotations: Readonly<Record<string, string>>;
  /** What brings a DaemonSet or StatefulSet back to it. */
  readonly data?: JsonObject;
}

/** The revisions of a workload, oldest first: a Deployment's are its ReplicaSets, the others' are ControllerRevisions. */
export async function revisionsOf(
  connection: Connection,
  { resource, namespace }: Target,
  object: JsonObject,
): Promise<readonly Revision[]> {
  if (!["Deployment", "DaemonSet", "StatefulSet"].includes(resource.kind))
    throw new CommandError(`no history viewer has been implemented for "${resource.kind}.${resource.group}"`);
  const resources = await connection.resources();
  const of = resources.named(resource.kind === "Deployment" ? "replicasets.apps" : "controllerrevisions.apps");
  const labelSelector = formatLabelSelector(objectAt(object, "spec", "selector"));
  const list = await connection.api.request({ method: "GET", path: pathOf(of, namespace), query: { labelSelector } });
  const uid = textAt(object, "metadata", "uid");
  const owned = itemsOf(list).filter((each) => listAt(each, "metadata", "ownerReferences").some((owner) => textAt(owner, "uid") === uid));
  return owned
    .map(resource.kind === "Deployment" ? ofReplicaSet : ofControllerRevision)
    .filter(({ number }) => number > 0)
    .toSorted((a, b) => a.number - b.number);
}

function ofReplicaSet(replicaSet: JsonObject): Revision {
  const annotations = textsAt(replicaSet, "metadata", "annotations");
  return {
    number: Number(annotations["deployment.kubernetes.io/revision"] ?? 0),
    changeCause: annotations["kubernetes.io/change-cause"] ?? "",
    template: objectAt(replicaSet, "spec", "template"),
    annotations,
  };
}

function ofControllerRevision(revision: JsonObject): Revision {
  const annotations = textsAt(revision, "metadata", "annotations");
  const data = objectAt(revision, "data");
  const { $patch: _, ...template } = objectAt(data, "spec", "template");
  return {
    number: numberAt(revision, "revision"),
    changeCause: annotations["kubernetes.io/change-cause"] ?? "",
    template,
    annotations,
    data,
  };
}

/** The template without the label by which a Deployment tells its ReplicaSets apart. */
export function withoutHash(template: JsonObject): JsonObject {
  const labels = Object.entries(textsAt(template, "metadata", "labels")).filter(([key]) => key !== "pod-template-hash");
  return withMetadata(template, { labels: labels.length === 0 ? undefined : Object.fromEntries(labels) });
}

/** Annotations that belong to the Deployment itself and stay as they are when its template goes back. */
const keptAnnotations = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deployment.kubernetes.io/revision",
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
]);

/** The patch that takes a workload back to a revision. */
export function rollbackPatch(
  object: JsonObject,
  { template, annotations, data }: Revision,
): { readonly contentType: string; readonly body: unknown } {
  if (data !== undefined) return { contentType: "application/strategic-merge-patch+json", body: data };
  const own = Object.entries(textsAt(object, "metadata", "annotations")).filter(([key]) => keptAnnotations.has(key));
  const earlier = Object.entries(annotations).filter(([key]) => !keptAnnotations.has(key));
  return {
    contentType: "application/json-patch+json",
    body: [
      { op: "replace", path: "/spec/template", value: withoutHash(template) },
      // `add` also replaces, and succeeds where there are none yet.
      {
        op: valueAt(object, "metadata", "annotations") === undefined ? "add" : "replace",
        path: "/metadata/annotations",
        value: Object.fromEntries([...own, ...earlier]),
      },
    ],
  };
}

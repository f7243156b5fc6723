import type { CSINode, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from "@kubets/api";
import type { ObjectChange } from "@kubets/client";
import { sameJson } from "@kubets/machinery";
import { requestedResources } from "./resources.ts";

/**
 * Something that happened in the cluster and could make room for a waiting Pod. Plugins say by their hints for which Pods.
 * What can't help anyone (a heartbeat, a node that leaves) is no event.
 */
export type ClusterEvent =
  | { readonly kind: "NodeAdded"; readonly node: Node }
  | { readonly kind: "NodeUpdated"; readonly node: Node; readonly previous: Node; readonly changed: ReadonlySet<NodePart> }
  | { readonly kind: "AssignedPodAdded"; readonly pod: Pod }
  | { readonly kind: "AssignedPodUpdated"; readonly pod: Pod; readonly previous: Pod; readonly changed: ReadonlySet<PodPart> }
  | { readonly kind: "AssignedPodDeleted"; readonly pod: Pod }
  | { readonly kind: "ClaimChanged"; readonly claim: PersistentVolumeClaim; readonly isNew?: boolean }
  | { readonly kind: "VolumeChanged"; readonly volume: PersistentVolume; readonly isNew?: boolean }
  | { readonly kind: "StorageClassChanged"; readonly storageClass: StorageClass; readonly isNew?: boolean }
  | { readonly kind: "CSINodeChanged"; readonly csiNode: CSINode; readonly isNew?: boolean }
  /** The waiting Pod itself. */
  | { readonly kind: "PodUpdated"; readonly pod: Pod; readonly previous: Pod; readonly changed: ReadonlySet<PodPart> };

/** As metrics call the coming of a Pod that has no node yet. */
export const podAdded = "UnschedulablePodAdd";

/** How metrics call an event: by its resource and what happened to it, of several changes by the first. */
export function labelOf(event: ClusterEvent): string {
  switch (event.kind) {
    case "NodeAdded":
      return "NodeAdd";
    case "NodeUpdated":
      return `Node${nodeUpdates.find(([part]) => event.changed.has(part))?.[1] ?? "Update"}`;
    case "AssignedPodAdded":
      return "AssignedPodAdd";
    case "AssignedPodUpdated":
      return `AssignedPod${podUpdate(event.changed)}`;
    case "AssignedPodDeleted":
      return "AssignedPodDelete";
    case "PodUpdated":
      return `UnschedulablePod${podUpdate(event.changed)}`;
    case "ClaimChanged":
      return `PersistentVolumeClaim${addOrUpdate(event)}`;
    case "VolumeChanged":
      return `PersistentVolume${addOrUpdate(event)}`;
    case "StorageClassChanged":
      return `storage.k8s.io/StorageClass${addOrUpdate(event)}`;
    case "CSINodeChanged":
      return `storage.k8s.io/CSINode${addOrUpdate(event)}`;
  }
}

const nodeUpdates: readonly (readonly [NodePart, string])[] = [
  ["allocatable", "UpdateNodeAllocatable"],
  ["labels", "UpdateNodeLabel"],
  ["taints", "UpdateNodeTaint"],
  ["conditions", "UpdateNodeCondition"],
  ["annotations", "UpdateNodeAnnotation"],
];
const podUpdates: readonly (readonly [PodPart, string])[] = [
  ["labels", "UpdatePodLabel"],
  ["requests", "UpdatePodScaleDown"],
  ["schedulingGates", "UpdatePodSchedulingGatesEliminated"],
  ["tolerations", "UpdatePodToleration"],
];

function podUpdate(changed: ReadonlySet<PodPart>): string {
  return podUpdates.find(([part]) => changed.has(part))?.[1] ?? "Update";
}

function addOrUpdate({ isNew = false }: { readonly isNew?: boolean }): string {
  return isNew ? "Add" : "Update";
}

export type NodePart = "allocatable" | "labels" | "taints" | "conditions" | "annotations";
export type PodPart = "labels" | "requests" | "tolerations" | "schedulingGates" | "other";

export function nodeEvent({ object, previous }: ObjectChange<Node>): ClusterEvent | undefined {
  if (object === undefined) return undefined;
  if (previous === undefined || previous.metadata.uid !== object.metadata.uid) return { kind: "NodeAdded", node: object };
  const changed = new Set<NodePart>();
  if (!sameJson(previous.status.allocatable, object.status.allocatable)) changed.add("allocatable");
  if (!sameJson(previous.metadata.labels, object.metadata.labels)) changed.add("labels");
  if (!sameJson(previous.spec.taints, object.spec.taints) || previous.spec.unschedulable !== object.spec.unschedulable)
    changed.add("taints");
  if (!sameJson(conditions(previous), conditions(object))) changed.add("conditions");
  if (!sameJson(previous.metadata.annotations, object.metadata.annotations)) changed.add("annotations");
  return changed.size === 0 ? undefined : { kind: "NodeUpdated", node: object, previous, changed };
}

// Without the times of heartbeats.
function conditions({ status }: Node): Readonly<Record<string, string>> {
  return Object.fromEntries((status.conditions ?? []).map(({ type, status }) => [type, status]));
}

export function podParts(pod: Pod, previous: Pod): ReadonlySet<PodPart> {
  const changed = new Set<PodPart>();
  if (!sameJson(previous.metadata.labels, pod.metadata.labels)) changed.add("labels");
  if (!sameJson(previous.spec.tolerations, pod.spec.tolerations)) changed.add("tolerations");
  if (!sameJson(previous.spec.schedulingGates, pod.spec.schedulingGates)) changed.add("schedulingGates");
  if (asksForLess(pod, previous)) changed.add("requests");
  if (!sameJson(rest(previous), rest(pod))) changed.add("other");
  return changed;
}

function asksForLess(pod: Pod, previous: Pod): boolean {
  const now = requestedResources(pod).requests;
  const before = requestedResources(previous).requests;
  return (
    now.cpu < before.cpu ||
    now.memory < before.memory ||
    now.ephemeralStorage < before.ephemeralStorage ||
    [...before.scalars].some(([name, amount]) => (now.scalars.get(name) ?? 0) < amount)
  );
}

function rest({ spec: { tolerations, schedulingGates, containers, initContainers, ...others } }: Pod): unknown {
  void [tolerations, schedulingGates, initContainers];
  return { ...others, images: containers.map(({ image }) => image) };
}

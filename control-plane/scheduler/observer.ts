import {
  type CSINode,
  isPodTerminal,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type StorageClass,
} from "@kubets/api";
import type { ObjectChange } from "@kubets/client";
import { nodeEvent, podParts } from "./cluster-events.ts";
import { podInfo } from "./pod-info.ts";
import type { SchedulingQueue } from "./queue.ts";
import type { Snapshot } from "./snapshot.ts";

/** Keeps the snapshot and the queue in step with what the API shows. */
export interface Observer {
  readonly nodeChanged: (change: ObjectChange<Node>) => void;
  readonly podChanged: (change: ObjectChange<Pod>) => void;
  readonly claimChanged: (change: ObjectChange<PersistentVolumeClaim>) => void;
  readonly volumeChanged: (change: ObjectChange<PersistentVolume>) => void;
  readonly storageClassChanged: (change: ObjectChange<StorageClass>) => void;
  readonly csiNodeChanged: (change: ObjectChange<CSINode>) => void;
}

export interface ObserverOptions {
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  /** Whether a Pod chose this scheduler. */
  readonly isOurs: (pod: Pod) => boolean;
}

export function createObserver({ snapshot, queue, isOurs }: ObserverOptions): Observer {
  const isWaiting = (pod: Pod): boolean =>
    pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod) && (pod.spec.nodeName ?? "") === "" && isOurs(pod);

  const assigned = (pod: Pod, before: Pod | undefined, key: string): void => {
    queue.remove(key);
    snapshot.nominations.withdraw(key);
    snapshot.setPod(podInfo(pod), pod.spec.nodeName!);
    if (before === undefined) return queue.happened({ kind: "AssignedPodAdded", pod });
    const changed = podParts(pod, before);
    if (changed.size > 0) queue.happened({ kind: "AssignedPodUpdated", pod, previous: before, changed });
  };

  const followNomination = (pod: Pod, previous: Pod | undefined, key: string): void => {
    const { nominatedNodeName = "" } = pod.status;
    // A nomination that isn't in the Pod yet stays.
    if (nominatedNodeName === (previous?.status.nominatedNodeName ?? "")) return;
    if (nominatedNodeName === "") snapshot.nominations.withdraw(key);
    else snapshot.nominations.put(podInfo(pod), nominatedNodeName);
  };

  const podMoved = ({ key, object: pod, previous }: ObjectChange<Pod>): void => {
    const before = previous !== undefined && isAssigned(previous) ? previous : undefined;
    if (pod !== undefined && isAssigned(pod)) return assigned(pod, before, key);
    // A Pod that is being bound takes its node already, although its object doesn't say so yet.
    const known = snapshot.pod(key);
    const isAssumed = known !== undefined && before === undefined && known.pod.metadata.uid === pod?.metadata.uid;
    if (known !== undefined && !isAssumed) {
      snapshot.removePod(key);
      queue.happened({ kind: "AssignedPodDeleted", pod: before ?? known.pod });
    }
    if (pod === undefined || !isWaiting(pod)) {
      queue.remove(key);
      snapshot.nominations.withdraw(key);
    } else if (!isAssumed || queue.has(key)) {
      queue.put(pod);
      followNomination(pod, previous, key);
    }
  };

  return {
    nodeChanged(change) {
      if (change.object === undefined) snapshot.removeNode(change.key);
      else snapshot.setNode(change.object);
      if (change.object === undefined) snapshot.volumes.changed();
      const event = nodeEvent(change);
      if (event !== undefined) queue.happened(event);
    },
    podChanged(change) {
      podMoved(change);
      // A binding that waits for volumes ends with its Pod.
      if (change.object === undefined) snapshot.volumes.changed();
    },
    claimChanged({ object: claim, previous }) {
      snapshot.volumes.changed();
      if (claim !== undefined) queue.happened({ kind: "ClaimChanged", claim, isNew: previous === undefined });
    },
    volumeChanged({ object: volume, previous }) {
      snapshot.volumes.changed();
      if (volume !== undefined) queue.happened({ kind: "VolumeChanged", volume, isNew: previous === undefined });
    },
    csiNodeChanged({ object: csiNode, previous }) {
      if (csiNode !== undefined) queue.happened({ kind: "CSINodeChanged", csiNode, isNew: previous === undefined });
    },
    storageClassChanged({ object: storageClass, previous }) {
      if (storageClass !== undefined) queue.happened({ kind: "StorageClassChanged", storageClass, isNew: previous === undefined });
    },
  };
}

/** Whether a Pod takes room on a node. */
export function isAssigned(pod: Pod): boolean {
  return (pod.spec.nodeName ?? "") !== "" && !isPodTerminal(pod);
}

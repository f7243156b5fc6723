import {
  type Node,
  NodeKind,
  type PersistentVolume,
  type Pod,
  type VolumeAttachment,
  VolumeAttachmentKind,
  isPodTerminal,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, event, patch } from "@kubets/client";
import { type Instant, parseTime, sameJson } from "@kubets/machinery";
import { attachmentName, uniqueVolumeName } from "./names.ts";

export interface ObservedVolume {
  readonly of: "volume";
  /** A volume whose driver attaches. */
  readonly volume: PersistentVolume;
  readonly attachments: readonly VolumeAttachment[];
  /** Pods that use the volume's claim. */
  readonly consumers: readonly Pod[];
  /** The nodes of consumers and attachments, by name; those that are no more are missing. */
  readonly nodes: ReadonlyMap<string, Node>;
}

export interface ObservedNode {
  readonly of: "node";
  readonly node: Node;
  readonly attachments: readonly VolumeAttachment[];
  /** The volumes of the attachments, by name. */
  readonly volumes: ReadonlyMap<string, PersistentVolume>;
}

/** How long (milliseconds) a node that doesn't answer may say that it uses a volume, before the volume is taken from it. */
const longestUnmount = 6 * 60_000;
const outOfService = "node.kubernetes.io/out-of-service";

/** Asks the volume's driver to attach it where Pods need it, and to detach it where none does any more. */
export function reconcileVolume(observed: ObservedVolume, now: Instant): Decision {
  const { volume, attachments, nodes } = observed;
  const users = usersOf(observed);
  const wanted = nodesThatWant(observed);
  // An attachment of another name is somebody else's, who will know what it is for.
  const surplus = attachments.filter(
    ({ spec, metadata }) =>
      !wanted.has(spec.nodeName) && metadata.deletionTimestamp === undefined && metadata.name === attachmentName(volume, spec.nodeName),
  );
  const waits = surplus.map((attachment) => ({ attachment, wait: waitBeforeDetach(attachment, observed, now) }));
  const present = new Set(attachments.map(({ spec }) => spec.nodeName));
  const actions: Action[] = waits.filter(({ wait }) => wait === 0).map(({ attachment }) => deletion(VolumeAttachmentKind, attachment));
  let isTaken = present.size > 0;
  for (const name of [...wanted].toSorted()) {
    if (present.has(name) || !nodes.has(name)) continue;
    if (isTaken && isExclusive(volume)) {
      actions.push(...users.filter(({ spec }) => spec.nodeName === name).map((pod) => multiAttach(pod, volume)));
    } else {
      actions.push(attach(volume, name));
      isTaken = true;
    }
  }
  const left = waits.flatMap(({ wait }) => (wait !== undefined && wait > 0 ? [wait] : []));
  return { actions, ...(left.length === 0 ? {} : { requeueAfter: Math.min(...left) }) };
}

function usersOf({ consumers }: ObservedVolume): readonly Pod[] {
  return consumers.filter((pod) => (pod.spec.nodeName ?? "") !== "" && !isPodTerminal(pod));
}

/** The names of the nodes on which Pods need the volume. */
export function nodesThatWant(observed: ObservedVolume): ReadonlySet<string> {
  return new Set(usersOf(observed).map(({ spec }) => spec.nodeName!));
}

/** The operator has said that the machine is off: nothing on it can write to a volume. */
export function isOutOfService({ spec }: Node): boolean {
  return spec.taints?.some(({ key }) => key === outOfService) === true;
}

export function saysItUses({ status }: Node, volume: PersistentVolume): boolean {
  return status.volumesInUse?.includes(uniqueVolumeName(volume)) === true;
}

/** Milliseconds until a volume may be taken from a node: 0 now, `undefined` not before the node says that it doesn't use it. */
function waitBeforeDetach({ spec }: VolumeAttachment, { volume, nodes }: ObservedVolume, now: Instant): number | undefined {
  const node = nodes.get(spec.nodeName);
  if (node === undefined || isOutOfService(node) || !saysItUses(node, volume)) return 0;
  const ready = node.status.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || ready.status === "True") return undefined;
  const since = parseTime(ready.lastTransitionTime ?? "") ?? now;
  return Math.max(0, since + longestUnmount - now);
}

function attach(volume: PersistentVolume, nodeName: string): Action {
  const { name } = volume.metadata;
  return create(VolumeAttachmentKind, {
    metadata: { name: attachmentName(volume, nodeName) },
    spec: { attacher: volume.spec.csi!.driver, nodeName, source: { persistentVolumeName: name } },
  });
}

/** Whether a volume may be attached to one node at a time. */
function isExclusive({ spec: { accessModes = [] } }: PersistentVolume): boolean {
  return !accessModes.includes("ReadWriteMany") && !accessModes.includes("ReadOnlyMany");
}

function multiAttach(pod: Pod, { metadata }: PersistentVolume): Action {
  const message = `Multi-Attach error for volume "${metadata.name}" Volume is already exclusively attached to one node and can't be attached to another`;
  return event(pod, "Warning", "FailedAttachVolume", message);
}

/** Says in the Node which volumes its kubelet can mount. */
export function reconcileNode({ node, attachments, volumes }: ObservedNode): Decision {
  const attached = attachments
    .filter(({ metadata, status }) => status.attached && metadata.deletionTimestamp === undefined)
    .flatMap(({ spec }) => {
      const volume = volumes.get(spec.source.persistentVolumeName ?? "");
      return volume === undefined ? [] : [uniqueVolumeName(volume)];
    })
    .toSorted()
    .map((name) => ({ name, devicePath: "" }));
  if (sameJson(attached, node.status.volumesAttached ?? [])) return { actions: [] };
  return { actions: [patch(NodeKind, node, { status: { volumesAttached: attached } }, { subresource: "status" })] };
}

import { findPodCondition, isPodTerminal, type Node, type NodeCondition, NodeKind, type Pod, PodKind, withPodCondition } from "@kubets/api";
import { type Action, type Decision, event, updateStatus } from "@kubets/client";
import { formatTime, type Instant, sameJson } from "@kubets/machinery";
import { reportedReady } from "./sightings.ts";
import { readyStatusOf, taintPatch, taintsByCondition } from "./taints.ts";

/** How long a node may be silent, in milliseconds; upstream's flags. */
export interface GracePeriods {
  /** `--node-monitor-grace-period`. */
  readonly silence: number;
  /** For one that has never been heard: `--node-startup-grace-period`. */
  readonly startup: number;
}

export const defaultGracePeriods: GracePeriods = { silence: 50_000, startup: 60_000 };

export interface ObservedNode {
  readonly node: Node;
  /** When it was last heard, by our clock. */
  readonly heardAt: Instant;
  /** It has come since the controller began. */
  readonly isNew: boolean;
  readonly pods: readonly Pod[];
  readonly gracePeriods: GracePeriods;
}

/** Conditions that a kubelet keeps; unknown once it is silent. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

export function reconcile({ node, heardAt, isNew, pods, gracePeriods }: ObservedNode, now: Instant): Decision {
  const silentFrom = heardAt + (reportedReady(node) === undefined ? gracePeriods.startup : gracePeriods.silence);
  const isSilent = silentFrom <= now;
  const conditions = isSilent ? unheardConditions(node, now) : (node.status.conditions ?? []);
  const seen: Node = { ...node, status: { ...node.status, conditions } };
  const taints = taintsByCondition(seen, now);
  const actions: Action[] = isNew ? [registered(node)] : [];
  // Two writes of one object in one pass would conflict: taints follow when the conditions stand.
  if (!sameJson(conditions, node.status.conditions ?? [])) actions.push(updateStatus(NodeKind, seen), ...wentSilent(node));
  else if (!sameJson(taints, node.spec.taints ?? [])) actions.push(taintPatch(node, taints));
  const ready = readyStatusOf(seen);
  if (ready !== undefined && ready !== "True") actions.push(...pods.flatMap((pod) => unready(pod, now)));
  return { actions, ...(isSilent ? {} : { requeueAfter: silentFrom - now }) };
}

function registered(node: Node): Action {
  const { name } = node.metadata;
  const message = `Node ${name} event: Registered Node ${name} in Controller`;
  return event(node, "Normal", "RegisteredNode", message);
}

/** Said of a node that is no more. */
export function removed(node: Node): Decision {
  const { name } = node.metadata;
  const message = `Node ${name} event: Removing Node ${name} from Controller`;
  return { actions: [event(node, "Normal", "RemovingNode", message)] };
}

function wentSilent(node: Node): readonly Action[] {
  if (readyStatusOf(node) !== "True") return [];
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return [event(node, "Normal", "NodeNotReady", message)];
}

function unheardConditions({ metadata, status }: Node, now: Instant): readonly NodeCondition[] {
  const time = formatTime(now);
  const known = status.conditions ?? [];
  const silent = known.map((condition): NodeCondition => {
    if (!isKubeletCondition(condition.type) || condition.status === "Unknown") return condition;
    return {
      ...condition,
      status: "Unknown",
      lastTransitionTime: time,
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    };
  });
  const never = kubeletConditions
    .filter((type) => !known.some((condition) => condition.type === type))
    .map((type): NodeCondition => ({
      type,
      status: "Unknown",
      lastHeartbeatTime: metadata.creationTimestamp,
      lastTransitionTime: time,
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
    }));
  return [...silent, ...never];
}

function isKubeletCondition(type: string): boolean {
  return (kubeletConditions as readonly string[]).includes(type);
}

/** Nobody can say any more that a Pod of a silent node is ready: it must not get traffic. */
function unready(pod: Pod, now: Instant): readonly Action[] {
  const ready = findPodCondition(pod, "Ready");
  if (ready?.status !== "True" || isPodTerminal(pod)) return [];
  const { lastTransitionTime: _was, ...condition } = ready;
  return [
    updateStatus(PodKind, withPodCondition(pod, { ...condition, status: "False" }, now)),
    event(pod, "Warning", "NodeNotReady", "Node is not ready"),
  ];
}

import {
  findPodCondition,
  isPodTerminal,
  type Lease,
  type Node,
  type NodeCondition,
  NodeKind,
  type Pod,
  PodKind,
  type Taint,
  withPodCondition,
} from "@kubets/api";
import { type Action, type Decision, event, updateStatus } from "@kubets/client";
import { formatTime, type Instant, type Kind, parseTime, sameJson } from "@kubets/machinery";

export interface Observed {
  readonly node: Node;
  /** Renewed by the node's kubelet every ten seconds. */
  readonly lease: Lease | undefined;
  readonly pods: readonly Pod[];
}

/** How long a node may be silent before it counts as unreachable, in milliseconds; as upstream (`--node-monitor-grace-period`). */
const gracePeriod = 50_000;
/** The same for one that has never been heard (`--node-startup-grace-period`). */
const startupGracePeriod = 60_000;

/** Conditions that a kubelet keeps; unknown once it is silent. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

export function reconcile({ node, lease, pods }: Observed, now: Instant): Decision {
  const silentSince = unreachableFrom(node, lease);
  const isSilent = silentSince <= now;
  const conditions = isSilent ? unheardConditions(node, now) : (node.status.conditions ?? []);
  const seen: Node = { ...node, status: { ...node.status, conditions } };
  const taints = taintsOf(seen, now);
  const actions: Action[] = [];
  // Two writes of one object in one pass would conflict: taints follow when the conditions stand.
  if (!sameJson(conditions, node.status.conditions ?? [])) actions.push(updateStatus(NodeKind, seen), ...wentSilent(node));
  else if (!sameJson(taints, node.spec.taints ?? [])) actions.push(taintPatch(node, taints));
  const ready = conditionOf(seen, "Ready");
  if (ready !== undefined && ready.status !== "True") actions.push(...pods.flatMap((pod) => notReady(pod, now)));
  return { actions, ...(isSilent ? {} : { requeueAfter: silentSince - now }) };
}

/** From when on a node counts as unreachable: by its newest sign of life, its Lease or its conditions' heartbeat. */
function unreachableFrom({ metadata, status }: Node, lease: Lease | undefined): number {
  const signs = [lease?.spec?.renewTime, ...(status.conditions ?? []).map(({ lastHeartbeatTime }) => lastHeartbeatTime)];
  const heard = signs.flatMap((time) => (time === undefined ? [] : (parseTime(time) ?? [])));
  if (heard.length === 0) return (parseTime(metadata.creationTimestamp) ?? 0) + startupGracePeriod;
  return Math.max(...heard) + gracePeriod;
}

function wentSilent(node: Node): readonly Action[] {
  if (conditionOf(node, "Ready")?.status !== "True") return [];
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

function conditionOf({ status }: Node, type: string): NodeCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

type TaintKey = Pick<Taint, "key" | "effect">;

/** The taints that this controller keeps; all others on a node are left alone. */
const ownTaints: readonly TaintKey[] = [
  { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
  { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
  { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" },
  { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", effect: "NoSchedule" },
  { key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
];

const pressureTaints: readonly (readonly [condition: string, key: string])[] = [
  ["MemoryPressure", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "node.kubernetes.io/network-unavailable"],
];

function taintsOf(node: Node, now: Instant): readonly Taint[] {
  const wanted: TaintKey[] = [];
  const ready = conditionOf(node, "Ready")?.status;
  const key = ready === "Unknown" ? "node.kubernetes.io/unreachable" : "node.kubernetes.io/not-ready";
  if (ready !== undefined && ready !== "True") wanted.push({ key, effect: "NoSchedule" }, { key, effect: "NoExecute" });
  for (const [condition, taint] of pressureTaints)
    if (conditionOf(node, condition)?.status === "True") wanted.push({ key: taint, effect: "NoSchedule" });
  if (node.spec.unschedulable === true) wanted.push({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });

  const present = node.spec.taints ?? [];
  const kept = present.filter((taint) => !ownTaints.some((own) => sameTaint(own, taint)) || wanted.some((each) => sameTaint(each, taint)));
  const added = wanted.filter((taint) => !present.some((each) => sameTaint(each, taint)));
  return [...kept.map((taint) => withTime(taint, now)), ...added.map((taint) => ({ ...taint, timeAdded: formatTime(now) }))];
}

/** For how long a NoExecute taint is tolerated counts from a time, which whoever adds it by hand doesn't write. */
function withTime(taint: Taint, now: Instant): Taint {
  return taint.effect === "NoExecute" && taint.timeAdded === undefined ? { ...taint, timeAdded: formatTime(now) } : taint;
}

function sameTaint(a: TaintKey, b: TaintKey): boolean {
  return a.key === b.key && a.effect === b.effect;
}

function taintPatch({ metadata }: Node, taints: readonly Taint[]): Action {
  return {
    verb: "patch",
    kind: NodeKind as unknown as Kind,
    name: metadata.name,
    type: "merge",
    patch: { metadata: { resourceVersion: metadata.resourceVersion }, spec: { taints } },
  };
}

/** Nobody can say any more that a Pod of a silent node is ready: it must not get traffic. */
function notReady(pod: Pod, now: Instant): readonly Action[] {
  const ready = findPodCondition(pod, "Ready");
  if (ready?.status !== "True" || isPodTerminal(pod)) return [];
  const { lastTransitionTime: _was, ...condition } = ready;
  return [
    updateStatus(PodKind, withPodCondition(pod, { ...condition, status: "False" }, now)),
    event(pod, "Warning", "NodeNotReady", "Node is not ready"),
  ];
}

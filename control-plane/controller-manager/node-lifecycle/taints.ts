import { type Node, NodeKind, type Taint } from "@kubets/api";
import { type Action, patch } from "@kubets/client";
import { formatTime, type Instant } from "@kubets/machinery";

type TaintKey = Pick<Taint, "key" | "effect">;
export type ReadyStatus = "True" | "False" | "Unknown" | undefined;

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

const conditionTaints: readonly (readonly [condition: string, key: string])[] = [
  ["MemoryPressure", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "node.kubernetes.io/network-unavailable"],
];
const unschedulable = "node.kubernetes.io/unschedulable";

/** The NoSchedule taints that this controller keeps; all others on a node are left alone. */
const ownNoSchedule = new Set([notReady, unreachable, unschedulable, ...conditionTaints.map(([, key]) => key)]);

export function readyStatusOf({ status }: Node): ReadyStatus {
  return status.conditions?.find(({ type }) => type === "Ready")?.status;
}

/** The taint that drives Pods away, by what is known of a node. */
export function evictionTaint(ready: ReadyStatus): TaintKey | undefined {
  if (ready === undefined || ready === "True") return undefined;
  return { key: ready === "Unknown" ? unreachable : notReady, effect: "NoExecute" };
}

export function isEvictionTaint({ key, effect }: TaintKey): boolean {
  return effect === "NoExecute" && (key === notReady || key === unreachable);
}

export function hasEvictionTaint({ spec }: Node): boolean {
  return spec.taints?.some(isEvictionTaint) === true;
}

/**
 * The taints that a node should have by its conditions. Taints that drive Pods away are taken as soon as the node is ready, and one
 * becomes the other as the condition says; whether a node gets one in the first place is decided for all nodes together.
 */
export function taintsByCondition(node: Node, now: Instant): readonly Taint[] {
  const ready = readyStatusOf(node);
  const eviction = hasEvictionTaint(node) ? evictionTaint(ready) : undefined;
  return withTaints(node, [...noScheduleTaints(node, ready), ...(eviction === undefined ? [] : [eviction])], now);
}

/** The node's taints, and the one that drives Pods away. */
export function taintsOfEvicted(node: Node, now: Instant): readonly Taint[] {
  const present = node.spec.taints ?? [];
  const eviction = evictionTaint(readyStatusOf(node));
  return eviction === undefined ? present : [...present.filter((taint) => !isEvictionTaint(taint)), added(eviction, now)];
}

/** The node's taints without those that drive Pods away. */
export function taintsOfSpared({ spec }: Node): readonly Taint[] {
  return spec.taints?.filter((taint) => !isEvictionTaint(taint)) ?? [];
}

function noScheduleTaints(node: Node, ready: ReadyStatus): readonly TaintKey[] {
  const keys: string[] = [];
  if (ready === "False") keys.push(notReady);
  if (ready === "Unknown") keys.push(unreachable);
  for (const [condition, key] of conditionTaints)
    if (node.status.conditions?.some(({ type, status }) => type === condition && status === "True") === true) keys.push(key);
  if (node.spec.unschedulable === true) keys.push(unschedulable);
  return keys.map((key) => ({ key, effect: "NoSchedule" }));
}

function withTaints(node: Node, wanted: readonly TaintKey[], now: Instant): readonly Taint[] {
  const present = node.spec.taints ?? [];
  const isOwn = (taint: TaintKey): boolean => (taint.effect === "NoSchedule" && ownNoSchedule.has(taint.key)) || isEvictionTaint(taint);
  const kept = present.filter((taint) => !isOwn(taint) || wanted.some((each) => isSame(each, taint)));
  const missing = wanted.filter((taint) => !present.some((each) => isSame(each, taint)));
  return [...kept.map((taint) => withTime(taint, now)), ...missing.map((taint) => added(taint, now))];
}

/** For how long a NoExecute taint is tolerated counts from a time, which whoever adds it by hand doesn't write. */
function withTime(taint: Taint, now: Instant): Taint {
  return taint.effect === "NoExecute" && taint.timeAdded === undefined ? added(taint, now) : taint;
}

function added(taint: TaintKey, now: Instant): Taint {
  return { ...taint, timeAdded: formatTime(now) };
}

function isSame(a: TaintKey, b: TaintKey): boolean {
  return a.key === b.key && a.effect === b.effect;
}

/** Replaces the list as a whole, so it must not have changed since it was read. */
export function taintPatch(node: Node, taints: readonly Taint[]): Action {
  return patch(NodeKind, node, { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints } });
}

import { isPodTerminal, type Node, NodeKind, type Pod, PodKind, withPodCondition } from "@kubets/api";
import { type Action, type Decision, deletion, nothing, patch } from "@kubets/client";
import type { Instant, Kind } from "@kubets/machinery";
import { oldestFirst } from "../ownership/oldest-first.ts";

export type Observed =
  | {
      readonly what: "pod";
      readonly pod: Pod;
      readonly node: Node | undefined;
      /** Since when the node of the Pod has been missed; from now on when it wasn't before. */
      readonly missingSince: (now: Instant) => number;
    }
  | { readonly what: "ended"; readonly pods: readonly Pod[]; readonly kept: number };

/** A node that is made anew under its name within this time (milliseconds) keeps its Pods. */
const quarantine = 40_000;
const outOfService = "node.kubernetes.io/out-of-service";

export function reconcile(observed: Observed, now: Instant): Decision {
  return observed.what === "ended" ? endedBeyond(observed.pods, observed.kept) : orphaned(observed, now);
}

function endedBeyond(pods: readonly Pod[], kept: number): Decision {
  if (kept <= 0 || pods.length <= kept) return nothing;
  const oldest = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).toSorted(oldestFirst);
  return { actions: oldest.slice(0, pods.length - kept).map(deletedAtOnce) };
}

function orphaned({ pod, node, missingSince }: Observed & { readonly what: "pod" }, now: Instant): Decision {
  const { nodeName = "" } = pod.spec;
  const isLeaving = pod.metadata.deletionTimestamp !== undefined;
  // Without a node there is no kubelet that would confirm its end.
  if (nodeName === "") return isLeaving ? { actions: [deletedAtOnce(pod)] } : nothing;
  if (node !== undefined)
    return isLeaving && isOutOfService(node)
      ? { actions: [...failed(pod, "force deleted due to an out-of-service node", now), deletedAtOnce(pod)] }
      : nothing;
  const left = missingSince(now) + quarantine - now;
  if (left > 0) return { actions: [], requeueAfter: left };
  const gone: Action = { verb: "confirmGone", kind: NodeKind as unknown as Kind, name: nodeName };
  return { actions: [gone, ...failed(pod, "PodGC: node no longer exists", now), deletedAtOnce(pod)] };
}

/** Somebody has said that the machine is off: nothing of it runs any more. */
export function isOutOfService({ spec, status }: Node): boolean {
  const isReady = status.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True") === true;
  return !isReady && spec.taints?.some(({ key }) => key === outOfService) === true;
}

/** What waits for the end of the Pod learns of it, and why. */
function failed(pod: Pod, message: string, now: Instant): readonly Action[] {
  if (isPodTerminal(pod)) return [];
  const disrupted = withPodCondition(pod, { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC", message }, now);
  const { uid } = pod.metadata;
  const conditions = disrupted.status.conditions?.filter(({ type }) => type === "DisruptionTarget") ?? [];
  const change = { metadata: { uid }, status: { phase: "Failed", conditions } };
  return [patch(PodKind, pod, change, { type: "strategic", subresource: "status" })];
}

function deletedAtOnce(pod: Pod): Action {
  return deletion(PodKind, pod, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
}

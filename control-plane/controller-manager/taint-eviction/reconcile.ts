import {
  findPodCondition,
  isPodTerminal,
  type Pod,
  PodKind,
  type Taint,
  type Toleration,
  toleratesTaint,
  withPodCondition,
} from "@kubets/api";
import { type Decision, deletion, event, nothing, updateStatus } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";

export interface Observed {
  readonly pod: Pod;
  /** The NoExecute taints of its node. */
  readonly taints: readonly Taint[];
}

export function reconcile({ pod, taints }: Observed, now: Instant): Decision {
  if (taints.length === 0 || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return nothing;
  const due = Math.min(...taints.map((taint) => evictionTime(pod, taint, now)));
  if (due === Infinity) return nothing;
  if (due > now) return { actions: [], requeueAfter: due - now };
  const disrupted = withPodCondition(
    pod,
    {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
    },
    now,
  );
  return {
    actions: [
      event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`),
      ...(disrupted === pod ? [] : [updateStatus(PodKind, disrupted)]),
      deletion(PodKind, pod),
    ],
  };
}

/** When a taint drives a Pod away: at once, after the time for which the first toleration that fits bears with it, or never. */
function evictionTime(pod: Pod, taint: Taint, now: Instant): number {
  const toleration: Toleration | undefined = pod.spec.tolerations?.find((each) => toleratesTaint(each, taint));
  if (toleration === undefined) return now;
  if (toleration.tolerationSeconds === undefined) return Infinity;
  if (toleration.tolerationSeconds <= 0) return now;
  // The node-lifecycle controller writes the time of a taint that has none; then this is asked again.
  const added = timeOf(taint.timeAdded);
  if (added === undefined) return Infinity;
  // A Pod that came to a node with the taint is borne with from then on.
  return Math.max(added, bindingTime(pod)) + toleration.tolerationSeconds * 1000;
}

function bindingTime(pod: Pod): number {
  const scheduled = findPodCondition(pod, "PodScheduled");
  const bound = scheduled?.status === "True" ? timeOf(scheduled.lastTransitionTime) : undefined;
  return bound ?? timeOf(pod.metadata.creationTimestamp) ?? 0;
}

function timeOf(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : parseTime(text);
}

import { isPodTerminal, type Pod, PodKind, type Taint, type Toleration, toleratesTaint, withPodCondition } from "@kubets/api";
import { type Decision, deletion, nothing, updateStatus } from "@kubets/client";
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
      {
        verb: "event",
        about: pod,
        type: "Normal",
        reason: "TaintManagerEviction",
        message: `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      },
      ...(disrupted === pod ? [] : [updateStatus(PodKind, disrupted)]),
      deletion(PodKind, pod),
    ],
  };
}

/** When a taint drives a Pod away: at once, after the shortest of the times for which it is tolerated, or never. */
function evictionTime({ spec }: Pod, taint: Taint, now: Instant): number {
  const tolerations: readonly Toleration[] = spec.tolerations?.filter((toleration) => toleratesTaint(toleration, taint)) ?? [];
  if (tolerations.length === 0) return now;
  const seconds = tolerations.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [Math.max(0, tolerationSeconds)]));
  if (seconds.length === 0) return Infinity;
  const since = taint.timeAdded === undefined ? undefined : parseTime(taint.timeAdded);
  return (since ?? now) + Math.min(...seconds) * 1000;
}

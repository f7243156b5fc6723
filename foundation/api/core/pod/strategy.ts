import { madeOnce, type Strategy } from "@kubets/machinery";
import { defaultPod } from "./defaults.ts";
import { withLabelKeysApplied } from "./label-keys.ts";
import type { Pod } from "./pod.ts";
import type { PodCondition, PodStatus } from "./pod-status.ts";
import { podQosClass } from "./qos.ts";
import { updated } from "./updated.ts";
import { validatePod, validatePodCreate } from "./validation/pod.ts";
import { validatePodUpdate } from "./validation/pod-update.ts";
import { validatePodStatusUpdate } from "./validation/status-update.ts";
import { podWarnings } from "./warnings.ts";

export const podStrategy: Strategy<Pod> = {
  answersDeleted: true,
  generation: true,
  defaults: defaultPod,
  prepareForCreate: (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, generation: 1 },
    spec: withLabelKeysApplied(pod.spec, pod.metadata.labels),
    status: newPodStatus(pod.spec),
  }),
  prepareForStatusUpdate,
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  warnings: podWarnings,
  gracePeriodSeconds: podGracePeriodSeconds,
};

const newPodStatus = madeOnce((spec: Pod["spec"]): PodStatus => {
  const gated = (spec.schedulingGates ?? []).length > 0;
  return { phase: "Pending", ...(gated ? { conditions: [schedulingGated] } : {}), qosClass: podQosClass({ spec }) };
});

const schedulingGated: PodCondition = {
  type: "PodScheduled",
  status: "False",
  reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates",
};

/** The quality of service never changes, and what generation was observed can't be unsaid: what is left out is kept. */
function prepareForStatusUpdate(pod: Pod, previous: Pod): Pod {
  const { ownerReferences: _, deletionTimestamp: __, ...metadata } = pod.metadata;
  const { ownerReferences, deletionTimestamp } = previous.metadata;
  const { conditions, qosClass, observedGeneration } = pod.status;
  return {
    ...pod,
    metadata: updated<Pod["metadata"]>(metadata, { ownerReferences, deletionTimestamp }),
    status: updated(pod.status, {
      qosClass: qosClass ?? previous.status.qosClass,
      observedGeneration: observedGeneration || previous.status.observedGeneration,
      conditions: conditions && withGenerationsKept(conditions, previous.status.conditions ?? []),
    }),
  };
}

function withGenerationsKept(conditions: readonly PodCondition[], previous: readonly PodCondition[]): readonly PodCondition[] {
  const before = Map.groupBy(previous, ({ type }) => type);
  const seen = new Map<string, number>();
  return conditions.map((condition) => {
    // Several conditions of one type are allowed: the n-th of a type follows the n-th before it.
    const nth = seen.get(condition.type) ?? 0;
    seen.set(condition.type, nth + 1);
    if (condition.observedGeneration !== undefined && condition.observedGeneration !== 0) return condition;
    const observedGeneration = before.get(condition.type)?.[nth]?.observedGeneration;
    return observedGeneration === undefined ? condition : { ...condition, observedGeneration };
  });
}

/** A Pod that no node has, or that has ended, needs no time to stop. */
export function podGracePeriodSeconds({ spec, status }: Pod, asked: number | undefined): number {
  if (spec.nodeName === undefined || spec.nodeName === "") return 0;
  if (status.phase === "Succeeded" || status.phase === "Failed") return 0;
  const seconds = asked ?? spec.terminationGracePeriodSeconds;
  return seconds < 0 ? 1 : seconds;
}

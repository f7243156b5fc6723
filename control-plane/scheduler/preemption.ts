import { type Pod, PodKind, withPodCondition, findPodCondition } from "@kubets/api";
import type { Client } from "@kubets/client";
import { type Clock, isStatus } from "@kubets/machinery";
import type { PodInfo } from "./pod-info.ts";

export interface PreemptionOptions {
  /** Its writes carry the preempting Pod as their cause. */
  readonly client: Client;
  readonly clock: Pick<Clock, "now">;
  readonly signal: AbortSignal;
}

/** Makes a Pod leave its node for one of higher priority: says so in its conditions, then deletes it with its own grace period. */
export async function evict({ pod }: PodInfo, preemptor: Pod, { client, clock, signal }: PreemptionOptions): Promise<void> {
  const { name, namespace = "", uid, generation } = pod.metadata;
  const pods = client.resource(PodKind).in(namespace);
  const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const target = { type: "DisruptionTarget", status: "True" as const, reason: "PreemptionByScheduler", message, ...observed };
  const condition = findPodCondition(withPodCondition(pod, target, clock.now()), target.type);
  try {
    await pods.patch(
      name,
      { metadata: { uid }, status: { conditions: [condition] } },
      { type: "strategic", subresource: "status", signal },
    );
    await pods.delete(name, { preconditions: { uid }, signal });
  } catch (error) {
    // Gone already, or another Pod has its name.
    if (!isStatus(error, "NotFound", "Conflict")) throw error;
  }
}

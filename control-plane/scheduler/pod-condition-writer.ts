import { findPodCondition, type Pod, PodKind, withPodCondition } from "@kubets/api";
import type { Client, ObjectKey } from "@kubets/client";
import { type Clock, isStatus, type Logger, type Tasks } from "@kubets/machinery";

/** Says in Pods why they have no node: the condition `PodScheduled` is False, with a reason and a message. */
export interface PodConditionWriter {
  write(pod: Pod, status: SchedulingFailure): void;
}

export interface SchedulingFailure {
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
  /** Where room is being made for the Pod; `""` takes back what was said before. */
  readonly nominatedNode?: string;
}

export interface PodConditionWriterOptions {
  /** The client for the writes that a Pod is the cause of. */
  readonly clientFor: (pod: Pod) => Client;
  /** The Pod as it is known now; `undefined` when it is gone. */
  readonly current: (key: ObjectKey) => Pod | undefined;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const mostAtOnce = 16;

/** Of several messages about one Pod that wait to be written, the last counts. */
export function createPodConditionWriter({
  clientFor,
  current,
  clock,
  tasks,
  logger,
  signal,
}: PodConditionWriterOptions): PodConditionWriter {
  const waiting = new Map<ObjectKey, { readonly pod: Pod; readonly failure: SchedulingFailure }>();
  let writers = 0;

  const writeOne = async (pod: Pod, { reason, message, nominatedNode }: SchedulingFailure): Promise<void> => {
    const { name, namespace = "", uid, generation } = pod.metadata;
    const known = current(`${namespace}/${name}`);
    if (known === undefined || known.metadata.uid !== uid) return;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const next = withPodCondition(known, { type: "PodScheduled", status: "False", reason, message, ...observed }, clock.now());
    const nomination =
      nominatedNode === undefined || (known.status.nominatedNodeName ?? "") === nominatedNode ? {} : { nominatedNodeName: nominatedNode };
    if (next === known && Object.keys(nomination).length === 0) return;
    const patch = { metadata: { uid }, status: { conditions: [findPodCondition(next, "PodScheduled")], ...nomination } };
    await clientFor(pod).resource(PodKind).in(namespace).patch(name, patch, { type: "strategic", subresource: "status", signal });
  };
  const drain = async (): Promise<void> => {
    for (const [key, { pod, failure }] of waiting) {
      if (signal.aborted) break;
      waiting.delete(key);
      try {
        await writeOne(pod, failure);
      } catch (error) {
        if (!signal.aborted && !isStatus(error, "NotFound")) logger.warn("Pod condition not written", { pod: key, error });
      }
    }
    writers--;
  };

  return {
    write(pod, failure) {
      if (signal.aborted) return;
      waiting.set(`${pod.metadata.namespace}/${pod.metadata.name}`, { pod, failure });
      if (writers >= mostAtOnce) return;
      writers++;
      tasks.start("pod condition", drain);
    },
  };
}

import { type Container, type PodFinding, foundAt, isSidecar, podReady, type PodCondition, type PodStatus } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { isInitialized, isSuccess, type PodWorkerState } from "../pod-worker/state.ts";

/** The kubelet's own conditions; those that others keep follow as they are. */
export function conditionsOf(state: PodWorkerState, phase: PodStatus["phase"], now: Instant): readonly PodCondition[] {
  const { pod } = state;
  const done = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined;
  const ready = containersReady(state, done);
  const own: readonly PodFinding[] = [
    { type: "PodReadyToStartContainers", status: state.sandbox.kind === "ready" && done === undefined ? "True" : "False" },
    initialized(state, done),
    podReady(pod, ready),
    ready,
    { type: "PodScheduled", status: "True" },
    ...resizing(state),
    ...disrupted(state),
  ];
  const others = (pod.status.conditions ?? []).filter(
    ({ type }) => !resizeConditions.includes(type) && own.every((condition) => condition.type !== type),
  );
  // In the order in which they stand there: another order is no other status, and a merge has its own way with new ones.
  const shown = (pod.status.conditions ?? []).map(({ type }) => type);
  const placeOf = ({ type }: PodCondition): number => (shown.includes(type) ? shown.indexOf(type) : shown.length);
  return [...own.map((finding) => foundAt(pod, finding, now)), ...others].toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** They are there as long as there is something to tell. */
const resizeConditions: readonly string[] = ["PodResizePending", "PodResizeInProgress"];

function resizing({ resize }: PodWorkerState): readonly PodFinding[] {
  if (resize === undefined) return [];
  if (resize.kind === "inProgress") return [{ type: "PodResizeInProgress", status: "True" }];
  const { reason, message } = resize;
  return [{ type: reason === "Error" ? "PodResizeInProgress" : "PodResizePending", status: "True", reason, message }];
}

function disrupted({ ending }: PodWorkerState): readonly PodFinding[] {
  if (ending?.why !== "evicted") return [];
  return [{ type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", message: ending.message }];
}

function initialized(state: PodWorkerState, done: string | undefined): PodFinding {
  const type = "Initialized";
  if (done === "PodCompleted") return { type, status: "True", reason: done };
  if (isInitialized(state)) return { type, status: "True" };
  const { pod, runs } = state;
  const incomplete = (pod.spec.initContainers ?? []).filter((container) => {
    const run = runs[container.name];
    return isSidecar(container) ? !(run?.kind === "running" && run.isStarted) : !isSuccess(run);
  });
  return {
    type,
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${namesOf(incomplete)}]`,
  };
}

function containersReady({ pod, runs }: PodWorkerState, done: string | undefined): PodFinding {
  const type = "ContainersReady";
  if (done !== undefined) return { type, status: "False", reason: done };
  const counted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const unready = counted.filter(({ name }) => {
    const run = runs[name];
    return !(run?.kind === "running" && run.isReady);
  });
  if (unready.length === 0) return { type, status: "True" };
  return { type, status: "False", reason: "ContainersNotReady", message: `containers with unready status: [${namesOf(unready)}]` };
}

function namesOf(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(" ");
}

import { type Container, findPodCondition, isSidecar, type Pod, type PodCondition, type PodStatus } from "@kubets/api";
import { formatTime, type Instant } from "@kubets/machinery";
import { isInitialized, isSuccess, type PodWorkerState } from "../pod-worker/state.ts";

type Finding = Pick<PodCondition, "type" | "status" | "reason" | "message">;

/** The kubelet's own conditions; those that others keep follow as they are. */
export function conditionsOf(state: PodWorkerState, phase: PodStatus["phase"], now: Instant): readonly PodCondition[] {
  const { pod } = state;
  const done = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined;
  const ready = containersReady(state, done);
  const own: readonly Finding[] = [
    { type: "PodReadyToStartContainers", status: state.sandbox.kind === "ready" && done === undefined ? "True" : "False" },
    initialized(state, done),
    podReady(pod, ready),
    ready,
    { type: "PodScheduled", status: "True" },
  ];
  const others = (pod.status.conditions ?? []).filter(({ type }) => own.every((condition) => condition.type !== type));
  return [...own.map((finding) => withTimes(pod, finding, now)), ...others];
}

function initialized(state: PodWorkerState, done: string | undefined): Finding {
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

function containersReady({ pod, runs }: PodWorkerState, done: string | undefined): Finding {
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

function podReady(pod: Pod, ready: Finding): Finding {
  const type = "Ready";
  if (ready.status !== "True") return { ...ready, type };
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = findPodCondition(pod, conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === "True") return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (messages.length === 0) return { type, status: "True" };
  return { type, status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

function withTimes(pod: Pod, finding: Finding, now: Instant): PodCondition {
  const before = findPodCondition(pod, finding.type);
  const since = before?.status === finding.status ? before.lastTransitionTime : undefined;
  const generation = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  return { ...finding, ...generation, lastTransitionTime: since ?? formatTime(now) };
}

function namesOf(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(" ");
}

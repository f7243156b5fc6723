import {
  type Container,
  type ContainerStatus,
  foundAt,
  isSidecar,
  type Pod,
  type PodCondition,
  type PodFinding,
  podReady,
  type PodStatus,
} from "@kubets/api";
import { formatTime } from "@kubets/machinery";
import { type ContainerRun, isReady, isStarted, type Terminated } from "./container-run.ts";
import { containerId, imageId } from "./identity.ts";
import { type Ending, failedInit, isInit, isOver, isSuccess, type PodState, waitingReason } from "./pod-state.ts";

/** The status that the Pod's kubelet would report at the state's moment. What others have written into it stays. */
export function podStatus(state: PodState): PodStatus {
  const { pod, address, startedAt, ending } = state;
  const phase = podPhase(state);
  const { metadata, spec, status: previous } = pod;
  const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const over = phase === "Failed" && ending !== undefined ? whyFailed(ending) : {};
  const initContainerStatuses = (spec.initContainers ?? []).map((container) => containerStatus(state, container));
  return {
    ...previous,
    ...generation,
    phase,
    ...over,
    conditions: conditionsOf(state, phase),
    hostIP: address.hostIP,
    hostIPs: [{ ip: address.hostIP }],
    podIP: address.podIP,
    podIPs: [{ ip: address.podIP }],
    startTime: formatTime(startedAt),
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses: spec.containers.map((container) => containerStatus(state, container)),
  };
}

function whyFailed({ why, message }: Ending): Pick<PodStatus, "reason" | "message"> {
  switch (why) {
    case "deadline":
      return deadlineExceeded;
    case "evicted":
      return { reason: "Evicted", ...(message === undefined ? {} : { message }) };
    case "deleted":
      return {};
  }
}

const deadlineExceeded = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };

/** The kubelet's rule, from the containers' states alone. */
export function podPhase(state: PodState): PodStatus["phase"] {
  const { pod, runs, ending } = state;
  const { containers, initContainers = [], restartPolicy } = pod.spec;
  const isRunning = (container: Container): boolean => runs[container.name]?.kind === "running";
  const ended = isOver(state) || ending !== undefined;
  if (failedInit(pod, runs) !== undefined && !initContainers.some(isRunning)) return "Failed";
  if (ended && [...initContainers, ...containers].every((container) => !isRunning(container))) {
    if (ending !== undefined && ending.why !== "deleted") return "Failed";
    const all = containers.map(({ name }) => runs[name]);
    if (all.every(isSuccess)) return "Succeeded";
    return all.some((run) => run?.kind === "terminated") ? "Failed" : "Pending";
  }
  if (!isInitialized(state)) return "Pending";
  const neverRan = containers.some(({ name }) => {
    const run = runs[name];
    return run === undefined || (run.kind === "waiting" && run.last === undefined);
  });
  if (neverRan) return "Pending";
  if (containers.some(isRunning) || restartPolicy !== "Never" || initContainers.some((each) => isStarted(runs[each.name])))
    return "Running";
  return "Failed";
}

/** Every init container is done, every sidecar has started once. */
function isInitialized({ pod, runs }: PodState): boolean {
  return (pod.spec.initContainers ?? []).every((container) => {
    const run = runs[container.name];
    if (!isSidecar(container)) return isSuccess(run);
    return isStarted(run) || pod.spec.containers.some(({ name }) => runs[name] !== undefined);
  });
}

function conditionsOf(state: PodState, phase: PodStatus["phase"]): readonly PodCondition[] {
  const { pod } = state;
  const done = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined;
  const ready = containersReady(state, done);
  const own = [
    { type: "PodReadyToStartContainers", status: done === undefined ? ("True" as const) : ("False" as const) },
    initialized(state, done),
    podReady(pod, ready),
    { ...ready, type: "ContainersReady" },
    { type: "PodScheduled", status: "True" as const },
    ...(state.ending?.why === "evicted" ? [disrupted(state.ending)] : []),
  ];
  const others = (pod.status.conditions ?? []).filter(({ type }) => !own.some((condition) => condition.type === type));
  return [...own.map((condition) => foundAt(pod, condition, state.at)), ...others];
}

/** Lets a Job know that the Pod didn't fail by itself. */
function disrupted({ message = "" }: Ending): PodFinding {
  return { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet", message };
}

function initialized(state: PodState, done: string | undefined): PodFinding {
  if (done === "PodCompleted") return { type: "Initialized", status: "True", reason: done };
  if (isInitialized(state)) return { type: "Initialized", status: "True" };
  const { pod, runs } = state;
  const waiting = (pod.spec.initContainers ?? []).filter((container) => {
    const run = runs[container.name];
    return isSidecar(container) ? !isStarted(run) : !isSuccess(run);
  });
  const message = `containers with incomplete status: [${waiting.map(({ name }) => name).join(" ")}]`;
  return { type: "Initialized", status: "False", reason: "ContainersNotInitialized", message };
}

function containersReady({ pod, runs }: PodState, done: string | undefined): PodFinding {
  const type = "ContainersReady";
  if (done !== undefined) return { type, status: "False", reason: done };
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  const unready = [...sidecars, ...pod.spec.containers].filter(({ name }) => !isReady(runs[name]));
  if (unready.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.map(({ name }) => name).join(" ")}]`,
  };
}

function containerStatus(state: PodState, container: Container): ContainerStatus {
  const { pod, runs } = state;
  const run = runs[container.name];
  const { resources } = container;
  const image = container.image ?? "";
  const id = (restarts: number): string => containerId(pod.metadata.uid, container.name, restarts);
  const restarts = run?.restarts ?? 0;
  const last = run === undefined || run.kind === "terminated" ? run?.last : run.last;
  // A container that waits for its restart still has the identity of its last run.
  const current = run === undefined ? undefined : run.kind === "waiting" ? run.last && restarts - 1 : restarts;
  const hasRun = current !== undefined && (run?.kind !== "terminated" || run.startedAt !== undefined);
  const started = isStarted(run);
  const limits = resources.requests !== undefined || resources.limits !== undefined;
  return {
    name: container.name,
    state: stateOf(pod, run, restarts, id),
    lastState: last === undefined ? {} : { terminated: terminatedState(last, id(last.restarts)) },
    ready: isReadyNow(state, container, run),
    // A restart counts from the moment it happens.
    restartCount: run?.kind === "waiting" && run.last !== undefined ? restarts - 1 : restarts,
    image,
    imageID: hasRun ? imageId(image) : "",
    ...(hasRun ? { containerID: id(current) } : {}),
    started,
    ...(limits && run?.kind === "running"
      ? { ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }), resources: withoutClaims(resources) }
      : {}),
    ...volumeMounts(container),
  };
}

// A plain init container is ready once it is done.
function isReadyNow({ pod }: PodState, container: Container, run: ContainerRun | undefined): boolean {
  return isInit(pod, container) && !isSidecar(container) ? isSuccess(run) : isReady(run);
}

function stateOf(pod: Pod, run: ContainerRun | undefined, restarts: number, id: (restarts: number) => string): ContainerStatus["state"] {
  switch (run?.kind) {
    case undefined:
      return { waiting: { reason: waitingReason(pod) } };
    case "waiting":
      return { waiting: { reason: run.reason, ...(run.message === undefined ? {} : { message: run.message }) } };
    case "running":
      return { running: { startedAt: formatTime(run.startedAt) } };
    case "terminated":
      return { terminated: terminatedState(run, id(restarts)) };
  }
}

function terminatedState(
  { exitCode, reason, message, startedAt, finishedAt }: Terminated,
  id: string,
): NonNullable<ContainerStatus["state"]["terminated"]> {
  return {
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    ...(startedAt === undefined ? {} : { startedAt: formatTime(startedAt) }),
    finishedAt: formatTime(finishedAt),
    ...(startedAt === undefined ? {} : { containerID: id }),
  };
}

function withoutClaims({ limits, requests }: Container["resources"]): Container["resources"] {
  return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
}

function volumeMounts({ volumeMounts = [] }: Container): Pick<ContainerStatus, "volumeMounts"> {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: "Disabled" as const } : {}),
    })),
  };
}

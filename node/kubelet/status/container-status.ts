import { type Container, type ContainerStatus, isSidecar } from "@kubets/api";
import { formatTime } from "@kubets/machinery";
import { type ContainerRun, isEphemeral, isInit, isSuccess, type PodWorkerState, type Terminated } from "../pod-worker/state.ts";

type State = ContainerStatus["state"];

/** What the status tells of one container. */
export function containerStatus(state: PodWorkerState, container: Container): ContainerStatus {
  const { pod, runs } = state;
  const run = runs[container.name];
  const current = run?.kind === "waiting" || run?.kind === "pulling" || run?.kind === "starting" ? run.last : run;
  const plainInit = isInit(pod, container) && !isSidecar(container);
  // Until there is room for what is asked, what is in force is what the node has set aside.
  const isPending = state.resize?.kind === "waiting" && state.resize.reason !== "Error";
  const inForce = run?.kind === "running" ? run.resources : undefined;
  const { requests: allocated } = isPending && inForce !== undefined ? inForce : container.resources;
  return {
    name: container.name,
    state: stateOf(state, container, run),
    lastState: run?.last === undefined ? {} : { terminated: terminatedState(run.last) },
    ready: plainInit ? isSuccess(run) : run?.kind === "running" && run.isReady,
    // A restart counts from the moment it happens.
    restartCount: run === undefined ? 0 : current === undefined ? 0 : current.restarts,
    image: container.image ?? "",
    imageID: current === undefined || !("imageRef" in current) ? "" : current.imageRef,
    ...(current === undefined || current.id === undefined ? {} : { containerID: containerUrl(current.id) }),
    ...(isEphemeral(pod, container) ? {} : { started: run?.kind === "running" && run.isStarted }),
    ...(inForce !== undefined && allocated !== undefined ? { allocatedResources: allocated } : {}),
    ...(inForce === undefined ? {} : { resources: withoutClaims(inForce) }),
    ...volumeMounts(container),
  };
}

function stateOf({ pod }: PodWorkerState, container: Container, run: ContainerRun | undefined): State {
  switch (run?.kind) {
    case undefined: {
      const waitsForInit = (pod.spec.initContainers?.length ?? 0) > 0;
      return { waiting: { reason: waitsForInit ? "PodInitializing" : "ContainerCreating" } };
    }
    case "waiting":
      return waitingState(run.reason, run.message);
    case "pulling":
    case "starting":
      return waitingState(isInit(pod, container) ? "PodInitializing" : "ContainerCreating");
    case "running":
      return { running: { startedAt: formatTime(run.startedAt) } };
    case "terminated":
      return { terminated: terminatedState(run) };
  }
}

function waitingState(reason: string, message?: string): State {
  return { waiting: { reason, ...(message === undefined ? {} : { message }) } };
}

function terminatedState({ exitCode, reason, message, startedAt, finishedAt, id }: Terminated): NonNullable<State["terminated"]> {
  return {
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    ...(startedAt === undefined ? {} : { startedAt: formatTime(startedAt) }),
    finishedAt: formatTime(finishedAt),
    ...(id === undefined ? {} : { containerID: containerUrl(id) }),
  };
}

/** As the runtime of the node is called in ids: the only one that is supported speaks of itself so. */
export function containerUrl(id: string): string {
  return `containerd://${id}`;
}

function withoutClaims({ limits, requests }: Container["resources"]): Container["resources"] {
  return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
}

function volumeMounts({ volumeMounts: mounts = [] }: Container): Pick<ContainerStatus, "volumeMounts"> {
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: "Disabled" as const } : {}),
    })),
  };
}

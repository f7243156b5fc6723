import { type Container, isSidecar, type Pod } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { type ContainerRun, plus, type Terminated } from "./container-run.ts";

/** A Pod on a simulated node: what its kubelet would know of it. */
export interface PodState {
  /** As last seen on the API. */
  readonly pod: Pod;
  readonly address: PodAddress;
  readonly startedAt: Instant;
  /** Everything due up to then has happened. */
  readonly at: Instant;
  /** By name, init containers and the others; containers whose turn hasn't come have none. */
  readonly runs: Readonly<Record<string, ContainerRun>>;
  /** Set once the Pod has to end. */
  readonly ending?: Ending;
  /** What has happened and nobody has been told yet. */
  readonly told: readonly Telling[];
}

/** What people hear of a Pod, as an Event. */
export interface Telling {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly container?: string;
}

export interface PodAddress {
  readonly hostIP: string;
  readonly podIP: string;
}

export interface Ending {
  readonly why: "deleted" | "deadline" | "evicted";
  /** When whatever still runs is killed. */
  readonly deadline: Instant;
  /** For what it was evicted. */
  readonly message?: string;
}

/** What a container waits with before its first start. */
export function waitingReason({ spec }: Pod): string {
  return (spec.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";
}

/** Whether a container that ended like this is started again. */
export function isRestarted({ spec }: Pod, container: Container, { exitCode, unhealthy }: Terminated): boolean {
  const policy = container.restartPolicy ?? spec.restartPolicy;
  if (unhealthy === true) return policy !== "Never";
  switch (policy) {
    case "Always":
      return spec.initContainers?.includes(container) !== true || isSidecar(container) || exitCode !== 0;
    case "OnFailure":
      return exitCode !== 0;
    case "Never":
      return false;
  }
}

/** Whether nothing of the Pod will run again by itself: its work is done, or can't be. */
export function isOver({ pod, runs, ending }: PodState): boolean {
  const ended = (container: Container): boolean => {
    const run = runs[container.name];
    return run?.kind === "terminated" && (ending !== undefined || !isRestarted(pod, container, run));
  };
  return pod.spec.containers.every(ended) || failedInit(pod, runs) !== undefined;
}

/** The init container that failed and isn't tried again. */
export function failedInit(pod: Pod, runs: PodState["runs"]): Container | undefined {
  return pod.spec.initContainers?.find((container) => {
    const run = runs[container.name];
    return run?.kind === "terminated" && run.exitCode !== 0 && !isRestarted(pod, container, run);
  });
}

export function isSuccess(run: ContainerRun | undefined): boolean {
  return run?.kind === "terminated" && run.exitCode === 0;
}

export function isInit({ spec }: Pod, container: Container): boolean {
  return spec.initContainers?.includes(container) === true;
}

/** In the order in which they start. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

export function tell(state: PodState, telling: Telling): PodState {
  return { ...state, told: [...state.told, telling] };
}

export function withRun(state: PodState, name: string, run: ContainerRun): PodState {
  return { ...state, runs: { ...state.runs, [name]: run } };
}

/** What a kubelet gives a Pod that it evicts at once. */
const evictionGrace = 1000;

/** The Pod has to go, and this is why. */
export function evicted(state: PodState, message: string): PodState {
  if (state.ending !== undefined || isOver(state)) return state;
  const ending = { why: "evicted" as const, deadline: plus(state.at, evictionGrace), message };
  return tell({ ...state, ending }, { type: "Warning", reason: "Evicted", message });
}

import { type Container, isSidecar, type Pod, type ResourceRequirements } from "@kubets/api";
import type { ContainerId, PodSandboxId } from "@kubets/container-runtime";
import type { Instant } from "@kubets/machinery";

/** All that a kubelet knows of one Pod that was bound to its node. */
export interface PodWorkerState {
  /** As the API shows it, as far as is known. */
  readonly pod: Pod;
  /** The object is gone from the API; what runs of it is stopped and nothing is reported any more. */
  readonly isGone: boolean;
  /** When the kubelet first saw the Pod: its status.startTime. */
  readonly startedAt: Instant;
  readonly nodeAddress: string;
  readonly sandbox: SandboxState;
  /** By container name, of all three lists. A container without an entry has not been looked at. */
  readonly runs: Readonly<Record<string, ContainerRun>>;
  /** The kubelet won't run the Pod at all. */
  readonly rejection?: Rejection;
  readonly ending?: Ending;
  /** Absent when every container has the resources that it is meant to have. */
  readonly resize?: Resize;
}

/** Containers that run are on their way to other resources. `generation` is the Pod's for which the try was made. */
export type Resize =
  | { readonly kind: "inProgress" }
  | {
      readonly kind: "waiting";
      readonly reason: "Deferred" | "Infeasible" | "Error";
      readonly message: string;
      readonly generation: number | undefined;
      readonly retryAt: Instant;
    };

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** The Pod is to stop. */
export type Ending =
  | { readonly why: "deleted" | "deadline" | "restartNever"; readonly deadline: Instant }
  | { readonly why: "evicted"; readonly deadline: Instant; readonly message: string };

export type SandboxState =
  | { readonly kind: "absent"; readonly attempt: number; readonly failure?: SandboxFailure }
  /** `delay`: milliseconds that were waited after the failure before. */
  | { readonly kind: "starting"; readonly attempt: number; readonly delay?: number }
  | { readonly kind: "ready"; readonly attempt: number; readonly id: PodSandboxId; readonly ips: readonly string[] }
  | { readonly kind: "stopping"; readonly attempt: number; readonly id: PodSandboxId | undefined; readonly then: "restart" | "end" }
  /** Stopped for good; volumes and cgroups are gone too. The containers may be looked at. */
  | { readonly kind: "stopped"; readonly attempt: number }
  | { readonly kind: "discarding"; readonly attempt: number }
  /** Nothing of the Pod is left on the node. */
  | { readonly kind: "discarded"; readonly attempt: number };

export interface SandboxFailure {
  readonly message: string;
  readonly retryAt: Instant;
  /** Milliseconds of the last wait. */
  readonly delay: number;
}

/** One container, of which at most one run is under way. */
export type ContainerRun = Waiting | Pulling | Starting | Running | Terminated;

interface Attempts {
  /** How often it was started again. */
  readonly restarts: number;
  /** The run before. */
  readonly last?: Terminated;
  /** Milliseconds between the end of this run and the next one. */
  readonly crashDelay: number;
}

export interface Waiting extends Attempts {
  readonly kind: "waiting";
  readonly reason: string;
  readonly message?: string;
  /** When to try; at once when absent. */
  readonly retryAt?: Instant;
  /** Milliseconds that were waited for the image the last time. */
  readonly pullDelay?: number;
}

export interface Pulling extends Attempts {
  readonly kind: "pulling";
  readonly pullDelay?: number;
}

export interface Starting extends Attempts {
  readonly kind: "starting";
  readonly imageRef: string;
  /** It was given to the runtime; before, it waits for others to be up. */
  readonly isIssued: boolean;
}

export interface Running extends Attempts {
  readonly kind: "running";
  readonly id: ContainerId;
  readonly imageRef: string;
  readonly startedAt: Instant;
  /** What is in force for it. */
  readonly resources: ResourceRequirements;
  /** Its postStart hook is done, and its startup probe succeeded. */
  readonly isStarted: boolean;
  readonly isReady: boolean;
  readonly postStart: "running" | "done";
  /** It was told to stop, and will be killed then. */
  readonly stopBy?: Instant;
}

export interface Terminated extends Attempts {
  readonly kind: "terminated";
  /** Absent where it never came to be. */
  readonly id?: ContainerId;
  readonly imageRef: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt?: Instant;
  readonly finishedAt: Instant;
}

/** In the order in which they start. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

export function isInit({ spec }: Pod, { name }: Pick<Container, "name">): boolean {
  return spec.initContainers?.some((each) => each.name === name) ?? false;
}

export function isEphemeral({ spec }: Pod, { name }: Pick<Container, "name">): boolean {
  return spec.ephemeralContainers?.some((each) => each.name === name) ?? false;
}

export function isSuccess(run: ContainerRun | undefined): boolean {
  return run?.kind === "terminated" && run.exitCode === 0;
}

export function isUnderWay(run: ContainerRun | undefined): boolean {
  return run?.kind === "running" || run?.kind === "starting";
}

/** Whether a run that ended is followed by another, were the Pod to go on. */
export function isRestarted(pod: Pod, container: Container, run: Terminated): boolean {
  if (isEphemeral(pod, container)) return false;
  const init = isInit(pod, container);
  if (init && isSidecar(container)) return true;
  const policy = container.restartPolicy ?? pod.spec.restartPolicy;
  if (policy === "Never") return false;
  return run.exitCode !== 0 || (policy === "Always" && !init);
}

/** The init container that failed for good: the Pod can't go on. */
export function failedInit(state: PodWorkerState): Container | undefined {
  return state.pod.spec.initContainers?.find((container) => {
    const run = state.runs[container.name];
    return run?.kind === "terminated" && run.exitCode !== 0 && !isRestarted(state.pod, container, run);
  });
}

/** Every init container is done and every sidecar up, or has been before the others started. */
export function isInitialized({ pod, runs }: PodWorkerState): boolean {
  const begun = pod.spec.containers.some(({ name }) => {
    const run = runs[name];
    return run !== undefined && (run.kind !== "waiting" || run.reason !== "PodInitializing");
  });
  return (pod.spec.initContainers ?? []).every((container) => {
    const run = runs[container.name];
    if (isSidecar(container)) return begun || (run?.kind === "running" && run.isStarted);
    return isSuccess(run) || (begun && run === undefined);
  });
}

/** The containers have done what there was to do and none will run again, sidecars aside. */
export function isFinished(state: PodWorkerState): boolean {
  const { pod, runs } = state;
  if (failedInit(state) !== undefined) return true;
  return pod.spec.containers.every((container) => {
    const run = runs[container.name];
    return run?.kind === "terminated" && !isRestarted(pod, container, run);
  });
}

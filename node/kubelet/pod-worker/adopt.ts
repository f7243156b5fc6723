import { type Container, isPodTerminal, type ContainerStatus as ReportedStatus, type Pod } from "@kubets/api";
import type { ContainerId, ContainerStatus, PodSandboxStatus } from "@kubets/container-runtime";
import { type Instant, parseTime } from "@kubets/machinery";
import { restartCountAnnotation } from "../containers/labels.ts";
import { nextDelay } from "./runs.ts";
import { allContainers, type ContainerRun, isInit, type PodWorkerState, type SandboxState, type Terminated } from "./state.ts";

/** What the runtime has of one Pod. */
export interface RuntimePod {
  readonly sandboxes: readonly PodSandboxStatus[];
  /** By container name, of all attempts. */
  readonly containers: ReadonlyMap<string, readonly ContainerStatus[]>;
}

export const nothingRuns: RuntimePod = { sandboxes: [], containers: new Map() };

/** Where a Pod begins that was bound to the node, or goes on of which something is there already. */
export function adopt(
  pod: Pod,
  runtime: RuntimePod,
  { nodeAddress, now }: { readonly nodeAddress: string; readonly now: Instant },
): PodWorkerState {
  const runs: Record<string, ContainerRun> = {};
  for (const container of allContainers(pod)) {
    const run = runOf(pod, container, runtime.containers.get(container.name) ?? []);
    if (run !== undefined) runs[container.name] = run;
  }
  const startedAt = instantOf(pod.status.startTime) ?? now;
  return { pod, isGone: false, startedAt, nodeAddress, sandbox: sandboxOf(pod, runtime), runs };
}

function sandboxOf(pod: Pod, { sandboxes }: RuntimePod): SandboxState {
  const newest = sandboxes.toSorted((a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt)[0];
  if (newest === undefined) return isPodTerminal(pod) ? { kind: "stopped", attempt: 0 } : { kind: "absent", attempt: 0 };
  const { attempt } = newest.metadata;
  if (newest.state === "ready") return { kind: "ready", attempt, id: newest.id, ips: newest.ips };
  return isPodTerminal(pod) ? { kind: "stopped", attempt } : { kind: "absent", attempt: attempt + 1 };
}

function runOf(pod: Pod, container: Container, found: readonly ContainerStatus[]): ContainerRun | undefined {
  const [newest, before] = found
    .filter(({ state }) => state === "running" || state === "exited")
    .toSorted((a, b) => attemptOf(b) - attemptOf(a));
  const status = reported(pod, container.name);
  if (newest === undefined) return fromReport(pod, container, status);
  const last = before === undefined ? lastOf(status, attemptOf(newest)) : terminated(before, undefined);
  if (newest.state === "exited") return terminated(newest, last, status);
  const { restartCount = attemptOf(newest) } = status ?? {};
  return {
    kind: "running",
    id: newest.id,
    imageRef: newest.imageRef,
    startedAt: newest.startedAt ?? newest.createdAt,
    resources: status?.resources ?? container.resources,
    // Probes will say otherwise soon where they have to; until then nobody's traffic is cut off.
    isStarted: status?.started ?? container.startupProbe === undefined,
    isReady: status?.ready ?? container.readinessProbe === undefined,
    postStart: "done",
    restarts: attemptOf(newest),
    crashDelay: restartCount === 0 ? 0 : nextDelay(0),
    ...(last === undefined ? {} : { last }),
  };
}

function terminated(status: ContainerStatus, last: Terminated | undefined, report?: ReportedStatus): Terminated {
  const { exitCode, reason, message, startedAt, finishedAt, id, imageRef, createdAt } = status;
  const told = report?.state.terminated?.containerID?.endsWith(id) === true ? report.state.terminated.message : undefined;
  const words = message === "" ? told : message;
  const attempt = attemptOf(status);
  return {
    kind: "terminated",
    id,
    imageRef,
    exitCode,
    reason: reason === "" ? (exitCode === 0 ? "Completed" : "Error") : reason,
    ...(words === undefined ? {} : { message: words }),
    startedAt: startedAt ?? createdAt,
    finishedAt: finishedAt ?? createdAt,
    restarts: attempt,
    crashDelay: attempt === 0 ? 0 : nextDelay(0),
    ...(last === undefined ? {} : { last }),
  };
}

/** The runtime has forgotten the container, as after the machine was started anew. */
function fromReport(pod: Pod, container: Container, status: ReportedStatus | undefined): ContainerRun | undefined {
  if (status === undefined) return undefined;
  const { state, restartCount } = status;
  if (state.terminated !== undefined) {
    const isDone = isPodTerminal(pod) || (isInit(pod, container) && state.terminated.exitCode === 0);
    return { ...reportedRun(state.terminated, restartCount), ...(isDone ? {} : { crashDelay: 0 }) };
  }
  if (state.running === undefined) return lastOf(status, restartCount + 1);
  const { startedAt } = state.running;
  return {
    ...reportedRun(
      {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was deleted.  The container used to be Running",
      },
      restartCount,
    ),
    ...(startedAt === undefined ? {} : { startedAt: instantOf(startedAt)! }),
  };
}

function lastOf(status: ReportedStatus | undefined, attempt: number): Terminated | undefined {
  const before = status?.lastState.terminated;
  return before === undefined || attempt === 0 ? undefined : reportedRun(before, attempt - 1);
}

function reportedRun(report: NonNullable<ReportedStatus["state"]["terminated"]>, restarts: number): Terminated {
  const { exitCode, reason = "", message, startedAt, finishedAt, containerID } = report;
  const began = instantOf(startedAt);
  return {
    kind: "terminated",
    imageRef: "",
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    ...(began === undefined ? {} : { startedAt: began }),
    ...(containerID === undefined ? {} : { id: containerID.slice(containerID.indexOf("://") + 3) as ContainerId }),
    finishedAt: instantOf(finishedAt) ?? (0 as Instant),
    restarts,
    crashDelay: 0,
  };
}

function reported({ status }: Pod, container: string): ReportedStatus | undefined {
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])];
  return all.find(({ name }) => name === container);
}

function attemptOf({ metadata, annotations }: ContainerStatus): number {
  return Number(annotations[restartCountAnnotation] ?? metadata.attempt);
}

function instantOf(time: string | undefined): Instant | undefined {
  return time === undefined ? undefined : parseTime(time);
}
